"""The question "can you reach me?" between hubs: what is asked, who is dialled, what is answered.

Only the address that asks is ever dialled, so nobody can be pointed at somebody else.
Source: docs/protocol/finding-hubs.md, reachable.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from kkiri.base.errors import BadMessageError
from kkiri.base.hexes import is_hex32
from kkiri.base.types import HubUrl, PubKey
from kkiri.hub.address import BadHubUrlError, Source, hub_url, may_dial, port_of

HEADER = "X-Kkiri-Dial-Back"
PORT_MIN = 1024  # below are the services of a house: mail, printers, routers
WITNESSES_WANTED = 2  # one liar cannot make us publish somebody else's address


class _Answer(msgspec.Struct, frozen=True):
    address: str
    reachable: bool


def write_request(port: int, key: PubKey) -> str:
    """Give the header's value: our port, and the hub key that should answer there."""
    return f"{port} {key}"


def place_to_dial(request: str, host: str, *, public: bool) -> tuple[HubUrl, PubKey] | None:
    """Give what to dial for an asker at `host`, and the key to expect; None when never."""
    port, _, key = request.partition(" ")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and is_hex32(key)):
        return None
    try:
        url = hub_url(f"ws://[{host}]:{port}" if ":" in host else f"ws://{host}:{port}")
    except BadHubUrlError:
        return None
    if port_of(url) < PORT_MIN or not may_dial(url, Source.DHT, public=public):
        return None
    return url, PubKey(key)


def write_answer(url: HubUrl, reachable: bool) -> bytes:
    """Give the answer's body."""
    return msgspec.json.encode(_Answer(url, reachable))


def read_answer(raw: bytes, port: int, *, public: bool) -> HubUrl | None:
    """Give where the other hub reached us; None when it did not.

    Raises: BadMessageError when it is no answer, or names what nobody may dial.
    """
    try:
        answer = msgspec.json.decode(raw, type=_Answer)
        url = hub_url(answer.address)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, BadHubUrlError) as error:
        raise BadMessageError("dial back") from error
    if port_of(url) != port or not may_dial(url, Source.DHT, public=public):
        raise BadMessageError("dial back: address")
    return url if answer.reachable else None


def agreed(answers: Sequence[HubUrl | None]) -> HubUrl | None:
    """Give the address at which enough hubs reached us: two, or the only one that answered."""
    counted = Counter(url for url in answers if url is not None)
    wanted = min(WITNESSES_WANTED, len(answers))
    return next((url for url, count in counted.most_common(1) if count >= wanted), None)
