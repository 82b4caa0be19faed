"""How far another member's clock is from ours, from notes that crossed: the quickest ones count.

Each note names when the last note of every other member came, so that any two notes that cross
measure both clocks, as NTP does (RFC 5905 §8); nobody is asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median_low

from kkiri.play.note import ERROR_MILLIS_MAX, Millis

SAMPLES_MAX = 32  # the latest of one member: a minute and a half of notes
QUICK_SHARE = 4  # a quarter of the samples, the quickest, are believed
QUICK_MIN = 3  # one sample alone may have met a full queue one way only
WANDER_MILLIS_A_MINUTE = 6  # 100 ppm: what two bad quartz clocks part in a minute
UNKNOWN_ERROR_MILLIS = Millis(1_000)  # before anything crossed: one way may have taken a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measurement."""

    number: int
    """Of the other's note that brought it."""
    offset: Millis
    """Their clock less ours."""
    trip: Millis
    """There and back, without the time it lay at the other."""
    at: Millis
    """When it came, by our clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What we believe of another clock."""

    offset: Millis
    """Their clock less ours."""
    error: Millis
    """It may be off by so much."""


def sample(
    *, number: int, ours_sent: Millis, theirs_got: Millis, theirs_sent: Millis, ours_got: Millis
) -> Sample | None:
    """Measure with two notes that crossed; None for what no clocks can show."""
    trip = (ours_got - ours_sent) - (theirs_sent - theirs_got)
    if trip < 0 or theirs_sent < theirs_got or ours_got < ours_sent:
        return None
    offset = ((theirs_got - ours_sent) + (theirs_sent - ours_got)) // 2
    return Sample(number=number, offset=Millis(offset), trip=Millis(trip), at=ours_got)


def merged(before: tuple[Sample, ...], new: Sample) -> tuple[Sample, ...]:
    """Add a sample: one a note, its quickest copy, and the latest notes only."""
    known = {one.number: one for one in before}
    other = known.get(new.number)
    if other is None or (new.trip, new.at) < (other.trip, other.at):
        known[new.number] = new
    return tuple(known[number] for number in sorted(known, reverse=True)[:SAMPLES_MAX])


def estimate(samples: Iterable[Sample], now: Millis) -> Estimate | None:
    """Give the median of the quickest samples; None without any."""
    ordered = sorted(samples, key=lambda one: (one.trip, one.number))
    if not ordered:
        return None
    quick = ordered[: max(QUICK_MIN, len(ordered) // QUICK_SHARE)]
    newest = max(one.at for one in quick)
    error = ordered[0].trip // 2 + 1 + wander(Millis(max(0, now - newest)))
    return Estimate(
        offset=median_low(one.offset for one in quick), error=Millis(min(error, ERROR_MILLIS_MAX))
    )


def wander(span: Millis) -> Millis:
    """Give how far two clocks may part in a while."""
    return Millis(span * WANDER_MILLIS_A_MINUTE // 60_000)
