"""How a search is answered: rows of the word index read best first, each checked on its record.

Two runs over the index are merged: records whose names answer stand as much higher as three years
of age. Reading is lazy and stops when the page is full or the time slice ends.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import apsw

from kkiri.adapters.store.database import Database
from kkiri.adapters.store.rows import BATCH, Rows
from kkiri.adapters.store.streams import Want
from kkiri.adapters.store.vocabulary import Vocabulary
from kkiri.base.types import PubKey, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import Event, encode
from kkiri.ports.records import Page
from kkiri.search.hot import BUCKETS_A_YEAR, SEQ_BITS, bucket_of, row_range
from kkiri.search.matching import Asked, answers
from kkiri.search.plan import Plan, plan
from kkiri.search.query import asked_of, parse
from kkiri.search.rank import ALL_NAMED, NONE_NAMED, TextScore
from kkiri.search.tokens import Searchable

CHUNK_FIRST = 64  # a page of 50, and the few that the check refuses
CHUNK_MAX = 1_024
NAMED_YEARS = 3  # a name is worth more than age; after that a fresh mention is as good
CANDIDATES_MIN = 50  # a shorter page is the best of as many
FEW = 3  # with fewer answers, words one key away are looked for as well


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    standing: float
    event: Event


class Search:
    """Answers filters that have words; reads within the caller's transaction."""

    def __init__(self, database: Database, rows: Rows, vocabulary: Vocabulary) -> None:
        self._database = database
        self._rows = rows
        self._vocabulary = vocabulary

    def page(self, wanted: Filter, now: UnixTime, cut: int) -> Page:
        """Answer best first; what the time slice allows."""
        asked = self._asked(wanted)
        wanted = _narrowed(wanted, asked)
        found: list[_Hit] = []
        room = max(cut, CANDIDATES_MIN) + 1
        whole = True
        try:
            self._collect(wanted, asked, now, found, room)
            exact = len(found)
            found[:] = sorted(found, key=_place)
            if exact < min(FEW, cut):
                self._collect_near(wanted, asked, now, found, room)
        except apsw.InterruptError:
            whole = False
            found.sort(key=_place)
        records = tuple(encode(hit.event) for hit in found[:cut])
        return Page(records=records, more=not whole or len(found) > cut)

    def count(self, wanted: Filter, now: UnixTime) -> int:
        """Count what answers; what the time slice allows."""
        asked = self._asked(wanted)
        wanted = _narrowed(wanted, asked)
        number = 0
        try:
            for _ in self._events(wanted, asked, now):
                number += 1
        except apsw.InterruptError:
            return number
        return number

    def _asked(self, wanted: Filter) -> Asked:
        asked = asked_of(parse(wanted.search or ""))
        return (
            asked
            if asked.ready is None
            else replace(asked, ready=self._vocabulary.begun(asked.ready))
        )

    def _collect(
        self, wanted: Filter, asked: Asked, now: UnixTime, found: list[_Hit], room: int
    ) -> None:
        text = TextScore(asked)
        for years, named, one in self._events(wanted, asked, now):
            score = (text.of_title(one) or ALL_NAMED) if named else NONE_NAMED
            found.append(_Hit(standing=years + NAMED_YEARS * score, event=one.event))
            if len(found) >= room:
                return

    def _collect_near(
        self, wanted: Filter, asked: Asked, now: UnixTime, found: list[_Hit], room: int
    ) -> None:
        """Add what has words that differ by one key, after what was typed."""
        if asked.ready is None:
            return
        corrected = self._vocabulary.corrected(asked.ready)
        if corrected is None:
            return
        known = {hit.event.id for hit in found}
        more: list[_Hit] = []
        self._collect(wanted, replace(asked, ready=corrected), now, more, room)
        found += sorted((hit for hit in more if hit.event.id not in known), key=_place)

    def _events(
        self, wanted: Filter, asked: Asked, now: UnixTime
    ) -> Iterator[tuple[float, bool, Searchable]]:
        """Give what answers, with the years its row stands for and whether names answer."""
        if asked.hopeless:
            return
        want = self._rows.want(wanted)
        if want.empty:
            return
        how = plan(asked, wanted.kinds, wanted.authors)
        if how.anywhere is None:
            for moment in self._rows.moments(want, now):
                one = Searchable(self._rows.event(moment))
                if answers(asked, one):
                    yield 0.0, False, one
            return
        candidates = self._candidates(how, want, wanted)
        while batch := dict(islice(candidates, BATCH)):
            self._rows.look()
            for row, event in self._rows.indexed(list(batch), want, now):
                one = Searchable(event)
                if how.exact or answers(asked, one):
                    yield bucket_of(row) / BUCKETS_A_YEAR, batch[row], one

    def _candidates(self, how: Plan, want: Want, wanted: Filter) -> Iterator[tuple[int, bool]]:
        """Give rows, best standing first, each once, and whether it came by its names."""
        low, high = row_range(wanted.since, wanted.until)
        raised = NAMED_YEARS * BUCKETS_A_YEAR << SEQ_BITS
        runs = [((row, row) for row in self._matching(how.anywhere, low, high))]
        if how.in_names is not None:
            named = self._matching(how.in_names, low, high)
            runs.append((row + raised, row) for row in named)
        seen: set[int] = set()
        for place, row in heapq.merge(*runs, reverse=True):
            if row not in seen:
                seen.add(row)
                yield row, place != row

    def _matching(self, expression: str | None, low: int, high: int) -> Iterator[int]:
        chunk = CHUNK_FIRST
        while expression is not None:
            found = self._database.ints(
                "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? "
                "ORDER BY rowid DESC LIMIT ?",
                (expression, low, high, chunk),
            )
            yield from found
            if len(found) < chunk:
                return
            high, chunk = found[-1] - 1, min(chunk * 2, CHUNK_MAX)


def _place(hit: _Hit) -> tuple[float, int, str]:
    return (-hit.standing, -hit.event.created_at, hit.event.id)


def _narrowed(wanted: Filter, asked: Asked) -> Filter:
    """Let what the words say about author and time narrow the filter, for its own indices."""
    after, before = asked.times
    authors = wanted.authors
    if asked.authors:
        named = tuple(PubKey(author) for author in asked.authors)
        authors = named if authors is None else tuple(key for key in named if key in authors)
    return replace(
        wanted,
        authors=authors,
        since=UnixTime(max(wanted.since or 0, after or 0)) or None,
        until=wanted.until if before is None else _earlier(wanted.until, before),
    )


def _earlier(until: UnixTime | None, before: int) -> UnixTime:
    return UnixTime(max(0, before if until is None else min(until, before)))
