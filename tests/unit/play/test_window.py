"""Which pieces are read ahead: a bounded run that begins at the reader and stays in the file."""

from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import Seconds
from kkiri.play.window import (
    AHEAD_BYTES_MAX,
    AHEAD_SECONDS,
    MEASURED_SECONDS_MIN,
    RATE_MIN,
    RATE_UNKNOWN,
    rate,
    window,
)

KB = 1024


def test_how_fast_a_film_is_played() -> None:
    assert rate(120_000_000, Seconds(60), 5, Seconds(1000)) == 2_000_000  # its length decides
    assert rate(120_000_000, None, 5_000_000, Seconds(5)) == 1_000_000  # else what was measured
    early = Seconds(MEASURED_SECONDS_MIN - 0.1)
    assert rate(120_000_000, None, 5_000_000, early) == RATE_UNKNOWN
    assert rate(100, Seconds(3600), 0, Seconds(0)) == RATE_MIN
    assert rate(100, Seconds(0), 0, Seconds(0)) == RATE_UNKNOWN


def test_the_window_is_as_long_as_a_player_holds() -> None:
    ahead = window(1_000 * KB, 10**9, 64 * KB, 500 * KB)
    assert ahead.start == 1_000 // 64
    assert len(ahead) * 64 >= 500 * AHEAD_SECONDS
    assert (len(ahead) - 2) * 64 < 500 * AHEAD_SECONDS
    assert window(0, 100, 64 * KB, 1) == range(0, 1)
    assert window(100, 100, 64 * KB, 1) == range(0)


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.sampled_from((16 * KB, 64 * KB, 16 * KB * KB)),
    st.integers(0, 10**9),
)
def test_it_begins_at_the_reader_ends_in_the_file_and_is_bounded(
    at: int, more: int, piece_bytes: int, speed: int
) -> None:
    found = window(at, at + more, piece_bytes, speed)
    if more == 0:
        assert not found
        return
    assert found.start == at // piece_bytes
    assert 0 < (found.stop - 1) * piece_bytes < at + more or found == range(0, 1)
    assert len(found) <= AHEAD_BYTES_MAX // piece_bytes + 2
