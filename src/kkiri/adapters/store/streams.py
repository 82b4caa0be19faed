"""How a filter without words is answered: the thinnest index is read newest first, in chunks.

Nothing is scanned that no index bounds; what remains costs the time slice and no more.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from kkiri.adapters.store.database import Database, Value
from kkiri.adapters.store.encoding import first_moment, last_moment
from kkiri.adapters.store.marks import Marks
from kkiri.base.hexes import is_hex32
from kkiri.event.filters import Filter

CHUNK_FIRST = 16  # most pages are small
CHUNK_MAX = 512  # a chunk is about 0.2 ms
PROBE_MAX = 1_000  # an index with more entries than this counts as thick
STREAMS_MAX = 2_000  # merged at once; each costs a first read of some 10 µs
MOMENT_MAX = 2**62

Stream = Iterator[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A filter in the file's own numbers."""

    ids: tuple[bytes, ...] | None
    authors: frozenset[int] | None
    kinds: frozenset[int] | None
    marks: tuple[tuple[int, ...], ...]
    """One tuple for each tag filter."""
    low: int
    high: int
    """Moments, inclusive."""

    @property
    def empty(self) -> bool:
        """Say whether nothing can answer."""
        named = (self.ids, self.authors, self.kinds)
        return (
            self.low > self.high or () in self.marks or any(not x and x is not None for x in named)
        )


def to_want(wanted: Filter, database: Database, marks: Marks) -> Want:
    """Turn a filter into the file's numbers; authors that the file does not know fall out."""
    authors = None
    if wanted.authors is not None:
        keys = {bytes.fromhex(key) for key in wanted.authors if is_hex32(key)}
        authors = frozenset(
            number
            for key in keys
            if (number := database.number("SELECT no FROM author WHERE key=?", (key,))) is not None
        )
    ids = None
    if wanted.ids is not None:
        ids = tuple({bytes.fromhex(text) for text in wanted.ids if is_hex32(text)})
    return Want(
        ids=ids,
        authors=authors,
        kinds=None if wanted.kinds is None else frozenset(wanted.kinds),
        marks=tuple(
            tuple({marks.tag(letter, value) for value in values}) for letter, values in wanted.tags
        ),
        low=0 if wanted.since is None else first_moment(wanted.since),
        high=MOMENT_MAX if wanted.until is None else last_moment(wanted.until),
    )


class Streams:
    """Reads moments that answer a want, newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def moments(self, want: Want) -> Stream:
        """Give the moments of records that answer the want, without repeats, newest first."""
        if want.empty:
            return
        for moment, _ in groupby(self._drive(want)):
            if self.answers(want, moment):
                yield moment

    def _drive(self, want: Want) -> Stream:
        if want.ids is not None:
            return iter(sorted(self._by_ids(want.ids), reverse=True))
        options: list[tuple[int, int, Callable[[], Stream]]] = []
        for marks in want.marks:
            streams = self._tag_streams(marks, want)
            options.append((self._weight(streams), len(options), self._merger(streams, want)))
        if want.authors is not None:
            streams = self._author_streams(want.authors, want.kinds)
            options.append((self._weight(streams), len(options), self._merger(streams, want)))
        if not options:
            streams = self._kind_streams(want.kinds)
            return self._merger(streams, want)()
        return min(options)[2]()

    def _merger(self, streams: "list[_Range]", want: Want) -> Callable[[], Stream]:
        parts = streams[:STREAMS_MAX] if len(streams) <= STREAMS_MAX else [_EVERYTHING]
        return lambda: heapq.merge(*(self._read(part, want) for part in parts), reverse=True)

    def _weight(self, streams: "list[_Range]") -> int:
        if len(streams) > STREAMS_MAX:
            return PROBE_MAX + 1
        total = 0
        for part in streams:
            total += (
                self._database.number(
                    f"SELECT count(*) FROM (SELECT 1 FROM {part.table} WHERE {part.where} LIMIT ?)",
                    (*part.values, PROBE_MAX),
                )
                or 0
            )
            if total > PROBE_MAX:
                break
        return total

    def _tag_streams(self, marks: tuple[int, ...], want: Want) -> "list[_Range]":
        return [
            _Range(table="tag", where="mark=? AND kind=?", values=(mark, kind))
            for mark in marks
            for kind in self._kinds_below("tag", "mark", mark, want.kinds)
        ]

    def _author_streams(
        self, authors: frozenset[int], kinds: frozenset[int] | None
    ) -> "list[_Range]":
        return [
            _Range(table="record", where="author=? AND kind=?", values=(author, kind))
            for author in authors
            for kind in self._kinds_below("record", "author", author, kinds)
        ]

    def _kind_streams(self, kinds: frozenset[int] | None) -> "list[_Range]":
        if kinds is None:
            return [_EVERYTHING]
        return [_Range(table="record", where="kind=?", values=(kind,)) for kind in kinds]

    def _kinds_below(
        self, table: str, column: str, value: int, kinds: frozenset[int] | None
    ) -> list[int]:
        """Give the kinds that the index has below a value, by skipping from one to the next."""
        if kinds is not None and len(kinds) <= 4:
            return list(kinds)
        found: list[int] = []
        kind: int | None = -1
        while kind is not None:
            kind = self._database.number(
                f"SELECT min(kind) FROM {table} WHERE {column}=? AND kind>?", (value, kind)
            )
            if kind is not None and (kinds is None or kind in kinds):
                found.append(kind)
        return found

    def _read(self, part: "_Range", want: Want) -> Stream:
        high, chunk = want.high, CHUNK_FIRST
        sql = (
            f"SELECT moment FROM {part.table} WHERE {part.where} AND moment BETWEEN ? AND ? "
            "ORDER BY moment DESC LIMIT ?"
        )
        while True:
            found = self._database.ints(sql, (*part.values, want.low, high, chunk))
            yield from found
            if len(found) < chunk:
                return
            high, chunk = found[-1] - 1, min(chunk * 2, CHUNK_MAX)

    def _by_ids(self, ids: tuple[bytes, ...]) -> list[int]:
        return [
            moment
            for raw in ids
            for moment in self._database.ints(
                "SELECT moment FROM record WHERE substr(id, 1, 8)=? AND id=?", (raw[:8], raw)
            )
        ]

    def answers(self, want: Want, moment: int) -> bool:
        """Say whether the record of a moment answers; ids are not looked at."""
        if not want.low <= moment <= want.high:
            return False
        if want.authors is None and want.kinds is None and not want.marks:
            return True
        row = self._database.rows("SELECT author, kind FROM record WHERE moment=?", (moment,))
        if not row:
            return False
        author, kind = row[0]
        return self.right(want, moment, author, kind)

    def right(self, want: Want, moment: int, author: Value, kind: Value) -> bool:
        """Say the same of a record whose author and kind were read already."""
        if not want.low <= moment <= want.high:
            return False
        if want.authors is not None and author not in want.authors:
            return False
        if want.kinds is not None and kind not in want.kinds:
            return False
        return all(
            any(
                self._database.number(
                    "SELECT 1 FROM tag WHERE mark=? AND kind=? AND moment=?", (mark, kind, moment)
                )
                for mark in marks
            )
            for marks in want.marks
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """A run of one index that is ordered by moment."""

    table: str
    where: str
    values: tuple[Value, ...]


_EVERYTHING = _Range(table="record", where="1", values=())
