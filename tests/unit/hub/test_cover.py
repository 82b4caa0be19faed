"""The covering set: every part of the space asked twice, neighbourhoods apart."""

from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import HubUrl, PubKey, Seconds
from kkiri.hub.address import neighbourhood
from kkiri.hub.cover import FOREIGN_MAX, HOMES_MAX, OpenPlace, covering, homes
from kkiri.hub.shard import Shard, covers, holds, regions


def place(
    number: int,
    *,
    shard: Shard | None = None,
    net: int | None = None,
    own: bool = False,
    foreign: bool = False,
    named: bool = False,
    latency: float = 0.05,
    lot: float | None = None,
    strikes: int = 0,
) -> OpenPlace:
    where = number if net is None else net
    return OpenPlace(
        url=HubUrl(f"ws://30.{where}.1.{number}:4848"),
        key=None if foreign else PubKey(f"{number:064x}"),
        shard=shard or Shard(),
        own=own,
        named=named or foreign,
        latency=Seconds(latency),
        lot=number / 1_000 if lot is None else lot,
        strikes=strikes,
    )


OWN = place(200, own=True)


def test_depth_0_asks_the_own_hub_and_two_others() -> None:
    others = [place(n, lot=n / 10, latency=0.3 - n / 100) for n in range(1, 9)]
    cover = covering([*others, OWN], public=True)
    # chosen by lot, asked quickest first
    assert [p.url for p in cover.places] == [OWN.url, others[1].url, others[0].url]
    assert cover.needs == (frozenset({others[0].url, others[1].url}),)


def test_n2_being_quick_does_not_make_a_hub_chosen() -> None:
    quick = [place(n, latency=0.001, lot=0.9) for n in range(1, 6)]
    others = [place(n, latency=0.4, lot=0.1) for n in range(6, 9)]
    assert not set(quick) & set(covering([*quick, *others], public=True).places)


def test_a_hub_that_hangs_is_asked_last() -> None:
    hangs = place(1, latency=2.0)
    assert hangs not in covering([hangs, place(2), place(3)], public=True).places


def test_n2_two_hubs_of_one_16_are_not_both_asked() -> None:
    near = [place(n, net=7, latency=0.001) for n in range(1, 6)]
    far = place(9, latency=0.5)
    cover = covering([OWN, *near, far], public=True)
    assert [p.url for p in cover.places[1:]] == [near[0].url, far.url]
    private = covering([OWN, *near, far], public=False)
    assert [p.url for p in private.places[1:]] == [near[0].url, near[1].url]


def test_one_key_under_two_addresses_has_one_voice() -> None:
    twin = OpenPlace(
        url=HubUrl("ws://31.1.1.1:4848"),
        key=place(1).key,
        shard=Shard(),
        own=False,
        named=False,
        latency=Seconds(0.001),
        lot=0.5,
    )
    cover = covering([OWN, place(1), twin], public=True)
    assert len(cover.places) == 2


def test_a_hub_with_strikes_is_asked_last() -> None:
    bad = place(1, latency=0.001, strikes=1)
    good = [place(2), place(3)]
    assert bad not in covering([OWN, bad, *good], public=True).places
    assert bad in covering([OWN, bad, good[0]], public=True).places


def test_relays_that_a_person_named_are_asked_beside_and_not_waited_for() -> None:
    foreign = [place(100 + n, foreign=True) for n in range(FOREIGN_MAX + 2)]
    cover = covering([OWN, place(1), *foreign], public=True)
    assert len(cover.places) == 2 + FOREIGN_MAX
    assert cover.needs == (frozenset({place(1).url}),)


def test_a_leaf_asks_a_home_and_a_check() -> None:
    half = [place(n, shard=Shard(depth=1, bits=n % 2)) for n in range(1, 7)]
    whole = [place(n) for n in range(7, 10)]
    cover = covering([*half, *whole], public=True, leaf=True)
    assert len(cover.places) == 2
    assert all(p.shard == Shard() for p in cover.places)


def test_a_leaf_asks_every_part_where_no_home_holds_everything() -> None:
    halves = [place(n, shard=Shard(depth=1, bits=n % 2)) for n in range(1, 7)]
    cover = covering(halves, public=True, leaf=True)
    assert len(cover.places) == 4
    assert len(cover.needs) == 2


def test_alone_there_is_the_own_hub() -> None:
    assert covering([OWN], public=True).places == (OWN,)
    assert covering([], public=True).places == ()


shards = st.integers(0, 3).flatmap(
    lambda depth: st.integers(0, (1 << depth) - 1).map(lambda bits: Shard(depth=depth, bits=bits))
)


@given(st.lists(st.tuples(shards, st.integers(1, 6)), max_size=14), st.booleans())
def test_every_part_that_can_be_asked_twice_is(
    found: list[tuple[Shard, int]], public: bool
) -> None:
    others = [place(n, shard=s, net=net) for n, (s, net) in enumerate(found, 1)]
    cover = covering([OWN, *others], public=public)
    chosen = cover.places[1:]
    nets = [neighbourhood(p.url) for p in chosen]
    if public:
        assert len(nets) == len(set(nets))
    for part in regions(p.shard for p in others):
        holders = [p for p in others if covers(p.shard, part)]
        asked = [p for p in chosen if covers(p.shard, part)]
        if not public:
            assert len(asked) >= min(2, len(holders))
    assert len(chosen) <= 2 * len(regions(p.shard for p in others))
    # what is waited for is asked
    assert {url for need in cover.needs for url in need} <= {p.url for p in chosen}


@given(st.lists(shards, max_size=10), st.binary(min_size=32, max_size=32))
def test_homes_hold_the_author(found: list[Shard], raw: bytes) -> None:
    author = PubKey(raw.hex())
    others = [place(n, shard=s) for n, s in enumerate(found, 1)]
    chosen = homes([OWN, *others], author)
    assert chosen[0] == OWN
    assert all(holds(p.shard, author) for p in chosen[1:])
    assert len(chosen) - 1 == min(HOMES_MAX, sum(holds(s, author) for s in found))


def test_a_named_hub_is_a_home_before_quicker_ones() -> None:
    quick = [place(n, latency=0.001) for n in range(1, 6)]
    named = place(9, named=True, latency=0.5, lot=0.9)
    assert named in homes([OWN, *quick, named], PubKey("00" * 32))
