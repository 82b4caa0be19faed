"""A hub card (kind 12003): what a hub says of itself, signed by the hub's own key.

Source: docs/protocol/finding-hubs.md.
"""

from dataclasses import dataclass

from kkiri.base.errors import BadRecordError
from kkiri.base.types import Bytes, HubUrl, PubKey, UnixTime
from kkiri.event import fields, kinds
from kkiri.event.record import Event, Tag

DEPTH_MAX = 32  # 2^32 shards; a network of a billion records needs about 8


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCard:
    """One hub's key, address, shard, room and age."""

    url: HubUrl
    prefix: str
    """The first `depth` bits of the shard, as hex; zero bits fill the last digit. Empty at 0."""
    depth: int
    capacity: Bytes
    since: UnixTime
    """Since when this hub has been up under this key."""
    key: PubKey | None = None
    """None before it is signed."""
    created_at: UnixTime | None = None


def to_tags(card: HubCard) -> tuple[Tag, ...]:
    """Give the tags; the content is empty."""
    return (
        ("address", card.url),
        ("prefix", card.prefix),
        ("depth", str(card.depth)),
        ("capacity", str(card.capacity)),
        ("since", str(card.since)),
    )


def from_event(event: Event) -> HubCard:
    """Read a hub card.

    Raises: BadRecordError.
    """
    if event.kind != kinds.HUB_CARD:
        raise BadRecordError(f"kind {event.kind}")
    depth = fields.whole(event.value("depth"), DEPTH_MAX)
    capacity, since = fields.whole(event.value("capacity")), fields.whole(event.value("since"))
    prefix = event.value("prefix")
    if depth is None or capacity is None or since is None or prefix is None:
        raise BadRecordError("hub card")
    return HubCard(
        url=fields.hub_url(event.value("address") or ""),
        prefix=_prefix(prefix, depth),
        depth=depth,
        capacity=Bytes(capacity),
        since=UnixTime(since),
        key=event.pubkey,
        created_at=event.created_at,
    )


def _prefix(text: str, depth: int) -> str:
    digits = (depth + 3) // 4
    if len(text) != digits or any(char not in "0123456789abcdef" for char in text):
        raise BadRecordError("prefix")
    spare = digits * 4 - depth
    if spare and int(text, 16) & ((1 << spare) - 1):
        raise BadRecordError("prefix")
    return text
