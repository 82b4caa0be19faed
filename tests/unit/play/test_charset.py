"""In which letters subtitle files are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.play.charset import CHARSETS, charset_of, decoded

KOREAN = "1\n00:00:01,000 --> 00:00:02,000\n안녕하세요. 똠방각하 펩시맨 ― ‘그래’…\n"
LATIN = "1\n00:00:01,000 --> 00:00:02,000\nDéjà vu, señor: über Ænima – “oui”…\n"


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949"]
)
def test_korean(charset: str) -> None:
    assert decoded(KOREAN.encode(charset)) == KOREAN


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_latin(charset: str) -> None:
    assert decoded(LATIN.encode(charset)) == LATIN
    assert decoded(LATIN.encode(charset), "fr") == LATIN


@pytest.mark.parametrize(
    ("charset", "language", "text"),
    [
        ("cp932", "ja", "こんにちは、世界。日本語の字幕です。"),
        ("gb18030", "zh", "你好，世界。这是中文字幕。"),
        ("cp1251", "ru", "Привет, мир. Это субтитры."),
        ("euc-kr", "", "가나다라 마바사"),
        ("euc-kr", "en", "가나다라 마바사"),
    ],
)
def test_others_by_the_name(charset: str, language: str, text: str) -> None:
    assert decoded(text.encode(charset), language) == text


def test_a_few_broken_letters_do_not_change_the_rest() -> None:
    raw = (KOREAN * 50).encode("cp949")
    at = raw.index(b"\xbe")
    broken = raw[:at] + b"\xff" + raw[at:]
    assert decoded(broken).count("안녕하세요") >= 49
    cut = (KOREAN * 50).encode()[:-3]
    assert charset_of(cut) == "utf-8"


def test_plain_ascii_and_nothing() -> None:
    assert decoded(b"abc") == "abc"
    assert decoded(b"") == ""


@given(st.binary(max_size=2_000), st.sampled_from(["", "ko", "ja", "zh", "ru", "en"]))
def test_never_fails(raw: bytes, language: str) -> None:
    assert isinstance(decoded(raw, language), str)
    assert charset_of(raw, language) in CHARSETS


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=8))
def test_hangul_in_utf8_and_cp949(text: str) -> None:
    assert decoded(text.encode()) == text
    assert decoded(text.encode("cp949"), "ko") == text
