"""Shards: every author is in exactly one shard of a depth, and nothing is lost when one splits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadRecordError
from kkiri.base.types import PubKey
from kkiri.hub.shard import (
    DEPTH_MAX,
    Shard,
    covers,
    deepen,
    halves,
    holds,
    read_prefix,
    regions,
    shard_of,
    write_prefix,
)

keys = st.binary(min_size=32, max_size=32).map(lambda raw: PubKey(raw.hex()))
# few depths and few bits, so that shards nest and repeat
shards = st.integers(0, 4).flatmap(
    lambda depth: st.integers(0, (1 << depth) - 1).map(lambda bits: Shard(depth=depth, bits=bits))
)
any_shard = st.integers(0, DEPTH_MAX).flatmap(
    lambda depth: st.integers(0, (1 << depth) - 1).map(lambda bits: Shard(depth=depth, bits=bits))
)


def test_depth_0_holds_everybody() -> None:
    assert all(holds(Shard(), PubKey(f"{n:064x}")) for n in range(100))


@given(keys, st.integers(0, DEPTH_MAX))
def test_an_author_is_in_one_shard_of_each_depth(key: PubKey, depth: int) -> None:
    mine = shard_of(key, depth)
    assert holds(mine, key)
    if depth:
        sibling = Shard(depth=depth, bits=mine.bits ^ 1)
        assert not holds(sibling, key)
        assert covers(shard_of(key, depth - 1), mine)


@given(keys, shards)
def test_halves_share_a_shard_out(key: PubKey, shard: Shard) -> None:
    zero, one = halves(shard)
    assert holds(shard, key) == (holds(zero, key) or holds(one, key))
    assert not (holds(zero, key) and holds(one, key))
    assert covers(shard, zero)
    assert covers(shard, one)


@given(keys, shards, st.lists(shards, max_size=6), keys)
def test_a_split_keeps_what_the_hub_s_own_key_falls_in(
    hub: PubKey, shard: Shard, others: list[Shard], author: PubKey
) -> None:
    split = deepen(shard, hub, others)
    given_half = [half for half in halves(shard)]
    if split is None:
        assert min(sum(covers(o, h) for o in others) for h in given_half) < 2
        return
    assert {split.kept, split.handed_over} == set(given_half)
    assert sum(covers(other, split.handed_over) for other in others) >= 2
    if holds(shard, hub):
        assert holds(split.kept, hub)
    if holds(shard, author):
        assert holds(split.kept, author) != holds(split.handed_over, author)


def test_nobody_gives_up_a_half_that_others_do_not_hold() -> None:
    assert deepen(Shard(), PubKey("00" * 32), []) is None
    assert deepen(Shard(), PubKey("00" * 32), [Shard()]) is None
    assert deepen(Shard(), PubKey("00" * 32), [Shard(), Shard()]) is not None
    deepest = Shard(depth=DEPTH_MAX, bits=0)
    assert deepen(deepest, PubKey("00" * 32), [Shard()] * 9) is None


@given(st.lists(shards, max_size=8))
def test_regions_tile_the_space(found: list[Shard]) -> None:
    parts = regions(found)
    # sizes add up to the whole: no gap, no overlap
    assert sum(1 << (DEPTH_MAX - part.depth) for part in parts) == 1 << DEPTH_MAX
    for shard in found:
        inside = [part for part in parts if covers(shard, part)]
        assert sum(1 << (DEPTH_MAX - p.depth) for p in inside) == 1 << (DEPTH_MAX - shard.depth)
    assert len(parts) <= 1 + 4 * len(found)


@given(any_shard)
def test_a_prefix_is_read_back(shard: Shard) -> None:
    assert read_prefix(write_prefix(shard), shard.depth) == shard


@pytest.mark.parametrize(
    ("prefix", "depth"),
    [
        ("", 1),
        ("0", 0),
        ("1", 3),  # a bit behind the prefix
        ("a", 5),
        ("A", 4),
        ("+1", 8),
        ("0_1", 12),
        ("g", 4),
        ("00000", 17),
        ("", -1),
    ],
)
def test_only_one_text_stands_for_a_shard(prefix: str, depth: int) -> None:
    with pytest.raises(BadRecordError):
        read_prefix(prefix, depth)
