"""What the contract does not say: encodings, time slices, what a deletion leaves behind, rank."""

import time
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.adapters.store import SqliteReader, SqliteWriter
from kkiri.adapters.store.encoding import (
    MOMENT_SECONDS_MAX,
    Encoding,
    last_moment,
    moment_of,
    seconds_of,
)
from kkiri.base.errors import NotFoundError
from kkiri.base.types import EventId, Kind, PubKey, Seconds, Signature, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import Event, decode, encode
from kkiri.event.verify import Signer
from tests.unit.adapters.store.making import ANN, BOB, CY, NOW, deletion, listing, note

hexes = st.binary(min_size=8, max_size=40).map(bytes.hex)
texts = st.text(max_size=40) | hexes | hexes.map(str.upper)
events = st.builds(
    Event,
    id=st.binary(min_size=32, max_size=32).map(lambda raw: EventId(raw.hex())),
    pubkey=st.binary(min_size=32, max_size=32).map(lambda raw: PubKey(raw.hex())),
    created_at=(st.integers(0, 2**33) | st.integers(2**40 - 2, 2**53 - 1)).map(UnixTime),
    kind=st.integers(0, 65_535).map(Kind),
    tags=st.lists(st.lists(texts, max_size=4).map(tuple), max_size=6).map(tuple),
    content=st.text(),
    sig=st.binary(min_size=64, max_size=64).map(lambda raw: Signature(raw.hex())),
)


@given(events)
def test_an_event_comes_out_of_its_body_as_it_was(event: Event) -> None:
    encoding = Encoding()
    moment = moment_of(event.created_at, event.id)
    parts = (bytes.fromhex(event.id), bytes.fromhex(event.pubkey), event.kind, moment)
    assert encoding.event(*parts, encoding.body(event)) == event


@given(st.integers(0, MOMENT_SECONDS_MAX - 1), events, events)
def test_moments_are_later_first_then_lower_ids(at: int, one: Event, two: Event) -> None:
    first, second = (moment_of(UnixTime(at), event.id) for event in (one, two))
    assert seconds_of(first) == at
    assert first <= last_moment(at) < moment_of(UnixTime(at + 1), one.id)
    if one.id[:5] < two.id[:5]:
        assert first >= second


def test_a_listing_takes_few_bytes() -> None:
    record = listing(
        "김광석 - 서른 즈음에",
        files=[("김광석 - 서른 즈음에.mp3", 9_000_000)],
        more=[("artist", "김광석"), ("duration", "297"), ("address", "127.0.0.1:6881")],
    )
    assert len(Encoding().body(record)) < 0.45 * len(encode(record))


