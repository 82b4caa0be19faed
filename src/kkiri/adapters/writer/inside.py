"""Inside the writer process: read in one thread, store in another, answer when it is on disk.

The hub has verified what it hands over. What comes in while a transaction is on its way to the
disk makes the next one: a single record waits for nobody, and a burst shares its flushes.
"""

import queue
import threading
from collections.abc import Callable
from typing import BinaryIO

from kkiri.adapters.writer.pipe import Settled, pack, read_frame
from kkiri.base.types import UnixTime
from kkiri.event.record import Record, as_record, decode
from kkiri.ports.records import RecordWriter, Stored
from kkiri.ports.serving import Fate

FRAMES_AHEAD_MAX = 8  # frames read ahead of the store: it never waits, and memory is bounded
TRANSACTION_EVENTS_MAX = 1_024  # more makes the first of them wait without saving flushes
IDLE_SECONDS = 2.0  # so long without work means that tidying disturbs nobody
_FATES = {
    Stored.NEW: Fate.NEW,
    Stored.DUPLICATE: Fate.DUPLICATE,
    Stored.OLDER: Fate.OLDER,
    Stored.DELETED: Fate.DELETED,
    Stored.EXPIRED: Fate.EXPIRED,
    Stored.FULL: Fate.FULL,
}


_Frame = list[tuple[int, Record]]


def write_until_closed(
    writer: RecordWriter,
    source: BinaryIO,
    sink: BinaryIO,
    now: Callable[[], UnixTime],
) -> None:
    """Take events from the pipe until it closes, and say what became of each."""
    ahead: queue.Queue[_Frame | None] = queue.Queue(FRAMES_AHEAD_MAX)
    threading.Thread(target=_read, args=(source, ahead), name="read", daemon=True).start()
    sink.write(pack([]))  # the file is open: readers may open it too
    sink.flush()
    more = True
    idle = False
    while more:
        try:
            first = ahead.get(timeout=None if idle else IDLE_SECONDS)
        except queue.Empty:
            writer.tidy(now())
            idle = True
            continue
        idle = False
        batch, more = _gather(first, ahead)
        outcomes = writer.put([record for _, record in batch], now()) if batch else []
        settled = zip(batch, outcomes, strict=True)
        sink.write(pack([Settled(number, _FATES[stored]) for (number, _), stored in settled]))
        sink.flush()
    writer.close()


def _read(source: BinaryIO, ahead: "queue.Queue[_Frame | None]") -> None:
    while (frame := read_frame(source)) is not None:
        ahead.put([(handed.number, as_record(decode(handed.event))) for handed in frame])
    ahead.put(None)


def _gather(first: _Frame | None, ahead: "queue.Queue[_Frame | None]") -> tuple[_Frame, bool]:
    """Put together what is there already; False when the pipe has closed."""
    batch: _Frame = []
    frame = first
    while frame is not None:
        batch += frame
        if ahead.empty() or len(batch) >= TRANSACTION_EVENTS_MAX:
            return batch, True
        frame = ahead.get()
    return batch, False
