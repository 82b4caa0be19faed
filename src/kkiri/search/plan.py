"""How the index is asked: an FTS5 expression that finds all that answer, and few others.

Only tokens made by `search.tokens` enter an expression, always in quotes, so nothing typed can
become syntax. What the expression cannot say is left to the exact check.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kkiri.event.kinds import LISTING
from kkiri.search.korean import Piece, Script, normalize, pieces
from kkiri.search.matching import Asked, Span
from kkiri.search.terms import All, Either, Ready, Run, Term, Without
from kkiri.search.tokens import (
    FACT,
    HEAD,
    INITIALS,
    INITIALS_MAX,
    NAMED,
    OCTAVES_MAX,
    PREFIX_LETTERS,
    REST,
    author_token,
    bigrams,
    kind_token,
    octave_token,
    sort_token,
    words,
)

OPTIONS_MAX = 64  # values of one filter in the expression; more are only checked on the record


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Two expressions, or None where the index cannot narrow the search."""

    anywhere: str | None
    in_names: str | None
    """Those whose names (title, artist, album) answer by themselves; never when None above."""
    exact: bool
    """All that the expression finds answers; no record need be looked at."""


def plan(asked: Asked, kinds: Sequence[int] | None, authors: Sequence[str] | None) -> Plan:
    """Give the expressions for a search, with the kinds and authors of its filter."""
    facts = _facts(asked, kinds, authors)
    wide = None if asked.ready is None else _expression(asked.ready, NAMED + REST)
    narrow = None if asked.ready is None else _expression(asked.ready, NAMED)
    if wide is None:
        # only filters: kinds and authors alone have better indices than the one of words
        narrowed = asked.sorts or asked.artists or (*asked.sizes, *asked.seconds) != (None,) * 4
        return Plan(anywhere=_all(facts) if narrowed else None, in_names=None, exact=False)
    loose = asked.artists or asked.authors or (*asked.sizes, *asked.seconds) != (None,) * 4
    return Plan(
        anywhere=_all([wide, *facts]),
        in_names=None if narrow is None else _all([narrow, *facts]),
        exact=not loose and asked.ready is not None and _says_all(asked.ready),
    )


def _says_all(ready: Ready) -> bool:
    """Say whether tokens decide; what stands together they cannot tell."""
    match ready:
        case Term(script=script, text=text):
            if script is Script.JAMO:
                return len(text) <= INITIALS_MAX
            if script in {Script.HANGUL, Script.CJK}:
                return len(text) <= 2
            return not ready.prefix or len(text) in PREFIX_LETTERS
        case Run():
            return False
        case All(parts=parts) | Either(parts=parts):
            return all(_says_all(part) for part in parts)
        case Without(part=part):
            return isinstance(part, Term) and _exact(part)


def _facts(asked: Asked, kinds: Sequence[int] | None, authors: Sequence[str] | None) -> list[str]:
    found = [
        _options(FACT, map(sort_token, asked.sorts)),
        _options(FACT, map(author_token, asked.authors)),
        _octaves("s", asked.sizes),
        _octaves("l", asked.seconds),
        # most of what has text is a listing: an index entry that long costs more than it saves
        None if LISTING in (kinds or ()) else _options(FACT, map(kind_token, kinds or ())),
        _options(FACT, map(author_token, authors or ())),
    ]
    if asked.artists:
        names = [_run(_pieces_of(name), NAMED) for name in asked.artists]
        if None not in names:
            found.append(_any([name for name in names if name is not None]))
    return [part for part in found if part is not None]


def _octaves(what: str, span: Span) -> str | None:
    low, high = span
    if low is None and high is None:
        return None
    first = (low or 0).bit_length()
    last = OCTAVES_MAX if high is None else min(high.bit_length(), OCTAVES_MAX)
    tokens = [octave_token(what, (1 << number) >> 1) for number in range(first, last + 1)]
    return _options(FACT, tokens) or _has(FACT, f"{what}none")


def _expression(ready: Ready, letters: str) -> str | None:
    match ready:
        case Term():
            return _term(ready, letters)
        case Run(pieces=run):
            return _run(run, letters)
        case Either(parts=parts):
            options = [_expression(part, letters) for part in parts]
            return None if None in options else _any([text for text in options if text])
        case All(parts=parts):
            return _every(parts, letters)
        case Without():
            return None


def _every(parts: tuple[Ready, ...], letters: str) -> str | None:
    wanted = [text for part in parts if (text := _expression(part, letters)) is not None]
    if not wanted:
        return None
    # what may not be there is taken away by the index only where a token says it exactly
    unwanted = [
        _has(NAMED + REST, part.part.text)
        for part in parts
        if isinstance(part, Without) and isinstance(part.part, Term) and _exact(part.part)
    ]
    every = _all(wanted)
    return f"({every}) NOT ({_any(unwanted)})" if unwanted else every


def _exact(term: Term) -> bool:
    return term.script in {Script.LETTERS, Script.DIGITS} and not term.prefix


def _term(term: Term, letters: str) -> str:
    text = term.text
    match term.script:
        case Script.JAMO:
            options = [_has(INITIALS, text[:INITIALS_MAX])] if len(text) > 1 else []
            if term.typed:
                options.append(_has(letters, term.typed))
            return _any(options)
        case Script.HANGUL | Script.CJK if len(text) > 1:
            return _all([_has(letters, pair) for pair in dict.fromkeys(bigrams(text))])
        case Script.HANGUL | Script.CJK:
            return _has(letters + HEAD, text)
        case Script.LETTERS if term.prefix:
            size = max(size for size in PREFIX_LETTERS if size <= len(text))
            head = _has(HEAD, text[:size])
            return head if letters == NAMED else _any([head, _has(REST, text)])
        case Script.LETTERS | Script.DIGITS:
            return _has(letters, text)


def _run(run: Sequence[Piece], letters: str) -> str | None:
    tokens = [token for token in dict.fromkeys(words(list(run))) if not _lone(token, run)]
    return _all([_has(letters, token) for token in tokens]) if tokens else None


def _lone(token: str, run: Sequence[Piece]) -> bool:
    """Single syllables of a phrase need not be words: they may go on, or stand together."""
    open_ended = {Script.HANGUL, Script.CJK}
    return len(token) == 1 and any(
        piece.text == token and piece.script in open_ended for piece in run
    )


def _pieces_of(text: str) -> list[Piece]:
    return pieces(normalize(text))


def _has(letters: str, token: str) -> str:
    return _any([_quote(letter + token) for letter in letters])


def _options(sort: str, tokens: Iterable[str]) -> str | None:
    found = list(dict.fromkeys(tokens))
    if not found or len(found) > OPTIONS_MAX:
        return None
    return _any([_has(sort, token) for token in found])


def _quote(token: str) -> str:
    return '"' + token.replace('"', '""') + '"'


def _all(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + " AND ".join(parts) + ")"


def _any(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + " OR ".join(parts) + ")"
