"""The stores that the contract suites run on, and short ways to make records for them."""

from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st

from kkiri.adapters.store import SqliteReader, SqliteWriter
from kkiri.base.types import EventId, Kind, Seconds, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import Record, Tag, decode
from kkiri.event.verify import Signer
from kkiri.ports.records import Page, RecordReader, RecordWriter, Stored
from tests.fakes.records import FakeStore

NOW = UnixTime(1_000)
SLICE = Seconds(5.0)
ANN, BOB, CY = (Signer(bytes([number]) * 32) for number in (1, 2, 3))
URL = "ws://127.0.0.1:1"


def sign(
    kind: int,
    tags: Sequence[Sequence[str]] = (),
    content: str = "",
    at: int = 100,
    by: Signer = ANN,
) -> Record:
    plain: tuple[Tag, ...] = tuple(tuple(tag) for tag in tags)
    return by.sign(Kind(kind), plain, content, UnixTime(at))


class Store:
    """A writer and a reader of the same records."""

    def __init__(self, writer: RecordWriter, reader: RecordReader) -> None:
        self.writer = writer
        self.reader = reader

    def put(self, *records: Record, now: int = NOW) -> list[Stored]:
        return self.writer.put(records, UnixTime(now))

    def page(self, wanted: Filter, limit: int = 500, now: int = NOW) -> Page:
        return self.reader.page(wanted, UnixTime(now), limit, SLICE)

    def ids(self, wanted: Filter, limit: int = 500, now: int = NOW) -> list[EventId]:
        return [decode(raw).id for raw in self.page(wanted, limit, now).records]

    def close(self) -> None:
        self.reader.close()
        self.writer.close()


def make_fake(path: Path) -> Store:
    fake = FakeStore(urls=[URL])
    return Store(fake, fake)


def make_sqlite(path: Path) -> Store:
    # power cuts have their own test; without waiting for the disk this one draws ten times more
    writer = SqliteWriter(path / "events.db", urls=[URL], sync="OFF")
    return Store(writer, SqliteReader(path / "events.db"))


SIGNERS = (ANN, BOB, CY)
filters = st.builds(
    Filter,
    authors=st.none()
    | st.lists(st.sampled_from([s.pubkey for s in SIGNERS]), max_size=2).map(tuple),
    kinds=st.none()
    | st.lists(st.sampled_from([0, 1, 5, 2003, 30_023, 77]).map(Kind), max_size=6).map(tuple),
    tags=st.lists(
        st.tuples(
            st.sampled_from("dtxpeD"),
            st.lists(st.sampled_from(["", "a", "b", ANN.pubkey]), max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    since=st.none() | st.integers(94, 102).map(UnixTime),
    until=st.none() | st.integers(94, 102).map(UnixTime),
    limit=st.none() | st.integers(0, 9),
)
