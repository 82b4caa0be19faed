"""Records as a reader takes them from the file: by filter, by moment, by row of the word index."""

from collections.abc import Callable, Iterator, Sequence
from typing import cast

import apsw

from kkiri.adapters.store.database import Database
from kkiri.adapters.store.encoding import Encoding
from kkiri.adapters.store.marks import Marks
from kkiri.adapters.store.streams import Streams, Want, to_want
from kkiri.base.types import UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import Event

BATCH = 25  # rows read at once: a third of the time a row than one by one

_WHOLE = (
    "SELECT r.moment, r.id, a.key, r.kind, b.data FROM record r JOIN author a ON a.no=r.author "
    "JOIN body b ON b.seq=r.seq WHERE "
)
_ALIVE = "SELECT 1 FROM record WHERE moment=? AND (expires IS NULL OR expires>?)"
_INDEXED = (
    _WHOLE.replace("SELECT", "SELECT r.hot, r.author,", 1)
    + f"r.hot IN ({','.join('?' * BATCH)}) AND (r.expires IS NULL OR r.expires>?)"
)
_Whole = tuple[int, bytes, bytes, int, bytes]
_Indexed = tuple[int, int, bytes, bytes, int, bytes]


class Rows:
    """Reads within the caller's transaction; `late` says when the time slice is over."""

    def __init__(self, database: Database, marks: Marks, late: Callable[[], bool]) -> None:
        self._database = database
        self._marks = marks
        self._streams = Streams(database)
        self._encoding = Encoding()
        self._late = late

    def want(self, wanted: Filter) -> Want:
        """Turn a filter into the file's numbers."""
        return to_want(wanted, self._database, self._marks)

    def moments(self, want: Want, now: UnixTime) -> Iterator[int]:
        """Give the moments of what answers, newest first. Raises: apsw.InterruptError when late."""
        for moment in self._streams.moments(want):
            self.look()
            if self._database.number(_ALIVE, (moment, now)):
                yield moment

    def event(self, moment: int) -> Event:
        """Give the record of a moment."""
        row = self._database.rows(_WHOLE + "r.moment=?", (moment,))[0]
        _, event_id, key, kind, data = cast(_Whole, row)
        return self._encoding.event(event_id, key, kind, moment, data)

    def indexed(
        self, rows: Sequence[int], want: Want, now: UnixTime
    ) -> Iterator[tuple[int, Event]]:
        """Give those of up to BATCH rows of the word index that answer the filter, in order."""
        padded = [*rows, *[-1] * (BATCH - len(rows))]  # one statement for any number
        found = {
            cast(int, row[0]): cast(_Indexed, row[1:])
            for row in self._database.rows(_INDEXED, (*padded, now))
        }
        for row in rows:
            if row not in found:
                continue
            author, moment, event_id, key, kind, data = found[row]
            if self._streams.right(want, moment, author, kind) and (
                want.ids is None or event_id in want.ids
            ):
                yield row, self._encoding.event(event_id, key, kind, moment, data)

    def look(self) -> None:
        """Look at the clock. Raises: apsw.InterruptError when late."""
        if self._late():
            raise apsw.InterruptError("time slice")
