"""The store's contract, on the SQLite file and on the naive one."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkiri.base.types import EventId, Kind, PubKey, Seq, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import Record, decode, encode
from kkiri.ports.records import Stored
from tests.contract.stores import (
    ANN,
    BOB,
    NOW,
    SIGNERS,
    SLICE,
    URL,
    Store,
    filters,
    make_fake,
    make_sqlite,
    sign,
)


@pytest.fixture(params=[make_fake, make_sqlite], ids=["fake", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = request.param(tmp_path)
    yield made
    made.close()


EVERYTHING = Filter()


def test_a_record_comes_back_as_it_was(store: Store) -> None:
    record = sign(
        2003, [["x", "ab" * 20], ["file", "노래.mp3", "12"], ["t", ""]], "안녕 \n\"'\u0000"
    )
    assert store.put(record) == [Stored.NEW]
    assert store.page(EVERYTHING).records == (encode(record),)
    assert store.put(record) == [Stored.DUPLICATE]
    assert store.writer.known(record.id)
    assert not store.writer.known(sign(1).id)
    assert store.reader.total() == 1


def test_newest_first_and_lower_id_first_within_a_second(store: Store) -> None:
    records = [sign(1, content=str(n), at=at) for n, at in enumerate([5, 5, 5, 9, 1, 5])]
    store.put(*records)
    wanted = sorted(records, key=lambda record: (-record.created_at, record.id))
    assert store.ids(EVERYTHING) == [record.id for record in wanted]
    assert store.ids(EVERYTHING, limit=2) == [record.id for record in wanted[:2]]
    assert store.page(EVERYTHING, limit=2).more
    assert not store.page(EVERYTHING, limit=6).more


def test_paging_by_until_meets_every_record(store: Store) -> None:
    records = [sign(1, content=str(n), at=n) for n in range(50)]
    store.put(*records)
    seen: list[EventId] = []
    until: UnixTime | None = None
    while True:
        page = store.page(Filter(until=until, kinds=(Kind(1),)), limit=7)
        events = [decode(raw) for raw in page.records]
        seen += [event.id for event in events]
        if not page.more:
            break
        until = UnixTime(events[-1].created_at - 1)
    assert seen == [record.id for record in reversed(records)]


def test_arrival_numbers(store: Store) -> None:
    first, second = sign(1, at=50), sign(1, at=40)
    store.put(first)
    store.put(second, first)
    assert [(seq, decode(raw).id) for seq, raw in store.reader.since(Seq(0), 10)] == [
        (1, first.id),
        (2, second.id),
    ]
    assert [decode(raw).id for _, raw in store.reader.since(Seq(1), 10)] == [second.id]
    assert store.reader.last_seq() == 2


def test_arrival_numbers_are_not_given_twice(store: Store) -> None:
    last = sign(1)
    store.put(last)
    store.put(sign(5, [["e", last.id]]))
    assert store.reader.last_seq() == 2
    store.put(sign(1, content="next"))
    assert store.reader.last_seq() == 3


def test_a_deletion_acts_before_and_after(store: Store) -> None:
    gone, kept = sign(1, content="gone"), sign(1, content="kept")
    deletion = sign(5, [["e", gone.id], ["e", kept.id]], by=BOB)
    own = sign(5, [["e", gone.id]])
    store.put(deletion, gone, kept, own)
    assert set(store.ids(EVERYTHING)) == {kept.id, own.id, deletion.id}
    assert store.put(gone) == [Stored.DELETED]
    assert store.writer.known(gone.id)


def test_a_deletion_of_a_deletion_does_nothing(store: Store) -> None:
    gone = sign(1)
    deletion = sign(5, [["e", gone.id]])
    store.put(deletion, sign(5, [["e", deletion.id]], at=200))
    assert deletion.id in store.ids(EVERYTHING)
    assert store.put(gone) == [Stored.DELETED]


def test_vanish_takes_everything_of_a_person(store: Store) -> None:
    other_hub = sign(62, [["relay", "ws://elsewhere"]], at=300)
    wrap = sign(1059, [["p", ANN.pubkey]], at=90, by=BOB)
    mine, later, others = sign(1, at=90), sign(1, at=301), sign(1, at=90, by=BOB)
    store.put(mine, wrap, others, other_hub)
    assert store.reader.total() == 4
    vanish = sign(62, [["relay", URL]], at=300)
    store.put(vanish, later)
    assert set(store.ids(EVERYTHING)) == {others.id, other_hub.id, vanish.id, later.id}
    assert store.put(mine, wrap) == [Stored.DELETED, Stored.DELETED]


def test_expired_is_gone_at_its_second(store: Store) -> None:
    record = sign(1, [["expiration", "1500"]])
    assert store.put(record) == [Stored.NEW]
    assert store.ids(EVERYTHING, now=1_499) == [record.id]
    assert store.ids(EVERYTHING, now=1_500) == []
    assert store.reader.count(EVERYTHING, UnixTime(1_500), SLICE) == 0
    assert store.reader.sync_items(EVERYTHING, UnixTime(1_500), 10) == []
    store.writer.tidy(UnixTime(1_500))
    assert store.reader.total() == 0
    assert store.put(record, now=1_500) == [Stored.EXPIRED]


def test_ephemeral_is_never_kept(store: Store) -> None:
    assert store.put(sign(20_001)) == [Stored.EXPIRED]
    assert store.reader.total() == 0


# ---- the outcome is a function of the set
def law_records() -> list[Record]:
    first = sign(0, content="1", at=100)
    second = sign(0, content="2", at=200)
    addressed = [sign(30_023, [["d", "a"]], content=str(n), at=n) for n in (10, 20, 20)]
    return [
        first,
        second,
        sign(5, [["e", second.id]], at=150),
        *addressed,
        sign(5, [["a", f"30023:{ANN.pubkey}:a"]], at=15),
        sign(30_023, [["d", "a"], ["expiration", "900"]], at=30),
        sign(5, [["a", f"30023:{ANN.pubkey}:a"]], at=12, by=BOB),
    ]


def state(store: Store) -> tuple[object, ...]:
    store.writer.tidy(NOW)
    items = store.reader.sync_items(EVERYTHING, NOW, 1_000)
    return (
        tuple(store.ids(EVERYTHING)),
        tuple(item.id for item in items),
        store.reader.total(),
        tuple(store.ids(Filter(tags=(("d", ("a",)),)))),
    )


@pytest.mark.parametrize("make", [make_fake, make_sqlite], ids=["fake", "sqlite"])
@given(st.data())
@settings(max_examples=60, deadline=None)
def test_order_and_repeats_do_not_matter(
    make: "type[Store]", tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    records = law_records()
    order = data.draw(st.permutations(records))
    repeats = data.draw(st.lists(st.sampled_from(records), max_size=4))
    states = []
    for sequence in (records, [*order, *repeats]):
        store = make(tmp_path_factory.mktemp("law"))
        for record in sequence:
            store.put(record)
        states.append(state(store))
        store.close()
    assert states[0] == states[1]


# ---- filters against the oracle
signed = st.builds(
    sign,
    st.sampled_from([0, 1, 3, 5, 62, 1059, 2003, 10_002, 12_003, 30_023, 30_402]),
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from("dtxpeaD"), st.sampled_from(["", "a", "b", ANN.pubkey])),
            st.tuples(st.just("a"), st.sampled_from([f"30023:{ANN.pubkey}:a", f"0:{BOB.pubkey}:"])),
            st.tuples(st.just("expiration"), st.sampled_from(["900", "1000", "2000", "x"])),
            st.tuples(st.just("relay"), st.sampled_from(["ALL_RELAYS", URL, "ws://other"])),
            st.tuples(st.just("title"), st.sampled_from(["봄 날", "봄날", "Day"])),
        ),
        max_size=4,
    ),
    st.sampled_from(["", "x"]),
    st.integers(95, 101),
    st.sampled_from(SIGNERS),
)


@st.composite
def record_sets(draw: st.DrawFn) -> list[Record]:
    records = draw(st.lists(signed, max_size=25))
    if records:
        doomed = draw(st.lists(st.sampled_from(records), max_size=3))
        records += [
            sign(5, [["e", record.id]], at=draw(st.integers(95, 101)), by=signer)
            for record, signer in itertools.product(doomed, SIGNERS[:2])
        ]
    return draw(st.permutations(records))


@given(record_sets(), st.lists(filters, min_size=1, max_size=6), st.data())
@settings(max_examples=100, deadline=None)
def test_sqlite_answers_as_the_oracle(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[Record],
    asked: list[Filter],
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.mktemp("oracle")
    fake, real = make_fake(path), make_sqlite(path)
    for record in records:
        assert fake.put(record) == real.put(record)
    ids = [record.id for record in records] or [EventId("0" * 64)]
    asked.append(Filter(ids=tuple(data.draw(st.lists(st.sampled_from(ids), max_size=5)))))
    for wanted in asked:
        for limit in (500, 3):
            assert fake.page(wanted, limit) == real.page(wanted, limit)
        assert fake.reader.count(wanted, NOW, SLICE) == real.reader.count(wanted, NOW, SLICE)
        assert fake.reader.sync_items(wanted, NOW, 99) == real.reader.sync_items(wanted, NOW, 99)
    assert fake.reader.since(Seq(0), 99) == real.reader.since(Seq(0), 99)
    assert fake.reader.last_seq() == real.reader.last_seq()
    assert state(fake) == state(real)
    real.close()


def test_every_pair_of_conditions_over_every_record(tmp_path: Path) -> None:
    fake, real = make_fake(tmp_path), make_sqlite(tmp_path)
    pairs = [("t", "a"), ("t", "b"), ("p", "a"), ("p", "b")]
    some = [(), *((pair,) for pair in pairs), *itertools.product(pairs[:2], pairs[2:])]
    for number, (kind, tags, by) in enumerate(itertools.product((1, 2003), some, (ANN, BOB))):
        record = sign(kind, [*tags, ("title", "love")], at=100 + number % 5, by=by)
        fake.put(record)
        real.put(record)
    values = [None, ("a",), ("a", "b"), ("c",)]
    for kind, by, t, p, words in itertools.product(
        (None, 1, 2003), (None, ANN), values, values, (None, "love")
    ):
        named = [("t", t), ("p", p)]
        wanted = Filter(
            kinds=None if kind is None else (Kind(kind),),
            authors=None if by is None else (by.pubkey,),
            tags=tuple((letter, accepted) for letter, accepted in named if accepted),
            search=words,
        )
        assert sorted(real.ids(wanted)) == sorted(fake.ids(wanted)), wanted
    real.close()


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    store = make_sqlite(tmp_path)
    records = law_records()
    store.put(*records[:4])
    before = (store.reader.since(Seq(0), 99), store.reader.last_seq())
    store.close()
    store = make_sqlite(tmp_path)
    assert (store.reader.since(Seq(0), 99), store.reader.last_seq()) == before
    store.put(*records[4:])
    again = make_fake(tmp_path)
    again.put(*records)
    assert state(store) == state(again)
    store.close()


def test_pubkeys_are_not_ids(store: Store) -> None:
    store.put(sign(1))
    assert store.ids(Filter(authors=(PubKey("f" * 64),))) == []
    assert store.ids(Filter(ids=(EventId("zz"),))) == []
