"""Whether one record answers a search: the exact check behind the index, and of live searches."""

from collections.abc import Callable
from dataclasses import dataclass

from kkiri.search.korean import Script, initials, needle, normalize, pieces
from kkiri.search.spelling import near
from kkiri.search.terms import All, Either, Ready, Run, Term, Without
from kkiri.search.tokens import INITIALS_MAX, Searchable, sort_token

Span = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search made ready, with its filters; None or empty asks for nothing."""

    ready: Ready | None
    hopeless: bool = False
    """Words were given and none of them can be looked for."""
    sorts: tuple[str, ...]
    artists: tuple[str, ...]
    authors: tuple[str, ...]
    sizes: Span
    seconds: Span
    times: Span
    """Inclusive, as are the others."""


def answers(asked: Asked, found: Searchable, *, forgiving: bool = False) -> bool:
    """Say whether a record answers."""
    if asked.hopeless or not _filters(asked, found):
        return False
    check = _forgiven if forgiving else _term
    return asked.ready is None or _holds(asked.ready, found, check)


def _filters(asked: Asked, found: Searchable) -> bool:
    if asked.sorts:
        own = {sort_token(text) for text in (found.texts.sort, *found.texts.topics)}
        if own.isdisjoint(sort_token(sort) for sort in asked.sorts):
            return False
    if asked.authors and found.event.pubkey not in asked.authors:
        return False
    if asked.artists and not any(_by_artist(name, found) for name in asked.artists):
        return False
    return (
        _within(asked.times, lambda: found.event.created_at)
        and _within(asked.sizes, lambda: found.texts.size)
        and _within(asked.seconds, lambda: found.texts.length_seconds)
    )


def _within(span: Span, give: Callable[[], int | None]) -> bool:
    low, high = span
    if low is None and high is None:
        return True
    amount = give()
    if amount is None:
        return False
    return (low is None or amount >= low) and (high is None or amount <= high)


def _by_artist(name: str, found: Searchable) -> bool:
    wanted = pieces(normalize(name))
    title, artist = found.names[:2]
    line = artist if artist.strip() else title
    return bool(wanted) and needle(wanted) in line


def _holds(ready: Ready, found: Searchable, check: Callable[[Term, Searchable], bool]) -> bool:
    match ready:
        case Term():
            return check(ready, found)
        case Run(pieces=run):
            return _in_lines(needle(list(run)), found)
        case All(parts=parts):
            return all(_holds(part, found, check) for part in parts)
        case Either(parts=parts):
            return any(_holds(part, found, check) for part in parts)
        case Without(part=part):
            return not _holds(part, found, _term)


def _term(term: Term, found: Searchable) -> bool:
    text = term.text
    match term.script:
        case Script.JAMO:
            return _starts_with_initials(text, found) or (
                bool(term.typed) and _has_word(term.typed, found)
            )
        case Script.HANGUL if len(text) == 1:
            return _has_word(text, found) or text in found.head_tokens
        case Script.CJK if len(text) == 1:
            return _has_word(text, found) or text in found.head_tokens
        case Script.HANGUL | Script.CJK:
            return (
                any(text in line for line in found.names)
                or any(text in line for line in found.plain)
                or any(text in line for line in found.others)
            )
        case Script.LETTERS if term.prefix:
            return any(f" {text}" in line for line in found.names) or text in found.rest_tokens
        case Script.LETTERS | Script.DIGITS:
            return _has_word(text, found)


def _in_lines(text: str, found: Searchable) -> bool:
    # the names first: most answers end there, and all else is not even cut up
    return any(text in line for line in found.names) or any(text in line for line in found.others)


def _has_word(text: str, found: Searchable) -> bool:
    return text in found.title_tokens or text in found.rest_tokens


def _starts_with_initials(letters: str, found: Searchable) -> bool:
    if letters[:INITIALS_MAX] not in found.cho_tokens:
        return False
    return len(letters) <= INITIALS_MAX or any(
        letters in initials(run) for line in found.names for run in _hangul(line)
    )


def _hangul(line: str) -> list[str]:
    return [piece.text for piece in pieces(line) if piece.script is Script.HANGUL]


def _forgiven(term: Term, found: Searchable) -> bool:
    return _term(term, found) or any(
        near(term.text, piece.text) for line in found.spelled for piece in line
    )
