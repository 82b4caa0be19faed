"""The kinds kkiri knows by number, and what storage each asks for. Source: NIP-01, PROTOCOLS."""

from typing import Final

from kkiri.base.types import EventId, Kind, PubKey
from kkiri.event.record import Event

PROFILE: Final = Kind(0)
FOLLOWS: Final = Kind(3)
DELETION: Final = Kind(5)
SEAL: Final = Kind(13)
PRIVATE_TEXT: Final = Kind(14)
PRIVATE_FILE: Final = Kind(15)
ROOM: Final = Kind(40)
ROOM_FACTS: Final = Kind(41)
ROOM_TEXT: Final = Kind(42)
COMMENT: Final = Kind(1111)
REPORT: Final = Kind(1984)
LABEL: Final = Kind(1985)
LISTING: Final = Kind(2003)
LISTING_COMMENT: Final = Kind(2004)
VANISH: Final = Kind(62)
GIFT_WRAP: Final = Kind(1059)
RELAY_LIST: Final = Kind(10002)
ROOMS_LIST: Final = Kind(10005)
DM_RELAY_LIST: Final = Kind(10050)
HUB_CARD: Final = Kind(12003)
AUTH: Final = Kind(22242)
TOGETHER: Final = Kind(24003)
WRITING: Final = Kind(30023)
PRESENCE: Final = Kind(30315)
GOODS: Final = Kind(30402)
AUCTION: Final = Kind(30408)

ReplaceKey = tuple[Kind, PubKey, str]


def is_ephemeral(kind: Kind) -> bool:
    """Say whether hubs pass the kind on without storing it."""
    return 20_000 <= kind < 30_000


def is_replaceable(kind: Kind) -> bool:
    """Say whether one author has one record of the kind."""
    return kind in {0, 3} or 10_000 <= kind < 20_000


def is_addressable(kind: Kind) -> bool:
    """Say whether one author has one record of the kind for each `d`."""
    return 30_000 <= kind < 40_000


def replace_key(event: Event) -> ReplaceKey | None:
    """Give what a newer record replaces an older one by; None for regular kinds."""
    if is_replaceable(event.kind):
        return (event.kind, event.pubkey, "")
    if is_addressable(event.kind):
        return (event.kind, event.pubkey, event.value("d") or "")
    return None


def is_newer(event: Event, other: Event) -> bool:
    """Say whether the event replaces the other: later, or of the same second with a lower id."""
    return (-event.created_at, event.id) < (-other.created_at, other.id)


def address_of(event: Event) -> str | None:
    """Give `kind:pubkey:d` of a replaceable or addressable event."""
    key = replace_key(event)
    return None if key is None else f"{key[0]}:{key[1]}:{key[2]}"


def deleted_ids(event: Event) -> tuple[EventId, ...]:
    """Give the ids a deletion names; whether each is its author's own is the store's to check."""
    return tuple(EventId(value) for value in event.values("e"))


def expires_at(event: Event) -> int | None:
    """Give the second from which the record counts as gone (NIP-40)."""
    text = event.value("expiration")
    if text is None or len(text) > 15 or not (text.isascii() and text.isdigit()):
        return None
    return int(text)
