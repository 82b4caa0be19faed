"""Keys and pointers as people paste them: npub, note, nprofile, nevent, naddr.

Unknown TLV types are passed over, and relays in a pointer are hints that we never dial by
themselves. Source: NIP-19, NIP-21.
"""

from dataclasses import dataclass

from kkiri.base.errors import BadKeyError
from kkiri.base.limits import KIND_MAX
from kkiri.base.types import EventId, Kind, PubKey
from kkiri.event.bech32 import BadBech32Error
from kkiri.event.bech32 import decode as read_bech32
from kkiri.event.bech32 import encode as write_bech32

RELAYS_MAX = 8  # hints beyond that help nobody
SCHEME = "nostr:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePointer:
    """npub or nprofile."""

    pubkey: PubKey
    relays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPointer:
    """note or nevent."""

    id: EventId
    relays: tuple[str, ...] = ()
    author: PubKey | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPointer:
    """naddr: what `kind:pubkey:d` names."""

    kind: Kind
    author: PubKey
    d: str
    relays: tuple[str, ...] = ()


Pointer = ProfilePointer | EventPointer | AddressPointer


def npub(key: PubKey) -> str:
    """Give a key as people write it."""
    return write_bech32("npub", bytes.fromhex(key))


def encode(pointer: Pointer) -> str:
    """Give the shortest text that holds all of the pointer."""
    match pointer:
        case ProfilePointer(relays=()):
            return npub(pointer.pubkey)
        case ProfilePointer():
            body = _tlv(0, bytes.fromhex(pointer.pubkey)) + _relays(pointer.relays)
            return write_bech32("nprofile", body)
        case EventPointer(relays=(), author=None, kind=None):
            return write_bech32("note", bytes.fromhex(pointer.id))
        case EventPointer():
            body = _tlv(0, bytes.fromhex(pointer.id)) + _relays(pointer.relays)
            body += b"" if pointer.author is None else _tlv(2, bytes.fromhex(pointer.author))
            body += b"" if pointer.kind is None else _tlv(3, pointer.kind.to_bytes(4))
            return write_bech32("nevent", body)
        case AddressPointer():
            body = _tlv(0, pointer.d.encode()) + _relays(pointer.relays)
            body += _tlv(2, bytes.fromhex(pointer.author)) + _tlv(3, pointer.kind.to_bytes(4))
            return write_bech32("naddr", body)


def decode(text: str) -> Pointer:
    """Read any of them, with or without `nostr:` in front; never a secret key.

    Raises: BadKeyError.
    """
    plain = text.strip()
    if plain[: len(SCHEME)].lower() == SCHEME:
        plain = plain[len(SCHEME) :]
    try:
        prefix, body = read_bech32(plain)
    except BadBech32Error as error:
        raise BadKeyError(plain[:20]) from error
    match prefix:
        case "npub":
            return ProfilePointer(pubkey=PubKey(_hex32(body)))
        case "note":
            return EventPointer(id=EventId(_hex32(body)))
        case "nprofile" | "nevent" | "naddr":
            return _pointer(prefix, _items(body))
        case _:
            raise BadKeyError(prefix[:20])


def _pointer(prefix: str, items: list[tuple[int, bytes]]) -> Pointer:
    special = next((value for kind, value in items if kind == 0), None)
    if special is None:
        raise BadKeyError(prefix)
    author = next((PubKey(_hex32(value)) for kind, value in items if kind == 2), None)
    kind = next((_kind(value) for number, value in items if number == 3), None)
    relays = tuple(_text(value) for number, value in items if number == 1)[:RELAYS_MAX]
    if prefix == "nprofile":
        return ProfilePointer(pubkey=PubKey(_hex32(special)), relays=relays)
    if prefix == "nevent":
        return EventPointer(id=EventId(_hex32(special)), relays=relays, author=author, kind=kind)
    if author is None or kind is None:
        raise BadKeyError(prefix)
    return AddressPointer(kind=kind, author=author, d=_text(special), relays=relays)


def _items(body: bytes) -> list[tuple[int, bytes]]:
    items: list[tuple[int, bytes]] = []
    at = 0
    while at + 2 <= len(body):
        size = body[at + 1]
        value = body[at + 2 : at + 2 + size]
        if len(value) < size:
            raise BadKeyError("cut short")
        items.append((body[at], value))
        at += 2 + size
    return items


def _tlv(kind: int, value: bytes) -> bytes:
    if len(value) > 255:
        raise BadKeyError("too long")
    return bytes([kind, len(value)]) + value


def _relays(relays: tuple[str, ...]) -> bytes:
    return b"".join(_tlv(1, relay.encode()) for relay in relays[:RELAYS_MAX])


def _hex32(value: bytes) -> str:
    if len(value) != 32:
        raise BadKeyError(f"{len(value)} bytes")
    return value.hex()


def _kind(value: bytes) -> Kind:
    number = int.from_bytes(value)
    if len(value) != 4 or number > KIND_MAX:
        raise BadKeyError("kind")
    return Kind(number)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise BadKeyError("text") from error
