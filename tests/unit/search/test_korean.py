"""Normal form, runs of one script, initial consonants, jamo."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.search.korean import (
    Script,
    canonical,
    initials,
    jamo,
    needle,
    normalize,
    pieces,
    typed_initials,
)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ＳＢＳ", "sbs"),
        ("Beyoncé", "beyonce"),
        ("Łódź", "łodz"),
        ("Straße", "strasse"),
        ("Don’t", "dont"),
        ("ㅅ", "ㅅ"),
        ("ㅅㄹㅂㄷ", "ㅅㄹㅂㄷ"),
        ("ﾡﾤ", "ㄱㄴ"),
        (unicodedata.normalize("NFD", "봄날"), "봄날"),
        ("が", "が"),
        ("й", "й"),
        ("①", "1"),
    ],
)
def test_normalize(text: str, normal: str) -> None:
    assert normalize(text) == normal


def test_typed_jamo_stay_what_a_keyboard_gives() -> None:
    """NFKC alone turns ㅅ (U+3145) into U+1109, which no keyboard types and no initials have."""
    assert unicodedata.normalize("NFKC", "ㅅ") == "\u1109"
    assert normalize("가ㅅ나") == "가ㅅ나"


@given(st.text(max_size=60))
def test_normalize_is_settled_and_blind_to_composition(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)
    assert pieces(normalize(composed)) == pieces(normalize(decomposed))


def test_pieces_split_scripts() -> None:
    found = [(piece.script, piece.text) for piece in pieces("런닝맨e0512 花見ㅋㅋ")]
    assert found == [
        (Script.HANGUL, "런닝맨"),
        (Script.LETTERS, "e"),
        (Script.DIGITS, "512"),
        (Script.CJK, "花見"),
        (Script.JAMO, "ㅋㅋ"),
    ]
    assert pieces("_-!♥ ") == []
    assert [piece.text for piece in pieces("łodz naïve x")] == ["łodz", "naïve", "x"]


@given(st.text(max_size=60))
def test_every_letter_is_in_one_piece(text: str) -> None:
    normal = normalize(text)
    letters = [char for char in normal if char.isalpha() or char.isdecimal()]
    held = sum(len(piece.text) for piece in pieces(normal))
    assert held <= len(normal)
    assert bool(letters) <= bool(pieces(normal))


def test_spacing_does_not_matter_between_hangul_words() -> None:
    line = canonical(pieces("옛날 이야기 love song 2"))
    for text in ("옛날이야기", "날 이야", "이야기 love", "love song", "song 2", "기 love song"):
        assert needle(pieces(text)) in line, text
    for text in ("ove", "love son", "이야기 2", "lovesong", "song 23"):
        assert needle(pieces(text)) not in line, text


def test_initials() -> None:
    assert initials("소리바다") == "ㅅㄹㅂㄷ"
    assert initials("깍두기") == "ㄲㄷㄱ"
    # ㅂ ㅅ typed one after the other becomes ㅄ in an input method
    assert typed_initials("ㅄㅊㄹ") == "ㅂㅅㅊㄹ"
    assert typed_initials("ㅋㅜㅋ") == "ㅋㅋ"


def test_jamo() -> None:
    assert jamo("봄닭a") == "ㅂㅗㅁㄷㅏㄺa"


@given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=5))
def test_initials_agree_with_unicode(text: str) -> None:
    leading = [unicodedata.normalize("NFD", char)[0] for char in text]
    names = [unicodedata.name(char).split()[-1] for char in leading]
    ours = [unicodedata.name(char).split()[-1] for char in initials(text)]
    assert names == ours
