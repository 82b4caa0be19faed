"""Token buckets: a burst is free, debt is waited for, and nobody gains by waiting past full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import Seconds
from kkiri.hub.bucket import Bucket, Buckets, Rate, subnet, take

RATE = Rate(per_second=10.0, burst=5.0)


def test_burst_then_debt() -> None:
    bucket: Bucket | None = None
    waits = []
    for _ in range(7):
        bucket, wait = take(bucket, RATE, 1.0, Seconds(0.0))
        waits.append(wait)
    assert waits == pytest.approx([0, 0, 0, 0, 0, 0.1, 0.2])


def test_it_fills_up_and_not_over() -> None:
    bucket, _ = take(None, RATE, 5.0, Seconds(0.0))
    bucket, wait = take(bucket, RATE, 1.0, Seconds(0.1))
    assert wait == 0
    bucket, _ = take(bucket, RATE, 0.0, Seconds(1_000.0))
    assert bucket.level == RATE.burst


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket, _ = take(None, RATE, 5.0, Seconds(100.0))
    assert take(bucket, RATE, 0.0, Seconds(1.0))[0].level == 0


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 3)), max_size=60))
def test_who_waits_as_told_keeps_to_the_rate(steps: list[tuple[float, float]]) -> None:
    now, spent = 0.0, 0.0
    bucket: Bucket | None = None
    for pause, cost in steps:
        now += pause
        bucket, wait = take(bucket, RATE, cost, Seconds(now))
        spent += cost
        now += wait
        assert spent <= RATE.burst + now * RATE.per_second + 1e-6


def test_keys_are_apart_and_bounded() -> None:
    buckets: Buckets[str] = Buckets(RATE, keys_max=2)
    assert buckets.take("a", 6.0, Seconds(0.0)) > 0
    assert buckets.take("b", 1.0, Seconds(0.0)) == 0
    assert buckets.peek("a", Seconds(0.0)) > 0
    buckets.take("c", 1.0, Seconds(0.0))
    assert buckets.peek("a", Seconds(0.0)) == 0  # the one longest unseen was forgotten


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("8.8.4.4", "8.8.4"),
        ("8.8.4.200", "8.8.4"),
        ("8.8.5.4", "8.8.5"),
        ("::ffff:8.8.4.4", "8.8.4"),
        ("2001:db8:1:2:3::4", "2001:0db8:0001:0002"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
        ("127.0.0.1", None),
        ("127.9.9.9", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("hub.example", None),
        ("", None),
    ],
)
def test_subnet(host: str, place: str | None) -> None:
    assert subnet(host) == place
