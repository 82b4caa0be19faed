"""Bencoding: what we write is read back, what is not exactly it is refused, and in bounded time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadMetainfoError
from kkiri.swarm.bencode import DEPTH_MAX, Bencoded, decode, encode, sections

HANG_SECONDS = 10  # well under a second alone; a quadratic reader takes minutes
VALUES = st.recursive(
    st.integers(-(2**63) + 1, 2**63 - 1) | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.binary(max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_back(value: Bencoded) -> None:
    raw = encode(value)
    assert decode(raw, bytes_max=len(raw)) == value


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_the_one_error(raw: bytes) -> None:
    try:
        value = decode(raw, bytes_max=200)
    except BadMetainfoError:
        return
    assert decode(encode(value), bytes_max=400) == value


@given(st.lists(st.sampled_from([b"d", b"l", b"e", b"i", b"1", b"0", b":", b"-", b"x"])))
def test_any_run_of_its_own_signs_too(parts: list[bytes]) -> None:
    raw = b"".join(parts)
    try:
        decode(raw, bytes_max=1_000)
        sections(raw, bytes_max=1_000)
    except BadMetainfoError:
        return


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"i1",
        b"ie",
        b"i-e",
        b"i-0e",
        b"i01e",
        b"i 1e",
        b"i1_0e",
        b"i+1e",
        b"i1e ",
        b"-1:a",
        b"01:a",
        b"2:a",
        b"99999999999999999999:a",
        b"i99999999999999999999e",
        b"l",
        b"d1:a",
        b"di1e1:ae",
        b"d1:ai1e1:ai2ee",
        b"e",
        b"l" * (DEPTH_MAX + 2) + b"e" * (DEPTH_MAX + 2),
        "i１e".encode(),
    ],
)
def test_what_is_refused(raw: bytes) -> None:
    with pytest.raises(BadMetainfoError):
        decode(raw, bytes_max=1_000)


def test_size_and_number_of_items_are_gated() -> None:
    with pytest.raises(BadMetainfoError):
        decode(b"3:abc", bytes_max=4)
    with pytest.raises(BadMetainfoError):
        decode(b"l" + b"i1e" * 10 + b"e", bytes_max=100, items_max=10)


@pytest.mark.parametrize(
    "raw",
    [
        b"l" * 16_000_000,
        b"d" * 16_000_000,
        b"l" + b"le" * 7_900_000 + b"e",
        b"l" + b"i1e" * 5_000_000 + b"e",
        b"i" + b"9" * 16_000_000 + b"e",
        b"9" * 16_000_000,
    ],
    ids=["lists", "dictionaries", "empty lists", "numbers", "a number", "a length"],
)
def test_hostile_bytes_end_within_a_second(raw: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(BadMetainfoError):
        decode(raw, bytes_max=16_777_216)
    assert time.process_time() - begun < HANG_SECONDS


def test_sections_keep_the_very_bytes() -> None:
    raw = b"d1:b2:xy1:ad1:ci1eee"  # unsorted, as real torrents can be
    found = sections(raw, bytes_max=100)
    assert found == {b"b": (b"xy", b"2:xy"), b"a": ({b"c": 1}, b"d1:ci1ee")}
