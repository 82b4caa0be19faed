"""Clocks are known from notes that crossed, however slow some of them were."""

from hypothesis import given
from hypothesis import strategies as st

from kkiri.play.clocks import (
    QUICK_MIN,
    SAMPLES_MAX,
    Sample,
    estimate,
    merged,
    sample,
    wander,
)
from kkiri.play.note import Millis

WAITS = st.integers(0, 3_000)
SKEWS = st.integers(-600_000, 600_000)


def _crossed(number: int, skew: int, there: int, lay: int, back: int) -> Sample:
    """Cross two notes: sent at 1000, on their way, laid aside at the other, on their way back."""
    got = 1_000 + there + skew
    made = sample(
        number=number,
        ours_sent=Millis(1_000),
        theirs_got=Millis(got),
        theirs_sent=Millis(got + lay),
        ours_got=Millis(1_000 + there + lay + back),
    )
    assert made is not None
    return made


@given(SKEWS, WAITS, WAITS, WAITS)
def test_one_sample_is_off_by_half_its_trip_at_most(
    skew: int, there: int, lay: int, back: int
) -> None:
    one = _crossed(1, skew, there, lay, back)
    assert one.trip == there + back
    known = estimate([one], one.at)
    assert known is not None
    assert abs(known.offset - skew) <= known.error


@given(SKEWS, st.lists(st.tuples(WAITS, WAITS), min_size=QUICK_MIN, max_size=20))
def test_the_error_is_bounded_by_the_slowest_of_the_quick(
    skew: int, ways: list[tuple[int, int]]
) -> None:
    samples = [_crossed(n, skew, there, 5, back) for n, (there, back) in enumerate(ways)]
    known = estimate(samples, max(one.at for one in samples))
    assert known is not None
    quick = sorted(one.trip for one in samples)[: max(QUICK_MIN, len(samples) // 4)]
    assert abs(known.offset - skew) <= quick[-1] // 2 + 1


@given(st.lists(st.tuples(st.integers(0, 60), WAITS, WAITS), max_size=80), st.randoms())
def test_order_and_repeats_change_nothing(
    drawn: list[tuple[int, int, int]], chance: "object"
) -> None:
    samples = [_crossed(n, 40, there, 1, back) for n, there, back in drawn]
    again = [*samples, *samples]
    chance.shuffle(again)  # type: ignore[attr-defined]
    one: tuple[Sample, ...] = ()
    other: tuple[Sample, ...] = ()
    for each in samples:
        one = merged(one, each)
    for each in again:
        other = merged(other, each)
    assert one == other
    assert len(one) <= SAMPLES_MAX


def test_what_no_clocks_show_is_no_sample() -> None:
    def of(sent: int, got: int, back: int, came: int) -> Sample | None:
        return sample(
            number=1,
            ours_sent=Millis(sent),
            theirs_got=Millis(got),
            theirs_sent=Millis(back),
            ours_got=Millis(came),
        )

    assert of(0, 50, 60, 100) is not None
    assert of(0, 60, 50, 100) is None, "sent before the other came"
    assert of(100, 0, 10, 50) is None, "came before it was sent"
    assert of(0, 0, 500, 100) is None, "lay longer than it was away"


def test_what_is_known_of_a_silent_one_grows_worse() -> None:
    one = _crossed(1, 0, 10, 0, 10)
    fresh, late = estimate([one], one.at), estimate([one], Millis(one.at + 600_000))
    assert fresh is not None
    assert late is not None
    assert late.error - fresh.error == wander(Millis(600_000)) == 60
    assert estimate([], Millis(0)) is None
