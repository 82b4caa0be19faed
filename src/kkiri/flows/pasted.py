"""What a person pasted into the box: a link, a key, a pointer, a hub's address, or plain words."""

import re
from dataclasses import dataclass

from kkiri.base.errors import BadKeyError, BadLinkError, BadRecordError
from kkiri.base.hexes import is_hex32
from kkiri.base.types import HubUrl, PubKey
from kkiri.event import fields, nip19
from kkiri.event.nip19 import Pointer, ProfilePointer
from kkiri.play.invite import Invite, is_invite, read_invite
from kkiri.swarm.magnet import MagnetLink, read_link

POINTER_CHARS_MAX = 2_000  # an naddr with eight relays is below it
_BASE32 = re.compile(r"[A-Z2-7]{32}\Z")
_POINTS = ("npub1", "nprofile1", "note1", "nevent1", "naddr1")


@dataclass(frozen=True, slots=True)
class HubAddress:
    """The address of a hub."""

    url: HubUrl


Pasted = MagnetLink | HubAddress | Pointer | Invite | None
"""None for plain words."""


def read_pasted(text: str) -> Pasted:
    """Say what a text is; what only looks like a link is words, for searching it is harmless."""
    said = text.strip()
    low = said[:16].lower()
    if is_invite(said):
        return _invite(said)
    if low.startswith("magnet:") or re.fullmatch(r"[0-9a-fA-F]{40}", said):
        return _magnet(said)
    if _BASE32.match(said):
        return _magnet(f"magnet:?xt=urn:btih:{said}")
    if is_hex32(said.lower()):
        return ProfilePointer(pubkey=PubKey(said.lower()))
    if low.removeprefix(nip19.SCHEME).startswith(_POINTS) and len(said) <= POINTER_CHARS_MAX:
        return _pointer(said)
    if low.startswith(("ws://", "wss://")):
        return _hub(said)
    return _bare(said)


def _magnet(text: str) -> MagnetLink | None:
    try:
        return read_link(text)
    except BadLinkError:
        return None


def _invite(text: str) -> Invite | None:
    try:
        return read_invite(text)
    except BadLinkError:
        return None


def _pointer(text: str) -> Pointer | None:
    try:
        return nip19.decode(text)
    except BadKeyError:
        return None


def _hub(text: str) -> HubAddress | None:
    try:
        return HubAddress(fields.hub_url(text))
    except BadRecordError:
        return None


def _bare(text: str) -> HubAddress | None:
    """Take `1.2.3.4:4848` for a hub; a name with a port could as well be words."""
    try:
        return HubAddress(fields.hub_url(f"ws://{fields.peer_address(text)}"))
    except BadRecordError:
        return None
