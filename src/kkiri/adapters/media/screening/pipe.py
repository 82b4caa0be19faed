"""What goes through the two pipes of a screening worker: one job in, then bytes for the asking.

In: the job as a line of JSON, then for each question four bytes of length and the bytes.
Out: frames of one byte (what), four bytes (length) and the body.
"""

import struct
from enum import IntEnum
from typing import Final

import msgspec

from kkiri.adapters.media.limits import Fence
from kkiri.event.listing import Sort
from kkiri.ports.screening import Film

JOB_BYTES_MAX = 4096  # a name of 240 bytes and some numbers
FRAME_BYTES_MAX = 256 * 1024  # what the worker sends at once, above all one run of MP4
READ_BYTES_MAX = 512 * 1024  # asked for at once: 0.2 s of the largest films
STILL_BYTES_MAX = 40_000  # a page of 100 covers is 4 MB at most
STILL_SIDE_MAX = 320  # pixels: twice the size at which the page shows one
TEXT_BYTES_MAX = 4 * 1024 * 1024  # the longest subtitle files are 500 kB
NAME_CHARS_MAX = 255  # of a file

HEAD: Final = struct.Struct("<BI")
ASKED: Final = struct.Struct("<QI")
LENGTH: Final = struct.Struct("<I")


class Frame(IntEnum):
    """What a frame from the worker is."""

    HELLO = 1
    READ = 2
    """Give me bytes of the file."""
    DATA = 3
    """Some of what was asked for."""
    END = 4
    """All was given."""
    REFUSED = 5
    """The file cannot be read."""


class Probing(msgspec.Struct, frozen=True, tag="probe"):
    """Say what it holds."""


class Remuxing(msgspec.Struct, frozen=True, tag="remux"):
    """Give it as MP4."""

    start: float
    sound: int
    plain: bool


class Captioning(msgspec.Struct, frozen=True, tag="captions"):
    """Give the cues of a track inside it."""

    number: int
    start: float
    end: float


class Texting(msgspec.Struct, frozen=True, tag="text"):
    """It is a subtitle file."""

    language: str


class Tongues(msgspec.Struct, frozen=True, tag="languages"):
    """It is a SAMI file: say which languages it holds."""


class Stilling(msgspec.Struct, frozen=True, tag="still"):
    """Give a small picture of it."""

    sort: Sort
    bytes_max: int = STILL_BYTES_MAX


What = Probing | Remuxing | Captioning | Texting | Tongues | Stilling


class Job(msgspec.Struct, frozen=True):
    """All that a worker does in its life."""

    name: str
    size: int
    what: What


class Hello(msgspec.Struct, frozen=True):
    """The first frame's body."""

    enforced: list[Fence]


class Probed(msgspec.Struct, frozen=True):
    """The answer to probing."""

    film: Film
