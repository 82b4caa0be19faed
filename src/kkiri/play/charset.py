"""In which letters a subtitle file is written: nothing says so, so it is seen from the bytes.

UTF-8 and UTF-16 show themselves; CP949 is what Korean files of the 2000s are; the name's language
decides about other legacy sets; Western European takes the rest.
"""

from typing import Final

CHARSETS: Final = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "cp949",
    "cp932",
    "gb18030",
    "cp1251",
    "cp1252",
)
_BY_LANGUAGE: Final = {"ko": "cp949", "ja": "cp932", "zh": "gb18030", "ru": "cp1251"}
_LOST: Final = "\ufffd"
SAMPLE_BYTES = 200_000  # enough to tell; a whole file of 4 MB five times over would take a second
BROKEN_SHARE_MAX = 0.01  # of the letters: files in the wild have a few broken ones
HANGUL_SHARE_MIN = 0.5  # of the letters that are not ASCII: Korean has some symbols and Chinese


def decoded(raw: bytes, language: str = "") -> str:
    """Give the text; never fails."""
    for sign, charset in (
        (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"),
    ):  # fmt: skip
        if raw.startswith(sign):
            return raw[len(sign) :].decode(charset, "replace")
    return raw.decode(charset_of(raw[:SAMPLE_BYTES], language), "replace")


def charset_of(sample: bytes, language: str = "") -> str:
    """Guess the letters of bytes that do not begin with a mark."""
    if wide := _wide(sample):
        return wide
    if sample.isascii():
        return "utf-8"
    if _broken(sample.decode("utf-8", "replace")) <= BROKEN_SHARE_MAX:
        return "utf-8"
    hinted = _BY_LANGUAGE.get(language)
    if hinted is not None and _broken(sample.decode(hinted, "replace")) <= BROKEN_SHARE_MAX:
        return hinted
    korean = sample.decode("cp949", "replace")
    if _broken(korean) <= BROKEN_SHARE_MAX and _hangul(korean) >= HANGUL_SHARE_MIN:
        return "cp949"
    return hinted or "cp1252"


def _wide(sample: bytes) -> str:
    """See UTF-16 without a mark: line ends and digits have a zero byte on one side."""
    zeros_even, zeros_odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half < 8:
        return ""
    if zeros_odd > half // 5 and zeros_odd > 8 * zeros_even:
        return "utf-16-le"
    if zeros_even > half // 5 and zeros_even > 8 * zeros_odd:
        return "utf-16-be"
    return ""


def _letters(text: str) -> int:
    return sum(1 for char in text if char > "\x7f")


def _broken(text: str) -> float:
    """Give the share of broken letters among those that are not ASCII."""
    lost = max(text.count(_LOST) - 1, 0)  # the sample may end inside a letter
    return lost / max(_letters(text), 1)


def _hangul(text: str) -> float:
    found = sum(1 for char in text if "가" <= char <= "힣")
    return found / max(_letters(text), 1)
