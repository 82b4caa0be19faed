"""Distance in the graph of follows: a function of the set of records."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import EventId, PubKey, Signature, UnixTime
from kkiri.event import kinds
from kkiri.event.record import Record
from kkiri.trust.blocks import sift
from kkiri.trust.follows import distances, follow_sets


def key(number: int) -> PubKey:
    return PubKey(f"{number:064x}")


def follows(author: int, named: list[int], at: int, mark: int = 0) -> Record:
    return Record(
        id=EventId(f"{author:032x}{at * 100 + mark:032x}"),
        pubkey=key(author),
        created_at=UnixTime(at),
        kind=kinds.FOLLOWS,
        tags=tuple(("p", key(n)) for n in named),
        content="",
        sig=Signature("0" * 128),
    )


def test_steps() -> None:
    sets = follow_sets([follows(1, [2, 3], 5), follows(2, [4], 5), follows(4, [5], 5)])
    assert distances(key(0), [key(1)], sets) == {
        key(0): 0,
        key(1): 1,
        key(2): 2,
        key(3): 2,
    }


def test_what_this_peer_knows_counts_before_any_record() -> None:
    assert distances(key(0), [key(9)], {})[key(9)] == 1


records = st.lists(
    st.builds(
        follows,
        st.integers(0, 4),
        st.lists(st.integers(0, 6), max_size=4),
        st.integers(1, 3),
        st.integers(0, 2),
    ),
    max_size=12,
    unique_by=lambda record: record.id,
)


@given(records, st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(found: list[Record], chance: Random) -> None:
    mixed = [*found, *found[:3]]
    chance.shuffle(mixed)
    assert follow_sets(mixed) == follow_sets(found)


@given(records)
def test_nobody_is_nearer_than_their_followers_say(found: list[Record]) -> None:
    sets = follow_sets(found)
    near = distances(key(0), sets.get(key(0), ()), sets)
    assert near[key(0)] == 0
    for person, steps in near.items():
        if steps:
            assert any(
                person in sets.get(other, ()) and near.get(other, 9) == steps - 1 for other in near
            )


def test_blocked_authors_are_left_out_and_counted() -> None:
    records = [follows(1, [], 1), follows(2, [], 1), follows(1, [], 2)]
    sifted = sift(records, frozenset({key(1)}))
    assert (sifted.shown, sifted.left_out) == ((records[1],), 2)
