"""How often neighbours are told and read."""

from kkiri.adapters.lan import (
    ANSWER_SECONDS_MIN,
    READS_BURST,
    READS_PER_SECOND,
    TELL_SECONDS,
    Pace,
)
from kkiri.base.types import PubKey


def test_the_pace_of_telling() -> None:
    pace = Pace(0.0)
    assert pace.tell_in(0.0) == 0.0
    pace.told(0.0)
    assert pace.tell_in(1.0) == TELL_SECONDS - 1.0
    told = 0
    for tick in range(600):  # ten minutes, a new neighbour every second
        pace.heard(PubKey(f"{tick:064x}"), float(tick))
        if pace.tell_in(float(tick)) == 0.0:
            pace.told(float(tick))
            told += 1
    assert told <= 600 / ANSWER_SECONDS_MIN
    pace.heard(PubKey(f"{599:064x}"), 600.0)
    pace.told(600.0)
    pace.heard(PubKey(f"{599:064x}"), 601.0)  # known: no hurry
    assert pace.tell_in(601.0) == TELL_SECONDS - 1.0


def test_the_pace_of_reading() -> None:
    pace = Pace(0.0)
    assert sum(pace.may_read(0.0) for _ in range(1_000)) == READS_BURST
    assert sum(pace.may_read(2.0) for _ in range(1_000)) == 2 * READS_PER_SECOND
