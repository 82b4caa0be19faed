"""Which answer comes first: what its names say, who stands behind it, who has it, how new it is.

A stranger can choose names and times, so those are capped; keys and addresses cost nothing, so
only publishers this person has reason to trust are counted, and seeders by their logarithm.
"""

import math
from dataclasses import dataclass

from kkiri.base.types import UnixTime
from kkiri.search.korean import Piece, Script, canonical, needle
from kkiri.search.matching import Asked
from kkiri.search.query import Query, asked_of
from kkiri.search.terms import All, Either, Ready, Run, Term, Without
from kkiri.search.tokens import Searchable

TEXT_WEIGHT = 3.0  # a name that is exactly what was typed beats any amount of freshness
TRUST_WEIGHT = 2.0  # a followed publisher beats a somewhat better name
CONFIRMED_WEIGHT = 1.0  # ten trusted publishers weigh as much as ten seeders
SEEDERS_WEIGHT = 1.0
SEEDERS_MAX = 99  # addresses are claims; beyond that nobody fetches faster
FRESH_WEIGHT = 0.5  # decides between equals only
FRESH_HALF_SECONDS = 180 * 86_400  # half a year: films and songs do not age like news

SAME, SAME_LETTERS, BEGINS, TOGETHER, RUN_TOGETHER, ALL_NAMED, NONE_NAMED = (
    1.0,
    0.95,
    0.85,
    0.8,
    0.7,
    0.6,
    0.2,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one answer."""

    text: float
    """0 to 1, from `text_score`."""
    trust: float
    """0 to 1, of the most trusted publisher."""
    confirmations: int
    """Publishers that this person has reason to trust."""
    seeders: int
    """Addresses known to seed it now."""
    created_at: UnixTime


def score(standing: Standing, now: UnixTime) -> float:
    """Give one number, greater is better."""
    age_seconds = max(0, now - standing.created_at)
    fresh = math.exp2(-age_seconds / FRESH_HALF_SECONDS)
    seeders = math.log10(1 + min(max(standing.seeders, 0), SEEDERS_MAX))
    return (
        TEXT_WEIGHT * standing.text
        + TRUST_WEIGHT * min(max(standing.trust, 0.0), 1.0)
        + CONFIRMED_WEIGHT * math.log10(1 + max(standing.confirmations, 0))
        + SEEDERS_WEIGHT * seeders
        + FRESH_WEIGHT * fresh
    )


def text_score(query: Query, found: Searchable) -> float:
    """Say from 0 to 1 how well a record's names say what was asked."""
    return TextScore(asked_of(query)).of(found)


class TextScore:
    """How well names say one search; made once for many records."""

    def __init__(self, asked: Asked) -> None:
        self._wanted = _positive(asked.ready)
        self._line = canonical(self._wanted)
        self._needle = needle(self._wanted) if self._wanted else ""
        self._spelled = _spelled(self._wanted)

    def of(self, found: Searchable) -> float:
        """Score one record, 0 to 1."""
        together = self.of_title(found)
        if together is not None or not self._wanted:
            return together or NONE_NAMED
        named = sum(_named(piece, found) for piece in self._wanted) / len(self._wanted)
        return NONE_NAMED + (ALL_NAMED - NONE_NAMED) * named

    def of_title(self, found: Searchable) -> float | None:
        """Score a title that has what was typed in one place; None for any other."""
        if not self._wanted:
            return None
        title = found.title
        line = canonical(title)
        if self._needle not in line:
            return None
        # the same spaces too: 옛날 이야기 before 옛날이야기 when that was typed
        stands = self._spelled in _spelled(title)
        if line == self._line:
            return SAME if stands else SAME_LETTERS
        if line.startswith(self._needle, 1) or line.startswith(self._needle, 2):
            return BEGINS
        return TOGETHER if stands else RUN_TOGETHER


def _spelled(line: list[Piece]) -> str:
    return " " + " ".join([piece.text for piece in line]) + " "


def _named(piece: Piece, found: Searchable) -> bool:
    if piece.script in {Script.HANGUL, Script.CJK}:
        return any(piece.text in line for line in found.names)
    return piece.text in found.title_tokens


def _positive(ready: Ready | None) -> list[Piece]:
    """Give the pieces that are wanted, in order; of options the first."""
    match ready:
        case None | Without():
            return []
        case Term(script=script, text=text):
            return [Piece(script, text)]
        case Run(pieces=run):
            return list(run)
        case All(parts=parts):
            return [piece for part in parts for piece in _positive(part)]
        case Either(parts=parts):
            return _positive(parts[0])
