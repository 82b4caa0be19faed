"""Words that records have in their names, looked up by what is one key away from what was typed."""

from kkiri.adapters.store.database import Database
from kkiri.adapters.store.marks import Marks
from kkiri.search.korean import Script
from kkiri.search.spelling import forms, near
from kkiri.search.terms import All, Either, Ready, Run, Term, Without
from kkiri.search.tokens import PREFIX_LETTERS

OFFERED_MAX = 4  # words tried in place of one
BEGUN_MAX = 100  # words in place of a beginning; with more, each record is looked at
PREFIX_MAX = max(PREFIX_LETTERS)
LOOKED_AT_MAX = 200  # entries under one form; more share a hash or a very common beginning


class Vocabulary:
    """Reads within the caller's transaction."""

    def __init__(self, database: Database, marks: Marks) -> None:
        self._database = database
        self._marks = marks

    def corrected(self, ready: Ready) -> Ready | None:
        """Give the search with near words beside its own; None when there are none."""
        changed = self._with_near(ready)
        return None if changed == ready else changed

    def begun(self, ready: Ready) -> Ready:
        """Give the search with the words of names in place of a beginning the index has not."""
        match ready:
            case Term(script=Script.LETTERS, text=text, prefix=True) if len(text) > PREFIX_MAX:
                words = self._beginning_with(text)
                known = [Term(Script.LETTERS, word) for word in dict.fromkeys([text, *words])]
                return ready if len(known) > BEGUN_MAX else Either(tuple(known))
            case All(parts=parts):
                return All(tuple(self.begun(part) for part in parts))
            case Either(parts=parts):
                return Either(tuple(self.begun(part) for part in parts))
            case Term() | Run() | Without():
                return ready

    def _beginning_with(self, text: str) -> list[str]:
        rows = self._database.rows(
            "SELECT word FROM spelled WHERE word>=? AND word<? LIMIT ?",
            (text, text + "\U0010ffff", BEGUN_MAX + 1),
        )
        return [word for row in rows if isinstance(word := row[0], str)]

    def near_words(self, word: str) -> list[str]:
        """Give the words one key away, those of most records first."""
        found: dict[str, int] = {}
        for mark in {self._marks.form(form) for form in forms(word)}:
            rows = self._database.rows(
                "SELECT s.word, s.records FROM form f JOIN spelled s ON s.no=f.word "
                "WHERE f.mark=? LIMIT ?",
                (mark, LOOKED_AT_MAX),
            )
            for other, records in rows:
                if isinstance(other, str) and isinstance(records, int) and other != word:
                    found[other] = records
        close = [other for other in found if near(word, other)]
        return sorted(close, key=lambda other: (-found[other], other))[:OFFERED_MAX]

    def _with_near(self, ready: Ready) -> Ready:
        match ready:
            case Term(script=Script.LETTERS | Script.HANGUL, text=text, prefix=False):
                others = [Term(ready.script, other) for other in self.near_words(text)]
                return Either((ready, *others)) if others else ready
            case All(parts=parts):
                return All(tuple(self._with_near(part) for part in parts))
            case Either(parts=parts):
                return Either(tuple(self._with_near(part) for part in parts))
            case Term() | Run() | Without():
                return ready
