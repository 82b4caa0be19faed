"""Filters: read, written, and matched as NIP-01 says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadMessageError
from kkiri.base.limits import FILTER_VALUES_MAX, SEARCH_CHARS_MAX
from kkiri.base.types import EventId, Kind, PubKey, UnixTime
from kkiri.event.filters import Filter, from_json, matches, to_json
from kkiri.event.verify import Signer

SIGNER = Signer(bytes([5]) * 32)
EVENT = SIGNER.sign(
    Kind(2003), (("x", "aa"), ("t", "music"), ("t", "가요"), ("e",)), "", UnixTime(50)
)


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (Filter(), True),
        (Filter(ids=(EVENT.id,)), True),
        (Filter(ids=()), False),
        (Filter(ids=(EventId("0" * 64),)), False),
        (Filter(authors=(EVENT.pubkey,)), True),
        (Filter(authors=(PubKey("0" * 64),)), False),
        (Filter(authors=(PubKey(EVENT.pubkey[:8]),)), False),
        (Filter(kinds=(Kind(1), Kind(2003))), True),
        (Filter(kinds=(Kind(1),)), False),
        (Filter(since=UnixTime(50)), True),
        (Filter(since=UnixTime(51)), False),
        (Filter(until=UnixTime(50)), True),
        (Filter(until=UnixTime(49)), False),
        (Filter(tags=(("t", ("가요", "none")),)), True),
        (Filter(tags=(("t", ("music",)), ("x", ("aa",)))), True),
        (Filter(tags=(("t", ("music",)), ("x", ("bb",)))), False),
        (Filter(tags=(("t", ()),)), False),
        (Filter(tags=(("e", ("",)),)), False),
        (Filter(limit=0, search="anything"), True),
    ],
    ids=str,
)
def test_matches(wanted: Filter, answer: bool) -> None:
    assert matches(wanted, EVENT) is answer


@pytest.mark.parametrize(
    "plain",
    [
        {"ids": "a"},
        {"ids": [1]},
        {"ids": ["a"] * (FILTER_VALUES_MAX + 1)},
        {"kinds": ["1"]},
        {"kinds": [True]},
        {"kinds": [65_536]},
        {"kinds": [-1]},
        {"kinds": [1.0]},
        {"since": "1"},
        {"since": -1},
        {"until": 2**53},
        {"limit": True},
        {"limit": 1.5},
        {"search": 1},
        {"search": "a" * (SEARCH_CHARS_MAX + 1)},
        {"#tt": ["a"]},
        {"#1": ["a"]},
        {"#가": ["a"]},
        {"&t": ["a"]},
        {"#t": [None]},
        {"color": "red"},
    ],
    ids=str,
)
def test_refused(plain: dict[str, object]) -> None:
    with pytest.raises(BadMessageError):
        from_json(plain)


HEX = st.sampled_from(["0" * 64, "1" * 64, EVENT.id, EVENT.pubkey])
LETTERS = st.sampled_from("etxEA")
VALUES = st.lists(st.sampled_from(["aa", "music", "가요", ""]), max_size=3).map(tuple)
FILTERS = st.builds(
    Filter,
    ids=st.none() | st.lists(HEX.map(EventId), max_size=2).map(tuple),
    authors=st.none() | st.lists(HEX.map(PubKey), max_size=2).map(tuple),
    kinds=st.none() | st.lists(st.sampled_from([0, 1, 2003]).map(Kind), max_size=2).map(tuple),
    tags=st.lists(st.tuples(LETTERS, VALUES), max_size=2, unique_by=lambda t: t[0]).map(tuple),
    since=st.none() | st.integers(0, 100).map(UnixTime),
    until=st.none() | st.integers(0, 100).map(UnixTime),
    limit=st.none() | st.integers(0, 500),
    search=st.none() | st.text(max_size=10),
)


@given(FILTERS)
def test_there_and_back(wanted: Filter) -> None:
    plain = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in to_json(wanted).items()
    }
    assert from_json(plain) == wanted