class Files:
    """A store and a look at its tables."""

    def __init__(self, path: Path, **more: object) -> None:
        self.path = path / "events.db"
        self.writer = SqliteWriter(self.path, sync="OFF", **more)  # type: ignore[arg-type]
        self.reader = SqliteReader(self.path)
        self.raw = apsw.Connection(str(self.path))

    def counts(self) -> dict[str, int]:
        tables = ("record", "body", "tag", "spelled", "form", "words_docsize")
        return {
            table: int(self.raw.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
            for table in tables
        }

    def titles(self, search: str, limit: int = 50) -> list[str]:
        page = self.reader.page(Filter(search=search), NOW, limit, Seconds(5))
        return [decode(raw).value("title") or "" for raw in page.records]

    def close(self) -> None:
        self.raw.close()
        self.reader.close()
        self.writer.close()


def test_a_deletion_leaves_nothing_in_any_index(tmp_path: Path) -> None:
    files = Files(tmp_path)
    kept = listing("Wonderful tomorrow", at=NOW - 5)
    files.writer.put([kept], NOW)
    before = files.counts()
    gone = [
        listing("Wonderful 소리바다", files=[("a/b.mp3", 5)], info_hash="cd" * 20),
        ANN.sign(Kind(30_023), (("d", "x"), ("title", "Wonderful essays")), "text", NOW),
        ANN.sign(Kind(0), (), '{"name":"Wonderful person"}', NOW),
    ]
    files.writer.put(gone, NOW)
    assert len(files.titles("wonderful")) == 4
    newer = ANN.sign(Kind(0), (), '{"name":"Other"}', UnixTime(NOW + 1))
    files.writer.put([deletion(*gone[:2]), newer], NOW)
    files.writer.put([deletion(newer)], NOW)
    assert files.titles("wonderful") == ["Wonderful tomorrow"]
    after = files.counts()
    # two deletions are kept, each with its tags and no words
    assert after["record"] == before["record"] + 2
    assert after["tag"] == before["tag"] + 3
    for table in ("spelled", "form", "words_docsize"):
        assert after[table] == before[table], table
    files.close()


def test_typing_errors_are_forgiven_when_little_is_found(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.writer.put(
        [
            listing("Beatles for Sale"),
            listing("소리바다", at=NOW - 1),
            listing("Radiohead", at=NOW - 2),
        ],
        NOW,
    )
    for typed, meant in [
        ("beatls", "Beatles for Sale"),
        ("baetles", "Beatles for Sale"),
        ("beattles sale", "Beatles for Sale"),
        ("rdiohead", "Radiohead"),
        ("소라바다", "소리바다"),
        ("소리바나", "소리바다"),
        ("솔리바다", "소리바다"),
    ]:
        assert files.titles(typed) == [meant], typed
    assert files.titles("beetroot") == []
    assert files.titles("sole") == []
    files.close()


def test_what_was_typed_stands_before_what_is_near_it(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.writer.put([listing("Silent night"), listing("Silence night", at=NOW - 900)], NOW)
    files.writer.put([listing("Silents", at=NOW - 10**8)], NOW)
    assert files.titles("silents") == ["Silents", "Silent night"]
    files.close()


def test_longer_beginnings_find_words_of_names(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.writer.put([listing("Soundgarden"), listing("Soundtrack", at=NOW - 1)], NOW)
    assert files.titles("sou*") == ["Soundgarden", "Soundtrack"]
    assert files.titles("soundg*") == ["Soundgarden"]
    assert files.titles("soundx*") == []
    files.close()


def test_the_best_name_comes_first(tmp_path: Path) -> None:
    files = Files(tmp_path)
    year = 31_557_600
    files.writer.put(
        [
            listing("옛날이야기", at=NOW - 10),
            listing("옛날 이야기", at=NOW - 20),
            listing("할머니의 옛날 이야기 모음", at=NOW),
            listing("동화", files=[("옛날 이야기.mp3", 1)], at=NOW),
            listing("옛날에 들은 이야기", at=NOW - year),
        ],
        NOW,
    )
    assert files.titles("옛날 이야기") == [
        "옛날 이야기",
        "옛날이야기",
        "할머니의 옛날 이야기 모음",
        "옛날에 들은 이야기",
        "동화",
    ]
    assert files.titles("옛날이야기")[0] == "옛날이야기"
    files.close()


def test_a_stranger_cannot_raise_what_is_popular(tmp_path: Path) -> None:
    files = Files(tmp_path, anchors=[ANN.pubkey])
    friend = ANN.sign(Kind(3), (("p", BOB.pubkey),), "", NOW)
    second = BOB.sign(Kind(3), (("p", CY.pubkey),), "", NOW)
    files.writer.put([friend, second], NOW)
    files.writer.tidy(NOW)
    day = 86_400
    fake = [
        listing("Love song", info_hash="ee" * 20, at=NOW - n, by=Signer(bytes([9, n + 1] * 16)))
        for n in range(60)
    ]
    good = [
        listing("Love song", info_hash="dd" * 20, at=NOW - 200 * day, by=signer)
        for signer in (BOB, CY, ANN)
    ]
    files.writer.put([*fake, *good], NOW)
    page = files.reader.page(Filter(search="love"), NOW, 3, Seconds(5))
    assert {decode(raw).value("x") for raw in page.records} == {"dd" * 20}
    files.close()


def test_a_question_ends_with_its_slice(tmp_path: Path) -> None:
    files = Files(tmp_path)
    records = [listing(f"common {n}", at=NOW - n) for n in range(1_500)]
    files.writer.put(records, NOW)
    hard = [
        Filter(search="common NOT 소리바다"),
        Filter(tags=(("x", ("ab" * 20,)), ("t", ("nothing",)))),
        Filter(search='"x common"'),
        Filter(),
    ]
    for wanted in hard:
        began = time.monotonic()
        page = files.reader.page(wanted, NOW, 100_000, Seconds(0.02))
        assert time.monotonic() - began < 5  # a guard against hanging: alone it is some 20 ms
        assert len(page.records) < 1_500 or not page.more
        files.reader.count(wanted, NOW, Seconds(0.02))
    assert files.reader.page(Filter(), NOW, 100_000, Seconds(0.000_1)).more
    assert len(files.reader.page(Filter(), NOW, 100_000, Seconds(30)).records) == 1_500
    files.close()


def test_no_filter_is_answered_by_scanning_what_an_index_bounds(tmp_path: Path) -> None:
    """Of 1,500 notes and one rare record, the rare one costs few reads, whatever the filter."""
    files = Files(tmp_path)
    files.writer.put([note(n, at=NOW - n) for n in range(1_500)], NOW)
    rare = BOB.sign(Kind(30_402), (("d", "a"), ("t", "bike")), "", UnixTime(NOW - 9_999))
    files.writer.put([rare], NOW)
    reads: list[str] = []
    files.reader._database.connection.exec_trace = lambda cursor, sql, bound: not reads.append(sql)
    for wanted in [
        Filter(kinds=(Kind(30_402),)),
        Filter(authors=(BOB.pubkey,)),
        Filter(authors=(ANN.pubkey,), kinds=(Kind(7),)),
        Filter(tags=(("t", ("bike",)),)),
        Filter(tags=(("t", ("bike",)),), authors=(BOB.pubkey,), kinds=(Kind(30_402),)),
        Filter(authors=(ANN.pubkey, BOB.pubkey), tags=(("t", ("bike",)),)),
        Filter(ids=(rare.id,)),
        Filter(search="bike"),
        Filter(search="bike", kinds=(Kind(30_402),)),
        Filter(until=UnixTime(NOW - 9_000)),
    ]:
        reads.clear()
        page = files.reader.page(wanted, NOW, 10, Seconds(5))
        assert len(reads) < 40 and not page.more, wanted
        found = [decode(raw).id for raw in page.records]
        assert found == ([] if wanted.kinds == (Kind(7),) else [rare.id]), wanted
    files.close()


def test_a_reader_cannot_write_and_wants_a_file(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        SqliteReader(tmp_path / "none.db")
    files = Files(tmp_path)
    with pytest.raises(apsw.Error):
        files.reader._database.run("DELETE FROM record")
    files.close()


def test_many_records_of_one_moment(tmp_path: Path) -> None:
    files = Files(tmp_path)
    records = [note(n, at=NOW) for n in range(1_200)]
    files.writer.put(records, NOW)
    found = files.reader.sync_items(Filter(), NOW, 5_000)
    assert [item.id for item in found] == sorted(record.id for record in records)
    page = files.reader.page(Filter(until=NOW), NOW, 10, Seconds(5))
    assert [decode(raw).id for raw in page.records] == sorted(record.id for record in records)[:10]
    files.close()
