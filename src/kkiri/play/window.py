"""The window: which pieces a reader needs next; it is small and jumps with the reader."""

from kkiri.base.types import Seconds

AHEAD_SECONDS = 12.0  # a player holds about as much; more would take from another reader's seek
AHEAD_BYTES_MIN = 256 * 1024  # so that one block of a song is not asked for after the other
AHEAD_BYTES_MAX = 16 * 1024 * 1024  # of a 4K film at 80 Mbit/s two seconds
RATE_UNKNOWN = 512 * 1024  # bytes a second: a film in full HD, until it is known better
RATE_MIN = 8 * 1024  # a voice; what reads slower is a pause
MEASURED_SECONDS_MIN = 3.0  # a player fills its buffer first, which says nothing of its speed


def rate(size: int, seconds: Seconds | None, read_bytes: int, read_seconds: Seconds) -> int:
    """Give how many bytes a second are played: by its length, else as measured, else a guess."""
    if seconds is not None and seconds >= 1:
        return max(RATE_MIN, round(size / seconds))
    if read_seconds >= MEASURED_SECONDS_MIN:
        return max(RATE_MIN, round(read_bytes / read_seconds))
    return RATE_UNKNOWN


def window(at: int, end: int, piece_bytes: int, bytes_a_second: int) -> range:
    """Give the pieces to be read ahead, in order.

    `at` and `end` are bytes of the whole torrent: the next one to be read, and the end of the file.
    """
    if at >= end:
        return range(0)
    ahead = min(max(round(bytes_a_second * AHEAD_SECONDS), AHEAD_BYTES_MIN), AHEAD_BYTES_MAX)
    return range(at // piece_bytes, (min(at + ahead, end) - 1) // piece_bytes + 1)
