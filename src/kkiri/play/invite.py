"""The link into a room: who has it is in, as it carries the secret that all else is made of.

`kkiri:` and bech32 under `together`, with a body of type-length-value items as in NIP-19.
Source: docs/protocol/together.md.
"""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256

from kkiri.base.errors import BadLinkError, BadRecordError
from kkiri.base.types import Bytes, HubUrl, InfoHash
from kkiri.event import bech32, fields
from kkiri.event.listing import PeerAddress
from kkiri.play.note import FILES_MAX

PREFIX = "together"
SCHEME = "kkiri:"
SECRET_BYTES = 32  # nobody guesses 256 bits, and the person need not remember them
HUBS_MAX = 4  # any one of them carries the room; more would only cost
ADDRESSES_MAX = 8  # as a listing may name; more are found by the film's info-hash
NAME_BYTES_MAX = 255  # one item of the link
LINK_CHARS_MAX = 4_000  # our own have about 500

_SECRET, _FILM, _FILE, _NAME, _SIZE, _ADDRESS, _HUB = range(7)
_ONCE = (_SECRET, _FILM, _FILE, _NAME, _SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """What the link says."""

    secret: bytes = field(repr=False)
    film: InfoHash
    file: int = 0
    """Which file of the torrent to begin with."""
    name: str = ""
    size: Bytes | None = None
    addresses: tuple[PeerAddress, ...] = ()
    """Where the film's torrent is dialled."""
    hubs: tuple[HubUrl, ...] = ()
    """Where the room meets."""

    @property
    def tag(self) -> str:
        """Give the room's name on the wire, which tells nothing of the secret."""
        return hmac.digest(self.secret, b"kkiri together tag", sha256).hex()

    @property
    def key(self) -> bytes:
        """Give the key that the room's notes are locked with."""
        return hmac.digest(self.secret, b"kkiri together key", sha256)

    @property
    def id(self) -> str:
        """Give the room's name on this machine."""
        return hmac.digest(self.secret, b"kkiri together id", sha256).hex()[:32]


def is_invite(text: str) -> bool:
    """Say whether a pasted text looks like a link into a room."""
    plain = text.strip()[:40].lower().removeprefix(SCHEME)
    return plain.startswith(f"{PREFIX}1")


def write_invite(invite: Invite) -> str:
    """Give the link."""
    items = [
        (_SECRET, invite.secret),
        (_FILM, bytes.fromhex(invite.film)),
        (_FILE, invite.file.to_bytes(4)),
    ]
    if invite.name:
        items.append((_NAME, _cut(invite.name)))
    if invite.size is not None:
        items.append((_SIZE, invite.size.to_bytes(8)))
    items += [(_ADDRESS, str(one).encode()) for one in invite.addresses[:ADDRESSES_MAX]]
    items += [(_HUB, url.encode()) for url in invite.hubs[:HUBS_MAX] if len(url) <= NAME_BYTES_MAX]
    body = b"".join(bytes([kind, len(value)]) + value for kind, value in items)
    return SCHEME + bech32.encode(PREFIX, body)


def read_invite(text: str) -> Invite:
    """Read a link; items of later versions and bad addresses are passed over.

    Raises: BadLinkError.
    """
    plain = text.strip()
    if plain[: len(SCHEME)].lower() == SCHEME:
        plain = plain[len(SCHEME) :]
    if len(plain) > LINK_CHARS_MAX:
        raise BadLinkError(f"{len(plain)} characters")
    try:
        prefix, body = bech32.decode(plain)
    except bech32.BadBech32Error as error:
        raise BadLinkError(repr(plain[:20])) from error
    if prefix != PREFIX:
        raise BadLinkError(repr(plain[:20]))
    items = _items(body)
    once = {kind: value for kind, value in reversed(items) if kind in _ONCE}
    secret, film = once.get(_SECRET, b""), once.get(_FILM, b"")
    file = int.from_bytes(once.get(_FILE, b""))
    size = int.from_bytes(once.get(_SIZE, b""))
    if len(secret) != SECRET_BYTES or len(film) != 20 or file > FILES_MAX or size >= 2**63:
        raise BadLinkError("together")
    return Invite(
        secret=secret,
        film=InfoHash(film.hex()),
        file=file,
        name=fields.clean(once.get(_NAME, b"").decode(errors="replace"), NAME_BYTES_MAX),
        size=Bytes(size) if _SIZE in once else None,
        addresses=_addresses([value for kind, value in items if kind == _ADDRESS]),
        hubs=_hubs([value for kind, value in items if kind == _HUB]),
    )


def _cut(name: str) -> bytes:
    """Give a name's bytes, as many whole characters as one item holds."""
    return name.encode()[:NAME_BYTES_MAX].decode(errors="ignore").encode()


def _items(body: bytes) -> list[tuple[int, bytes]]:
    items: list[tuple[int, bytes]] = []
    at = 0
    while at < len(body):
        value = body[at + 2 : at + 2 + body[at + 1]] if at + 1 < len(body) else b""
        if at + 1 >= len(body) or len(value) < body[at + 1]:
            raise BadLinkError("cut short")
        items.append((body[at], value))
        at += 2 + len(value)
    return items


def _addresses(values: list[bytes]) -> tuple[PeerAddress, ...]:
    found: dict[PeerAddress, None] = {}
    for value in values[:ADDRESSES_MAX]:
        try:
            found[fields.peer_address(value.decode(errors="replace"))] = None
        except BadRecordError:
            continue
    return tuple(found)


def _hubs(values: list[bytes]) -> tuple[HubUrl, ...]:
    found: dict[HubUrl, None] = {}
    for value in values[:HUBS_MAX]:
        try:
            found[fields.hub_url(value.decode(errors="replace"))] = None
        except BadRecordError:
            continue
    return tuple(found)
