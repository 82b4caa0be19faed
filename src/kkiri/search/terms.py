"""A search made ready: each term in one script, spacing made not to matter.

Both the index plan and the exact check work on this form, so they cannot come to differ in what a
term means.
"""

from dataclasses import dataclass

from kkiri.search.korean import Piece, Script, initials, normalize, pieces, typed_initials
from kkiri.search.nodes import And, Node, Not, Or, Phrase, Word
from kkiri.search.tokens import INITIALS_MIN


@dataclass(frozen=True, slots=True)
class Term:
    """One run of one script; for JAMO the initial consonants looked for, and what was typed."""

    script: Script
    text: str
    prefix: bool = False
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Pieces that stand together."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Every part."""

    parts: "tuple[Ready, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part."""

    parts: "tuple[Ready, ...]"


@dataclass(frozen=True, slots=True)
class Without:
    """Not the part."""

    part: "Ready"


Ready = Term | Run | All | Either | Without


def ready(node: Node) -> Ready | None:
    """Make a search ready; None when nothing in it can be looked for (a lone ㅅ)."""
    match node:
        case Word(text=text, prefix=prefix):
            return _word(text, prefix)
        case Phrase(text=text):
            found = pieces(normalize(text))
            return Run(tuple(found)) if len(found) > 1 else _word(text, prefix=False)
        case Not(part=part):
            inner = ready(part)
            return None if inner is None else Without(inner)
        case Or(parts=parts):
            return _join(Either, [ready(part) for part in parts])
        case And(parts=parts):
            return _join(All, _spaced(parts))


def _join(kind: type[All] | type[Either], parts: list[Ready | None]) -> Ready | None:
    found = [part for part in parts if part is not None]
    if len(found) < 2:
        return found[0] if found else None
    return kind(tuple(found))


def _spaced(parts: tuple[Node, ...]) -> list[Ready | None]:
    """Let Hangul words in a row with a single syllable among them also stand without spaces.

    봄 날 finds 봄날: neither syllable is a word or a bigram there. Longer words need no such help,
    as their bigrams are found wherever they stand.
    """
    made: list[Ready | None] = []
    at = 0
    while at < len(parts):
        run = _hangul_run(parts, at)
        words = [ready(part) for part in parts[at : at + max(len(run), 1)]]
        if len(run) > 1 and any(len(text) == 1 for text in run):
            together = Term(Script.HANGUL, "".join(run))
            made.append(_join(Either, [_join(All, words), together]))
        else:
            made += words
        at += len(words)
    return made


def _hangul_run(parts: tuple[Node, ...], at: int) -> list[str]:
    run: list[str] = []
    for part in parts[at:]:
        found = pieces(normalize(part.text)) if isinstance(part, Word) else []
        if len(found) != 1 or found[0].script is not Script.HANGUL:
            break
        run.append(found[0].text)
    return run


def _word(text: str, prefix: bool) -> Ready | None:
    found = pieces(normalize(text))
    made: list[Ready | None] = []
    for number, piece in enumerate(found):
        last = number == len(found) - 1
        if piece.script is Script.JAMO:
            before = found[number - 1] if number else None
            made.append(_initials(piece.text, before))
        else:
            made.append(Term(piece.script, piece.text, prefix and last))
    return _join(All, made)


def _initials(typed: str, before: Piece | None) -> Ready | None:
    letters = typed_initials(typed)
    if before is not None and before.script is Script.HANGUL:
        # 소리ㅂㄷ: the word goes on with these; a single one is a syllable still being typed
        letters = initials(before.text) + letters if len(letters) > 1 else ""
        return Term(Script.JAMO, letters) if letters else None
    if len(letters) < INITIALS_MIN and len(typed) < 2:
        return None
    return Term(Script.JAMO, letters, typed=typed)
