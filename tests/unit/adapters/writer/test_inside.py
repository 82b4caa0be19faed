"""The inside of the writer process: what it says is what the store said, in the store's order."""

import io
import threading
from collections.abc import Sequence

import msgspec

from kkiri.adapters.writer.inside import TRANSACTION_EVENTS_MAX, write_until_closed
from kkiri.adapters.writer.pipe import HEAD, Handed, Settled, pack, read_frame
from kkiri.base.types import Kind, UnixTime
from kkiri.event.kinds import DELETION
from kkiri.event.record import Record, encode
from kkiri.event.verify import Signer
from kkiri.ports.records import Stored
from kkiri.ports.serving import Fate
from tests.fakes.records import FakeStore

ANN = Signer(bytes([1]) * 32)


def note(number: int, kind: int = 1) -> Record:
    return ANN.sign(Kind(kind), (), str(number), UnixTime(number))


def frames(*batches: Sequence[Record]) -> io.BytesIO:
    numbers = iter(range(1_000_000))
    return io.BytesIO(
        b"".join(pack([Handed(next(numbers), encode(one)) for one in batch]) for batch in batches)
    )


def run(store: FakeStore, source: io.BytesIO) -> list[tuple[int, Fate]]:
    sink = io.BytesIO()
    write_until_closed(store, source, sink, lambda: UnixTime(10))
    sink.seek(0)
    settled: list[Settled] = []
    while head := sink.read(HEAD.size):
        body = sink.read(HEAD.unpack(head)[0])
        settled += msgspec.msgpack.decode(body, type=list[Settled])
    return [(one.number, one.fate) for one in settled]


def test_each_gets_its_fate_in_order() -> None:
    store = FakeStore()
    records = [note(1), note(2), note(1)]
    assert run(store, frames(records, [note(2)])) == [
        (0, Fate.NEW),
        (1, Fate.NEW),
        (2, Fate.DUPLICATE),
        (3, Fate.DUPLICATE),
    ]
    assert store.closed and store.total() == 2


def test_what_waits_shares_a_transaction() -> None:
    class Counting(FakeStore):
        puts: list[int]

        def put(self, records: Sequence[Record], now: UnixTime) -> list[Stored]:
            self.puts.append(len(records))
            gate.wait(0.01)
            return super().put(records, now)

    gate = threading.Event()
    store = Counting()
    store.puts = []
    count = 60
    batches = [[note(number)] for number in range(count)]
    assert len(run(store, frames(*batches))) == count
    assert sum(store.puts) == count
    assert 1 < max(store.puts) <= TRANSACTION_EVENTS_MAX


def test_without_room_each_is_told_so() -> None:
    class Full(FakeStore):
        def put(self, records: Sequence[Record], now: UnixTime) -> list[Stored]:
            kept = [one for one in records if one.kind == DELETION]
            fates = iter(super().put(kept, now))
            return [next(fates) if one.kind == DELETION else Stored.FULL for one in records]

    fates = run(Full(), frames([note(1), note(2, DELETION)]))
    assert fates == [(0, Fate.FULL), (1, Fate.NEW)]


def test_a_frame_that_was_cut_off_is_none() -> None:
    whole = frames([note(1), note(2)]).getvalue()
    for end in (0, 3, 4, len(whole) - 1):
        assert read_frame(io.BytesIO(whole[:end])) is None
    assert read_frame(io.BytesIO(whole)) is not None
