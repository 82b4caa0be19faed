"""Sizes, lengths and days as people write them: 700M, 3:20, 2024-05."""

import re
from datetime import UTC, datetime

from kkiri.base.errors import BadKeyError
from kkiri.base.hexes import is_hex32
from kkiri.event import nip19

AMOUNT_MAX = 2**53 - 1  # what JSON numbers carry exactly everywhere
_SIZE = re.compile(r"(\d{1,15})(?:\.(\d{1,3}))?\s*([kmgt]?)i?b?\Z", re.I)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,5}):(\d{1,2})\Z")
_SPAN = re.compile(r"(\d{1,9})([smh]?)\Z", re.I)
_SPANS = {"": 1, "s": 1, "m": 60, "h": 3600}
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\Z")
_SECONDS = re.compile(r"\d{5,12}\Z")


def read(name: str, text: str) -> int | None:
    """Read the value of the query field of that name; None when it means nothing."""
    match name:
        case "min_size" | "max_size":
            return size_bytes(text)
        case "min_seconds" | "max_seconds":
            return span_seconds(text)
        case "before" | "after":
            return day_start(text)
        case _:
            return None


def size_bytes(text: str) -> int | None:
    """Read 700M, 1.5G, 100kB or plain bytes; powers of 1,024."""
    match = _SIZE.match(text)
    if match is None:
        return None
    unit = _UNITS[match[3].lower()]
    thousandths = int((match[2] or "0").ljust(3, "0"))
    return min(int(match[1]) * unit + thousandths * unit // 1000, AMOUNT_MAX)


def span_seconds(text: str) -> int | None:
    """Read 3:20, 1:02:03, 90, 90s, 5m or 2h."""
    clock = _CLOCK.match(text)
    if clock is not None:
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + int(clock[3])
    span = _SPAN.match(text)
    return None if span is None else int(span[1]) * _SPANS[span[2].lower()]


def day_start(text: str) -> int | None:
    """Read 2024, 2024-05, 2024-05-01 (its first second, UTC) or Unix seconds."""
    if _SECONDS.match(text):
        return int(text)
    day = _DAY.match(text)
    if day is None:
        return None
    try:
        start = datetime(int(day[1]), int(day[2] or 1), int(day[3] or 1), tzinfo=UTC)
    except ValueError:
        return None
    return max(0, int(start.timestamp()))


def author(text: str) -> str:
    """Give an npub or key in lower-case hex; any other text as it is."""
    low = text.lower()
    if is_hex32(low):
        return low
    if not low.removeprefix("nostr:").startswith(("npub1", "nprofile1")):
        return text
    try:
        pointer = nip19.decode(low)
    except BadKeyError:
        return text
    return pointer.pubkey if isinstance(pointer, nip19.ProfilePointer) else text
