"""Cuts what was typed into lexemes: words, quoted text, filters, AND OR NOT, parentheses."""

import re
from dataclasses import dataclass
from enum import Enum

from kkiri.search.korean import normalize, pieces
from kkiri.search.nodes import Phrase, Word


class Mark(Enum):
    """What a lexeme is."""

    TEXT = "text"
    QUOTED = "quoted"
    AND = "and"
    OR = "or"
    NOT = "not"
    OPEN = "("
    CLOSE = ")"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One of them; `key` only for `key:value`."""

    mark: Mark
    text: str = ""
    key: str = ""


_MARKS = {"AND": Mark.AND, "OR": Mark.OR, "NOT": Mark.NOT, "(": Mark.OPEN, ")": Mark.CLOSE}
# what Korean and Japanese input methods and word processors put instead of plain signs
_SIGNS = str.maketrans({"：": ":", "（": "(", "）": ")", "“": '"', "”": '"', "＂": '"', "＊": "*"})
_LEXEME = re.compile(
    r"(?P<minus>-(?=[^\s-]))?(?:(?P<key>[^\W\d_][\w-]{0,15}):(?=\S))?"
    r'(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s()"]+))|(?P<paren>[()])|(?P<lone>\S)'
)


def lexemes(text: str) -> list[Lexeme]:
    """Cut text into lexemes; none of any input is refused."""
    found: list[Lexeme] = []
    for match in _LEXEME.finditer(text.translate(_SIGNS)):
        if match["paren"]:
            found.append(Lexeme(_MARKS[match["paren"]]))
            continue
        if match["lone"]:
            continue
        if match["minus"]:
            found.append(Lexeme(Mark.NOT))
        key = match["key"] or ""
        if match["quoted"] is not None:
            found.append(Lexeme(Mark.QUOTED, match["quoted"], key))
        elif not key and not match["minus"] and match["plain"] in _MARKS:
            found.append(Lexeme(_MARKS[match["plain"]]))
        else:
            found.append(Lexeme(Mark.TEXT, match["plain"], key))
    return found


def term(text: str, *, quoted: bool) -> Word | Phrase | None:
    """Make a term of a lexeme's text; None when nothing in it can be searched."""
    if not pieces(normalize(text)):
        return None
    clean = " ".join(text.replace('"', " ").split())
    if quoted:
        return Phrase(clean)
    return Word(clean.rstrip("*"), prefix=clean.endswith("*"))
