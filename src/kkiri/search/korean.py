"""Text as people type it, Korean first: one normal form, syllables, jamo and initial consonants.

Source: Unicode 16 §3.12 (Hangul syllables), UAX 15.
"""

import re
import unicodedata
from enum import Enum
from typing import NamedTuple

SYLLABLE_FIRST, SYLLABLE_LAST = 0xAC00, 0xD7A3
_VOWELS, _FINALS = 21, 28
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_MIDDLES = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_ENDS: tuple[str, ...] = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
# an input method joins two consonants that can end a syllable: ㅂ ㅅ typed one by one gives ㅄ
_CLUSTERS = str.maketrans(
    {
        "ㄳ": "ㄱㅅ",
        "ㄵ": "ㄴㅈ",
        "ㄶ": "ㄴㅎ",
        "ㄺ": "ㄹㄱ",
        "ㄻ": "ㄹㅁ",
        "ㄼ": "ㄹㅂ",
        "ㄽ": "ㄹㅅ",
        "ㄾ": "ㄹㅌ",
        "ㄿ": "ㄹㅍ",
        "ㅀ": "ㄹㅎ",
        "ㅄ": "ㅂㅅ",
    }
)
# half-width jamo are taken to the ones a keyboard gives, before NFKC makes something else of them
_NARROW = {
    code: chr(int(unicodedata.decomposition(chr(code)).split()[1], 16))
    for code in range(0xFFA1, 0xFFDD)
    if unicodedata.decomposition(chr(code))
}
_APOSTROPHES = dict.fromkeys(map(ord, "'’ʼ`´"))
# Latin and Greek only: a Japanese voicing mark or a Cyrillic й is a letter of its own
_MARKED = re.compile("[\u00c0-\u02af\u0300-\u036f\u0370-\u03ff\u1e00-\u1fff]")
_REPLACED = {**_NARROW, **_APOSTROPHES}
_JAMO_RUN = re.compile("([ㄱ-ㆎ]+)")
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECE = re.compile(
    rf"([a-z]+(?![^\W\d_]))|([가-힣]+)|(\d+)|([ㄱ-ㆎ]+)|([{_CJK}]+)"
    rf"|((?:(?![가-힣ㄱ-ㆎ{_CJK}])[^\W\d_])+)"
)
PIECE_CHARS_MAX = 40  # longer runs are file hashes and noise; the longest place name has 58


class Script(Enum):
    """What a run of characters is written in, as far as searching it differs."""

    HANGUL = "hangul"
    JAMO = "jamo"
    CJK = "cjk"
    DIGITS = "digits"
    LETTERS = "letters"


# by the groups of _PIECE
_SCRIPTS = (
    Script.LETTERS,
    Script.LETTERS,
    Script.HANGUL,
    Script.DIGITS,
    Script.JAMO,
    Script.CJK,
    Script.LETTERS,
)


class Piece(NamedTuple):
    """A run of one script: 런닝맨E512 has three. A tuple, as a page of answers makes a thousand."""

    script: Script
    text: str


def normalize(text: str) -> str:
    """Give the form in which texts are compared.

    NFKC and case folding, Latin letters without their marks. Typed consonants stay as they are:
    NFKC would turn ㅅ (U+3145) into U+1109, which is another character.
    """
    if text.isascii():
        return text.translate(_APOSTROPHES).casefold()
    parts = _JAMO_RUN.split(text.translate(_REPLACED))
    return "".join(part if number % 2 else _plain(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return folded if folded.isascii() else _MARKED.sub(_unmarked, folded)


def _unmarked(match: re.Match[str]) -> str:
    char = match[0]
    return "" if "\u0300" <= char <= "\u036f" else unicodedata.normalize("NFD", char)[:1]


def pieces(normal: str) -> list[Piece]:
    """Split normalized text into runs of one script; numbers lose leading zeros."""
    found: list[Piece] = []
    for match in _PIECE.finditer(normal):
        script = _SCRIPTS[match.lastindex or 0]
        text = match[0][:PIECE_CHARS_MAX]
        if script is Script.DIGITS:
            text = text.lstrip("0") or "0"
        found.append(Piece(script, text))
    return found


def canonical(found: list[Piece]) -> str:
    """Write pieces as one line in which Hangul has no spaces and all else has one each side.

    A phrase is then found as a part of the line, whatever the spacing was.
    """
    line = " "
    before: Script | None = None
    for piece in found:
        joined = piece.script is Script.HANGUL and before is Script.HANGUL
        line += piece.text if joined else f" {piece.text}"
        before = piece.script
    return line + "  "


def needle(found: list[Piece]) -> str:
    """Write pieces as the part of a canonical line that must be there.

    Hangul may begin and end inside a word (바다 in 소리바다), letters and digits may not.
    """
    line = canonical(found)
    open_ended = {Script.HANGUL, Script.CJK}
    start = 2 if found[0].script in open_ended else 1
    end = -2 if found[-1].script in open_ended else -1
    return line[start:end]


def initials(hangul: str) -> str:
    """Give the initial consonants of syllables: 소리바다 is ㅅㄹㅂㄷ."""
    return "".join(INITIALS[(ord(char) - SYLLABLE_FIRST) // (_VOWELS * _FINALS)] for char in hangul)


def typed_initials(jamo: str) -> str:
    """Give the consonants of typed jamo, clusters that an input method joined taken apart."""
    return "".join(char for char in jamo.translate(_CLUSTERS) if char in INITIALS)


def jamo(text: str) -> str:
    """Take syllables apart into jamo, for comparing what differs by one key: 봄 is ㅂㅗㅁ."""
    return "".join(_jamo_of(char) for char in text)


def _jamo_of(char: str) -> str:
    number = ord(char) - SYLLABLE_FIRST
    if not 0 <= number <= SYLLABLE_LAST - SYLLABLE_FIRST:
        return char
    initial, rest = divmod(number, _VOWELS * _FINALS)
    middle, end = divmod(rest, _FINALS)
    return INITIALS[initial] + _MIDDLES[middle] + _ENDS[end]
