"""Links between peers over websockets, whose only home this is: who asks, and who answers."""

from kkiri.adapters.links.client import WebsocketLinks
from kkiri.adapters.links.link import WebsocketLink
from kkiri.adapters.links.server import HubDoor, take_address, url_of

__all__ = ["HubDoor", "WebsocketLink", "WebsocketLinks", "take_address", "url_of"]
