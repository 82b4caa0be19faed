"""The index answers as a scan of all open subscriptions would."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import EventId, Kind, PubKey, SubId, UnixTime
from kkiri.event.filters import Filter, matches
from kkiri.event.record import Event
from kkiri.event.verify import Signer
from kkiri.hub import subscriptions
from kkiri.hub.subscriptions import Owner, Subscriptions

SIGNERS = [Signer(bytes([number]) * 32) for number in (1, 2)]
EVENTS = [
    signer.sign(Kind(kind), tags, content, UnixTime(at))
    for signer in SIGNERS
    for kind, tags, content, at in (
        (1, (), "바다", 10),
        (2003, (("x", "aa"), ("t", "music"), ("t", "music")), "", 20),
        (2003, (("x", "bb"), ("t",), ("title", "aa")), "바다", 30),
    )
]
FILTERS = st.builds(
    Filter,
    ids=st.none() | st.lists(st.sampled_from([e.id for e in EVENTS]), max_size=2).map(tuple),
    authors=st.none() | st.lists(st.sampled_from([s.pubkey for s in SIGNERS])).map(tuple),
    kinds=st.none() | st.lists(st.sampled_from([1, 2003, 7]).map(Kind), max_size=2).map(tuple),
    tags=st.lists(
        st.tuples(
            st.sampled_from("xt"), st.lists(st.sampled_from(["aa", "music"]), max_size=2).map(tuple)
        ),
        max_size=2,
        unique_by=lambda tag: tag[0],
    ).map(tuple),
    since=st.none() | st.sampled_from([10, 21]).map(UnixTime),
    search=st.none() | st.just("바다"),
)
OWNERS = st.tuples(st.integers(1, 2), st.sampled_from(["a", "b"]).map(SubId))
MOVES = st.lists(st.tuples(OWNERS, st.none() | st.lists(FILTERS, min_size=1, max_size=3)))


def search(text: str) -> Callable[[Event], bool]:
    return lambda event: text in event.content


@given(MOVES)
def test_as_a_scan(moves: list[tuple[Owner, list[Filter] | None]]) -> None:
    index, plain = Subscriptions(search), dict[Owner, list[Filter]]()
    for owner, filters in moves:
        if filters is None:
            index.close(owner)
            plain.pop(owner, None)
        else:
            index.open(owner, filters)
            plain[owner] = filters
    assert len(index) == len(plain)
    for event in EVENTS:
        wanted = {
            owner
            for owner, filters in plain.items()
            for one in filters
            if matches(one, event) and (one.search is None or search(one.search)(event))
        }
        assert index.interested(event) == wanted


def test_a_record_does_not_meet_subscriptions_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Filter] = []

    def count(wanted: Filter, event: Event) -> bool:
        looked.append(wanted)
        return matches(wanted, event)

    monkeypatch.setattr(subscriptions, "matches", count)
    index = Subscriptions(search)
    for number in range(1_000):
        wanted = Filter(authors=(PubKey(f"{number:064x}"),), kinds=(Kind(1),))
        index.open((number, SubId("s")), [wanted, Filter(ids=(EventId(f"{number:064x}"),))])
    index.open((1_000, SubId("s")), [Filter(kinds=(Kind(1),)), Filter(tags=(("x", ("aa",)),))])
    assert index.interested(EVENTS[0]) == {(1_000, SubId("s"))}
    assert len(looked) == 1


def test_closing_leaves_nothing_behind() -> None:
    index = Subscriptions(search)
    index.open((1, SubId("a")), [Filter(), Filter(kinds=(Kind(1),)), Filter(ids=(EVENTS[0].id,))])
    index.close((1, SubId("a")))
    index.close((1, SubId("a")))
    assert vars(index)["_entries"] == {} and len(index) == 0
