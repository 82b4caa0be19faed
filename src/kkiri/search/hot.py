"""How prominent a record is: one number that never needs ageing, in buckets for the index.

A year of age weighs as much as ten times fewer confirmations; what is new simply gets a larger
number, so nothing stored changes with the clock. Popularity counts people whom the hub's owner
has reason to trust, never mere keys, so that a stranger cannot raise it.
"""

import math

from kkiri.base.types import UnixTime

YEAR_SECONDS = 31_557_600
BUCKETS_A_YEAR = 32  # eleven days each: finer than anybody can tell by looking at results
POPULARITY_MAX = 999  # three years of head start at most
SEQ_BITS = 20  # 1 M records in one bucket; FTS5 keeps near numbers in few bytes (measured: 25 less
# a record than with 24 bits and 64 buckets); a full bucket goes on in the one below
HOT_SECONDS_MAX = 1 << 40  # later times are nonsense and get no larger number


def hot_bucket(popularity: int, created_at: UnixTime) -> int:
    """Give log10(1 + popularity) + age in years since 1970, in buckets."""
    raised = math.log10(1 + min(max(popularity, 0), POPULARITY_MAX))
    years = min(created_at, HOT_SECONDS_MAX) / YEAR_SECONDS
    return int((raised + years) * BUCKETS_A_YEAR)


def first_row(bucket: int) -> int:
    """Give the lowest row number of a bucket."""
    return bucket << SEQ_BITS


def bucket_of(row: int) -> int:
    """Give the bucket of a row number."""
    return row >> SEQ_BITS


def row_range(since: UnixTime | None, until: UnixTime | None) -> tuple[int, int]:
    """Give the rows in which records of a time range can be, inclusive."""
    low = 0 if since is None else first_row(hot_bucket(0, since))
    if until is None:
        return low, first_row(1 << 38)
    return low, first_row(hot_bucket(POPULARITY_MAX, until) + 1) - 1
