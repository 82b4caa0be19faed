"""Single records in the file: found, put in, taken out, with all that is indexed of them.

Everything here belongs to the caller's transaction; `begin` and `settle` bracket it.
"""

from typing import cast

from kkiri.adapters.store.database import Database
from kkiri.adapters.store.encoding import Encoding, last_moment, moment_of
from kkiri.adapters.store.marks import Marks
from kkiri.adapters.store.popularity import Popularity
from kkiri.adapters.store.wordindex import WordIndex
from kkiri.base.hexes import is_hex32
from kkiri.base.types import EventId, PubKey
from kkiri.event import kinds
from kkiri.event.record import Event, Record

AUTHORS_KEPT_MAX = 20_000  # numbers of authors kept in memory: 3 MB
MOVED_MAX = 100  # listings of one torrent moved at once: some 30 ms


class Shelf:
    """What the writer does to one record at a time."""

    def __init__(self, database: Database, marks: Marks, popularity: Popularity) -> None:
        self._database = database
        self._marks = marks
        self._popularity = popularity
        self._index = WordIndex(database, marks)
        self._encoding = Encoding()
        self._authors: dict[PubKey, int] = {}
        self._seq = 0
        self._total = 0

    def begin(self) -> None:
        """Start from what the file says; also after a transaction that was undone."""
        rows = self._database.rows(
            "SELECT value FROM meta WHERE name IN ('seq', 'total') ORDER BY name"
        )
        self._seq, self._total = (cast(int, row[0]) for row in rows)
        self._authors = {}
        self._index.begin()

    def settle(self) -> None:
        """Write the counts before the transaction ends."""
        self._index.settle()
        self._database.run_many(
            "UPDATE meta SET value=? WHERE name=?", [(self._seq, "seq"), (self._total, "total")]
        )

    def find(self, event_id: EventId) -> int | None:
        """Give the moment of a record by id."""
        if not is_hex32(event_id):
            return None
        raw = bytes.fromhex(event_id)
        return self._database.number(
            "SELECT moment FROM record WHERE substr(id, 1, 8)=? AND id=?", (raw[:8], raw)
        )

    def current(self, address: str) -> int | None:
        """Give the moment of the record at an address."""
        kind = int(address.partition(":")[0])
        return self._database.number(
            "SELECT moment FROM tag WHERE mark=? AND kind=?", (self._marks.address(address), kind)
        )

    def event(self, moment: int) -> Event:
        """Give the record of a moment."""
        row = self._database.rows(
            "SELECT r.id, a.key, r.kind, b.data FROM record r JOIN author a ON a.no=r.author "
            "JOIN body b ON b.seq=r.seq WHERE r.moment=?",
            (moment,),
        )[0]
        event_id, key, kind, data = cast(tuple[bytes, bytes, int, bytes], row)
        return self._encoding.event(event_id, key, kind, moment, data)

    def insert(self, record: Record, expires: int | None) -> None:
        """Put a new record in."""
        moment = moment_of(record.created_at, record.id)
        while self._database.number("SELECT 1 FROM record WHERE moment=?", (moment,)):
            moment -= 1
        hot = self._index.add(record, self._popularity.of(record))
        self._seq += 1
        self._total += 1
        author = self._author(record.pubkey)
        self._database.run(
            "INSERT INTO record VALUES(?, ?, ?, ?, ?, ?, ?)",
            (moment, bytes.fromhex(record.id), author, record.kind, self._seq, expires, hot),
        )
        body = self._encoding.body(record)
        self._database.run("INSERT INTO body VALUES(?, ?)", (self._seq, body))
        marks = self._marks.of_event(record)
        self._database.run_many(
            "INSERT INTO tag VALUES(?, ?, ?)", [(mark, record.kind, moment) for mark in marks]
        )
        if record.kind == kinds.LISTING and self._popularity.trusts(record.pubkey):
            self._raise_others(record)

    def remove(self, moment: int) -> Event:
        """Take a record out, with all that is indexed of it, and give it."""
        event = self.event(moment)
        hot = self._database.number("SELECT hot FROM record WHERE moment=?", (moment,))
        if hot is not None:
            self._index.remove(event, hot)
        self._database.run_many(
            "DELETE FROM tag WHERE mark=? AND kind=? AND moment=?",
            [(mark, event.kind, moment) for mark in self._marks.of_event(event)],
        )
        self._database.run(
            "DELETE FROM body WHERE seq=(SELECT seq FROM record WHERE moment=?)", (moment,)
        )
        self._database.run("DELETE FROM record WHERE moment=?", (moment,))
        self._total -= 1
        return event

    def expired(self, now: int, limit: int) -> list[int]:
        """Give moments of records that have expired."""
        return self._database.ints(
            "SELECT moment FROM record WHERE expires<=? ORDER BY expires LIMIT ?", (now, limit)
        )

    def of_person(self, pubkey: PubKey, until: int) -> set[int]:
        """Give moments of a person's records and of wraps for them, up to a second."""
        last = last_moment(until)
        own = self._database.ints(
            "SELECT moment FROM record WHERE author=? AND kind<>? AND moment<=?",
            (self._author(pubkey), kinds.VANISH, last),
        )
        wraps = self._database.ints(
            "SELECT moment FROM tag WHERE mark=? AND kind=? AND moment<=?",
            (self._marks.tag("p", pubkey), kinds.GIFT_WRAP, last),
        )
        return {*own, *wraps}

    def merge(self, pages: int) -> bool:
        """Merge the word index a little; false when there was nothing to do."""
        return self._index.merge(pages)

    def _raise_others(self, record: Record) -> None:
        """Give other listings of the torrent their row, now that one more trusted person has it."""
        popularity = self._popularity.of(record)
        for moment in self._popularity.others(record)[:MOVED_MAX]:
            row = self._database.number("SELECT hot FROM record WHERE moment=?", (moment,))
            if row is not None:
                moved = self._index.move(self.event(moment), row, popularity)
                self._database.run("UPDATE record SET hot=? WHERE moment=?", (moved, moment))

    def _author(self, pubkey: PubKey) -> int:
        number = self._authors.get(pubkey)
        if number is not None:
            return number
        key = bytes.fromhex(pubkey)
        number = self._database.number("SELECT no FROM author WHERE key=?", (key,))
        if number is None:
            self._database.run("INSERT INTO author(key) VALUES(?)", (key,))
            number = self._database.connection.last_insert_rowid()
        if len(self._authors) >= AUTHORS_KEPT_MAX:
            self._authors.clear()
        self._authors[pubkey] = number
        return number
