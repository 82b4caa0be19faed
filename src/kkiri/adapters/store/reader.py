"""A reader of a hub's file: each call sees one moment of it and ends with its time slice."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import apsw

from kkiri.adapters.store.database import hash_key, open_for_reading
from kkiri.adapters.store.encoding import seconds_of
from kkiri.adapters.store.marks import Marks
from kkiri.adapters.store.rows import Rows
from kkiri.adapters.store.searching import Search
from kkiri.adapters.store.vocabulary import Vocabulary
from kkiri.base.types import EventId, Seconds, Seq, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import encode
from kkiri.ports.records import Page, SyncItem

PROGRESS_STEPS = 2_000  # SQLite instructions between looks at the clock: some 20 µs
WALL_FACTOR = 20  # a slice may wait for the disk or the processor so much longer, then it ends
SYNC_SLICE_SECONDS = Seconds(10.0)  # listing 1 M items takes about 1 s


class SqliteReader:
    """Implements `RecordReader`."""

    def __init__(self, path: Path) -> None:
        self._database = open_for_reading(path)
        marks = Marks(hash_key(self._database))
        self._no_deadline()
        self._rows = Rows(self._database, marks, self._late)
        vocabulary = Vocabulary(self._database, marks)
        self._search = Search(self._database, self._rows, vocabulary)
        self._database.connection.set_progress_handler(self._late, PROGRESS_STEPS)

    def page(self, wanted: Filter, now: UnixTime, limit: int, slice_seconds: Seconds) -> Page:
        """Answer one filter within the time slice."""
        cut = limit if wanted.limit is None else min(limit, wanted.limit)
        if wanted.search is not None:
            with self._one_moment(slice_seconds):
                return self._search.page(wanted, now, cut)
        found: list[tuple[int, EventId, bytes]] = []
        more = False
        with self._one_moment(slice_seconds):
            try:
                for moment in self._rows.moments(self._rows.want(wanted), now):
                    event = self._rows.event(moment)
                    if len(found) >= cut and (not found or -found[-1][0] != event.created_at):
                        more = True
                        break
                    found.append((-event.created_at, event.id, encode(event)))
            except apsw.InterruptError:
                more = True
        found.sort()
        records = tuple(raw for _, _, raw in found[:cut])
        return Page(records=records, more=more or len(found) > cut)

    def count(self, wanted: Filter, now: UnixTime, slice_seconds: Seconds) -> int:
        """Count what answers one filter; what the slice allows when it is many."""
        number = 0
        with self._one_moment(slice_seconds):
            try:
                if wanted.search is not None:
                    return self._search.count(wanted, now)
                for _ in self._rows.moments(self._rows.want(wanted), now):
                    number += 1
            except apsw.InterruptError:
                return number
        return number

    def sync_items(self, wanted: Filter, now: UnixTime, items_max: int) -> list[SyncItem]:
        """List (created_at, id) of the newest that answer the filter, ascending."""
        items: list[SyncItem] = []
        with self._one_moment(SYNC_SLICE_SECONDS):
            for moment in self._rows.moments(self._rows.want(wanted), now):
                if len(items) >= items_max:
                    break
                row = self._database.rows("SELECT id FROM record WHERE moment=?", (moment,))[0]
                event_id = EventId(cast(bytes, row[0]).hex())
                items.append(SyncItem(created_at=seconds_of(moment), id=event_id))
        return sorted(items, key=lambda item: (item.created_at, item.id))

    def since(self, seq: Seq, limit: int) -> list[tuple[Seq, bytes]]:
        """Give records that arrived after the number, in order of arrival."""
        with self._one_moment(SYNC_SLICE_SECONDS):
            rows = self._database.rows(
                "SELECT seq, moment FROM record WHERE seq>? ORDER BY seq LIMIT ?", (seq, limit)
            )
            pairs = cast(list[tuple[int, int]], rows)
            return [(Seq(number), encode(self._rows.event(moment))) for number, moment in pairs]

    def last_seq(self) -> Seq:
        """Give the newest arrival number."""
        return Seq(self._meta("seq"))

    def total(self) -> int:
        """Give the number of records kept."""
        return self._meta("total")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _late(self) -> bool:
        return time.thread_time() > self._deadline or time.monotonic() > self._wall_deadline

    @contextmanager
    def _one_moment(self, slice_seconds: Seconds) -> Iterator[None]:
        # counted in work of this thread: a machine busy elsewhere would else cut answers short
        self._deadline = time.thread_time() + slice_seconds
        self._wall_deadline = time.monotonic() + slice_seconds * WALL_FACTOR
        self._database.run("BEGIN")
        try:
            yield
        finally:
            self._no_deadline()
            self._database.run("COMMIT")

    def _no_deadline(self) -> None:
        self._deadline = self._wall_deadline = float("inf")

    def _meta(self, name: str) -> int:
        self._no_deadline()
        return self._database.number("SELECT value FROM meta WHERE name=?", (name,)) or 0
