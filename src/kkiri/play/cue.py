"""One subtitle on its way to WebVTT: a stranger's text, of which only what VTT allows is kept.

Every `<`, `>` and `&` of the text is escaped; the only tags are the ones written here (SAFETY W4).
Source: WebVTT §4 (cue text), §6.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

CUES_MAX = 20_000  # of one file; a film of three hours in sign-and-song ASS has about 6,000
TEXT_CHARS_MAX = 2_000  # of one cue: more than fits on any screen
LINES_MAX = 12  # of one cue, for the same reason
TIME_SECONDS_MAX = 360_000.0  # 100 hours; longer is a broken file
SHOWN_SECONDS_MAX = 30.0  # of a cue whose end nothing says

_UNSEEN: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e\ud800-\udfff\ufeff]+"
)
_OPEN: Final = {"i": "\ue000", "b": "\ue001", "u": "\ue002"}
_SHUT: Final = {"i": "\ue003", "b": "\ue004", "u": "\ue005"}
_MARKS: Final = {mark: (name, False) for name, mark in _OPEN.items()} | {
    mark: (name, True) for name, mark in _SHUT.items()
}
_PRIVATE: Final = re.compile("[\ue000-\ue005]")


class Place(Enum):
    """Where on the picture a cue stands, as the number keys of a keyboard lie (ASS `\\an`)."""

    BOTTOM_LEFT = 1
    BOTTOM = 2
    BOTTOM_RIGHT = 3
    LEFT = 4
    MIDDLE = 5
    RIGHT = 6
    TOP_LEFT = 7
    TOP = 8
    TOP_RIGHT = 9


_SETTINGS: Final = {
    Place.BOTTOM_LEFT: " position:5% align:start",
    Place.BOTTOM: "",
    Place.BOTTOM_RIGHT: " position:95% align:end",
    Place.LEFT: " line:45% position:5% align:start",
    Place.MIDDLE: " line:45%",
    Place.RIGHT: " line:45% position:95% align:end",
    Place.TOP_LEFT: " line:5% position:5% align:start",
    Place.TOP: " line:5%",
    Place.TOP_RIGHT: " line:5% position:95% align:end",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One subtitle."""

    start: float
    end: float
    """Seconds."""
    text: str
    """Plain, lines between `\\n`; italics and the like as `mark` writes them."""
    place: Place = Place.BOTTOM


def mark(name: str, shut: bool) -> str:
    """Give the character that stands for a tag inside a cue's text; empty for other tags."""
    return (_SHUT if shut else _OPEN).get(name, "")


def unmarked(text: str) -> str:
    """Take the characters that stand for tags out of a stranger's text."""
    return _PRIVATE.sub("", text)


def ordered(cues: Iterable[Cue]) -> list[Cue]:
    """Put cues in order, drop the empty, the endless and those beyond the limits."""
    found: list[Cue] = []
    for cue in cues:
        if len(found) >= CUES_MAX:
            break
        if 0 <= cue.start < cue.end <= TIME_SECONDS_MAX and _lines(cue.text):
            found.append(cue)
    return sorted(found, key=lambda cue: (cue.start, cue.end))


def head() -> str:
    """Give what every WebVTT file begins with."""
    return "WEBVTT\n\n"


def written(cue: Cue) -> str:
    """Write one cue as WebVTT; empty when there is nothing to show."""
    lines = _lines(cue.text)
    if not lines:
        return ""
    times = f"{_clock(cue.start)} --> {_clock(cue.end)}{_SETTINGS[cue.place]}"
    return f"{times}\n{_tagged(chr(10).join(lines))}\n\n"


def vtt(cues: Sequence[Cue]) -> str:
    """Write a whole file."""
    return head() + "".join(written(cue) for cue in cues)


def _lines(text: str) -> list[str]:
    shown = _UNSEEN.sub(" ", text[: TEXT_CHARS_MAX * 2].replace("\r\n", "\n").replace("\r", "\n"))
    lines = [" ".join(line.split()) for line in shown[:TEXT_CHARS_MAX].split("\n")]
    return [line for line in lines if _PRIVATE.sub("", line).strip()][:LINES_MAX]


def _tagged(text: str) -> str:
    """Escape, and write the tags so that each is closed in order."""
    made: list[str] = []
    open_now: list[str] = []
    for part in re.split("([\ue000-\ue005])", text):
        if part not in _MARKS:
            made.append(part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
            continue
        name, shut = _MARKS[part]
        if not shut and name not in open_now:
            open_now.append(name)
            made.append(f"<{name}>")
        elif shut and name in open_now:
            again = open_now[open_now.index(name) + 1 :]
            made += [f"</{one}>" for one in reversed(again)] + [f"</{name}>"]
            made += [f"<{one}>" for one in again]
            open_now.remove(name)
    return "".join(made) + "".join(f"</{name}>" for name in reversed(open_now))


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
