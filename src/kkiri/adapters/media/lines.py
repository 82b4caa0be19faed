"""The lines between this peer and its media worker: JSON, one question, one answer."""

import msgspec

from kkiri.adapters.media.limits import Fence
from kkiri.event.listing import MediaFacts

LINE_BYTES_MAX = 64 * 1024  # a path of 4 kB in hex, or facts
FILE_CPU_SECONDS_MAX = 5  # probing takes milliseconds


class Asked(msgspec.Struct):
    """One question."""

    number: int
    path: str
    """The path's bytes in hex, as paths need not be text."""


class Told(msgspec.Struct):
    """One answer."""

    number: int
    """Of the question, so that a line too many is not taken for the next file's answer."""
    facts: MediaFacts


class Hello(msgspec.Struct):
    """The first line out."""

    enforced: list[Fence]
