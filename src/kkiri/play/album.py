"""An album or a series in the order in which it is played, and as a playlist other players read."""

import re
import unicodedata
from collections.abc import Iterable

_DIGITS = re.compile(r"(\d{1,18})", re.ASCII)
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")

OrderKey = tuple[tuple[int, int, str], ...]


def order_key(path: str) -> OrderKey:
    """Give what sorts names as people count: 2 before 10, whatever the case or Unicode form."""
    text = unicodedata.normalize("NFC", path).casefold()
    return tuple(
        (0, int(part), "") if number % 2 else (1, 0, part)
        for number, part in enumerate(_DIGITS.split(text))
        if part
    )


def m3u(entries: Iterable[tuple[str, str]]) -> str:
    """Write an M3U playlist of (name, address); a name cannot break out of its line.

    Source: RFC 8216 §4.1 for the form all players read, in UTF-8.
    """
    lines = ["#EXTM3U"]
    for name, address in entries:
        lines += [f"#EXTINF:-1,{_BREAKS.sub(' ', name).strip()}", address]
    return "\n".join(lines) + "\n"
