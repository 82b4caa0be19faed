"""What one member of a showing tells the others: any note that arrives makes lost ones good.

Times are whole milliseconds of the sender's own clock, which starts anywhere and never goes back.
Source: docs/protocol/together.md.
"""

from enum import Enum
from typing import Annotated, NewType

import msgspec

from kkiri.base.errors import BadMessageError
from kkiri.base.types import PubKey

Millis = NewType("Millis", int)
"""Whole milliseconds: of a member's clock, or of a film."""

MEMBERS_MAX = 32  # a living room; each tells the others when it heard them
LINES_MAX = 8  # the latest lines of one speaker in a note: what was lost or said before one came
LINE_CHARS_MAX = 500  # one breath of talk
NAME_CHARS_MAX = 80  # as event.profile.NAME_CHARS_MAX
NOTE_BYTES_MAX = 32 * 1024  # 8 lines of 500 Hangul and 32 members are 15 kB
COUNTER_MAX = 2**53 - 1  # what every JSON reader keeps exactly
FILM_MILLIS_MAX = 30 * 24 * 3_600_000  # a month: longer than any film
ERROR_MILLIS_MAX = 60_000  # a clock that is known worse than to a minute is not known
FILES_MAX = 50_000  # as a torrent may have
SPEED_MIN, SPEED_MAX = 25, 400  # percent: what browsers play

_Key = Annotated[PubKey, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
_Time = Annotated[Millis, msgspec.Meta(ge=-COUNTER_MAX, le=COUNTER_MAX)]
_Place = Annotated[Millis, msgspec.Meta(ge=0, le=FILM_MILLIS_MAX)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=COUNTER_MAX)]


class Doing(Enum):
    """What the film does."""

    PLAY = "play"
    PAUSE = "pause"
    HOLD = "hold"
    """It stands until a member has enough of it, though not for long."""


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """From where and when the film plays, or where it stands; the highest key holds."""

    counter: _Count
    by: _Key
    doing: Doing
    file: Annotated[int, msgspec.Meta(ge=0, le=FILES_MAX)]
    """Which file of the torrent."""
    position: _Place
    """Where the film is at `at`, and before it."""
    at: _Time
    speed: Annotated[int, msgspec.Meta(ge=SPEED_MIN, le=SPEED_MAX)] = 100
    """Percent."""
    error: Annotated[Millis, msgspec.Meta(ge=0, le=ERROR_MILLIS_MAX)] = Millis(0)
    """How far `at` may be off, for one who tells on what another did."""

    @property
    def key(self) -> tuple[int, PubKey]:
        """Give what orders courses: who acted knowing of more, then the larger key."""
        return (self.counter, self.by)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said; a speaker's counters grow."""

    counter: _Count
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LINE_CHARS_MAX)]


class Heard(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The latest note that came from another, and when it came by the teller's clock."""

    number: _Count
    at: _Time


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """All that a member has to say now."""

    number: Annotated[int, msgspec.Meta(ge=1, le=COUNTER_MAX)]
    """Grows by one with each note of this member."""
    clock: _Time
    name: Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)] = ""
    leaving: bool = False
    waiting: bool = False
    """Has not enough of the film to go on."""
    place: _Place | None = None
    """Where its own player was at `place_at`; None while it has none."""
    place_at: _Time = Millis(0)
    heard: Annotated[dict[_Key, Heard], msgspec.Meta(max_length=MEMBERS_MAX)] = {}
    course: Course | None = None
    """The course that it holds to, by its own clock."""
    lines: Annotated[tuple[Line, ...], msgspec.Meta(max_length=LINES_MAX)] = ()


def write_note(note: Note) -> bytes:
    """Give the JSON of a note."""
    return msgspec.json.encode(note)


def read_note(raw: bytes) -> Note:
    """Read a note; its size is gated before it is parsed.

    Raises: BadMessageError.
    """
    if len(raw) > NOTE_BYTES_MAX:
        raise BadMessageError(f"{len(raw)} bytes")
    try:
        return msgspec.json.decode(raw, type=Note)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadMessageError(str(error)[:200]) from error
