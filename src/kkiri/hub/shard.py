"""Which part of the record space a hub keeps: a prefix of sha256(author's key), `depth` bits long.

Depth 0 is everything. When a hub is full it keeps one half of its shard and hands the other over;
which half is decided by its own key, so that anybody can foretell it. Source: DESIGN, how records
are found; docs/protocol/finding-hubs.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from kkiri.base.errors import BadRecordError
from kkiri.base.types import PubKey

DEPTH_MAX = 16  # 65,536 shards of 2 GB; more hubs than that would need another directory first

_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The authors whose place starts with these bits."""

    depth: int = 0
    bits: int = 0
    """The first `depth` bits of a place, as a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What a full hub does: keep one half, hand the other over."""

    kept: Shard
    handed_over: Shard


def place(author: PubKey) -> int:
    """Give the author's place, the first DEPTH_MAX bits of sha256 over the 32 bytes of the key."""
    digest = sha256(bytes.fromhex(author)).digest()
    return int.from_bytes(digest[: DEPTH_MAX // 8])


def shard_of(author: PubKey, depth: int) -> Shard:
    """Give the shard of that depth which the author falls in."""
    return Shard(depth=depth, bits=place(author) >> (DEPTH_MAX - depth))


def holds(shard: Shard, author: PubKey) -> bool:
    """Say whether the author's records belong to the shard."""
    return place(author) >> (DEPTH_MAX - shard.depth) == shard.bits


def covers(outer: Shard, inner: Shard) -> bool:
    """Say whether every author of the inner shard is in the outer one."""
    return outer.depth <= inner.depth and inner.bits >> (inner.depth - outer.depth) == outer.bits


def halves(shard: Shard) -> tuple[Shard, Shard]:
    """Give the two shards one bit deeper; the deepest has none: it gives itself twice."""
    if shard.depth >= DEPTH_MAX:
        return shard, shard
    depth = shard.depth + 1
    return Shard(depth=depth, bits=shard.bits * 2), Shard(depth=depth, bits=shard.bits * 2 + 1)


def deepen(shard: Shard, hub_key: PubKey, others: Iterable[Shard], copies: int = 2) -> Split | None:
    """Split a full hub's shard; None while nobody else holds the other half often enough.

    A hub keeps the half that its own key falls in. The half is given up only when `copies` other
    hubs cover it, so that a split never makes a record rarer than that.
    """
    if shard.depth >= DEPTH_MAX:
        return None
    zero, one = halves(shard)
    bit = place(hub_key) >> (DEPTH_MAX - shard.depth - 1) & 1
    kept, given = (one, zero) if bit else (zero, one)
    if sum(covers(other, given) for other in others) < copies:
        return None
    return Split(kept=kept, handed_over=given)


def regions(shards: Iterable[Shard]) -> tuple[Shard, ...]:
    """Give the coarsest parts of the whole space that no shard cuts through, in order.

    Each shard is a union of some of them; parts that no shard covers are among them.
    """
    cuts = {cut for shard in shards for cut in _above(shard)}
    found: list[Shard] = []
    pending = [Shard()]
    while pending:
        part = pending.pop()
        if part in cuts:
            zero, one = halves(part)
            pending += [one, zero]
        else:
            found.append(part)
    return tuple(found)


def _above(shard: Shard) -> Iterable[Shard]:
    return (Shard(depth=d, bits=shard.bits >> (shard.depth - d)) for d in range(shard.depth))


def write_prefix(shard: Shard) -> str:
    """Give the card's `prefix`: hex digits, the bits first and zeros behind; empty at depth 0."""
    digits = (shard.depth + 3) // 4
    return f"{shard.bits << (digits * 4 - shard.depth):0{digits}x}" if digits else ""


def read_prefix(prefix: str, depth: int) -> Shard:
    """Read a card's `prefix` and `depth`; exactly one text stands for each shard.

    Raises: BadRecordError.
    """
    digits = (depth + 3) // 4
    if not 0 <= depth <= DEPTH_MAX or len(prefix) != digits or not set(prefix) <= _DIGITS:
        raise BadRecordError("prefix")
    shard = Shard(depth=depth, bits=int(prefix or "0", 16) >> (digits * 4 - depth))
    if write_prefix(shard) != prefix:
        raise BadRecordError("prefix")
    return shard
