"""The index of words in the file: what the writer adds to it and takes out again.

Rows are numbered by how prominent a record is (`search.hot`), so reading them backwards gives the
best first and can stop early. Everything in it can be computed again from the record.
"""

from collections import Counter
from collections.abc import Sequence

from kkiri.adapters.store.database import Database
from kkiri.adapters.store.marks import Marks
from kkiri.event.record import Event
from kkiri.search.hot import bucket_of, first_row, hot_bucket
from kkiri.search.korean import Piece, Script
from kkiri.search.spelling import forms
from kkiri.search.tokens import SEARCHED, Searchable

SPELLED_MAX = 40  # different words of one record's names that are offered against typing errors


def spelled_words(lines: Sequence[Sequence[Piece]]) -> list[str]:
    """Give the words of a record's names that can be offered for what was typed wrongly."""
    named = dict.fromkeys(
        piece.text
        for line in lines
        for piece in line
        if piece.script in {Script.LETTERS, Script.HANGUL}
    )
    return [word for word in named if any(forms(word))][:SPELLED_MAX]


class WordIndex:
    """Writes belong to the caller's transaction, between `begin` and `settle`."""

    def __init__(self, database: Database, marks: Marks) -> None:
        self._database = database
        self._marks = marks
        self._counts: Counter[str] = Counter()
        self._last_rows: dict[int, int] = {}
        """By bucket, as far as this transaction looked."""

    def add(self, event: Event, popularity: int) -> int | None:
        """Index an event and give its row; None for kinds without text."""
        if event.kind not in SEARCHED:
            return None
        row = self._next_row(hot_bucket(popularity, event.created_at))
        found = Searchable(event)
        self._database.run(
            "INSERT INTO words(rowid, tokens) VALUES(?, ?)", (row, " ".join(found.tokens()))
        )
        for word in spelled_words(found.spelled):
            self._counts[word] += 1
        return row

    def remove(self, event: Event, row: int) -> None:
        """Take an event out of the index and its words out of the vocabulary."""
        self._database.run("DELETE FROM words WHERE rowid=?", (row,))
        for word in spelled_words(Searchable(event).spelled):
            self._counts[word] -= 1

    def move(self, event: Event, row: int, popularity: int) -> int:
        """Give an event the row of its popularity; the row it has when that is near enough."""
        if bucket_of(row) == hot_bucket(popularity, event.created_at):
            return row
        self.remove(event, row)
        moved = self.add(event, popularity)
        return row if moved is None else moved

    def merge(self, pages: int) -> bool:
        """Merge the index a little; false when there was nothing to do."""
        before = self._database.total_changes()
        self._database.run("INSERT INTO words(words, rank) VALUES('merge', ?)", (pages,))
        return self._database.total_changes() - before > 1

    def begin(self) -> None:
        """Forget what a transaction that was undone has counted."""
        self._counts.clear()
        self._last_rows.clear()

    def settle(self) -> None:
        """Write the vocabulary's changes: once a word, however often a batch has it."""
        for word, change in self._counts.items():
            if change:
                self._count(word, change)
        self._counts.clear()

    def _next_row(self, bucket: int) -> int:
        while True:
            first, beyond = first_row(bucket), first_row(bucket + 1)
            last = self._last_rows.get(bucket)
            if last is None:
                last = self._database.number(
                    "SELECT max(hot) FROM record WHERE hot>=? AND hot<?", (first, beyond)
                )
            row = first if last is None else last + 1
            if row < beyond:
                self._last_rows[bucket] = row
                return row
            bucket -= 1  # full

    def _count(self, word: str, change: int) -> None:
        number, records = self._database.pair(
            "INSERT INTO spelled(word, records) VALUES(?, ?) ON CONFLICT(word) "
            "DO UPDATE SET records=records+excluded.records RETURNING no, records",
            (word, change),
        )
        if records == change > 0:
            self._database.run_many(
                "INSERT OR IGNORE INTO form VALUES(?, ?)",
                [(mark, number) for mark in self._form_marks(word)],
            )
        elif records <= 0:
            self._database.run_many(
                "DELETE FROM form WHERE mark=? AND word=?",
                [(mark, number) for mark in self._form_marks(word)],
            )
            self._database.run("DELETE FROM spelled WHERE no=?", (number,))

    def _form_marks(self, word: str) -> set[int]:
        return {self._marks.form(form) for form in forms(word)}
