"""Comparison of sets: finds exactly what differs, in frames of the size that was asked for."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkiri.base.errors import BadMessageError
from kkiri.hub.negentropy import (
    FRAME_BYTES_MIN,
    initiate,
    items_of,
    reconcile,
    respond,
    write_varint,
)

Pairs = list[tuple[int, bytes]]


def ident(number: int) -> bytes:
    """Give ids of which many share their first bytes, so that bounds need more than one."""
    return bytes([number % 3, number % 2, 0]) + number.to_bytes(29, "big")


def compare(ours: Pairs, theirs: Pairs, frame_bytes_max: int) -> tuple[set[bytes], set[bytes], int]:
    one, other = items_of(ours), items_of(theirs)
    have: set[bytes] = set()
    need: set[bytes] = set()
    frame: bytes | None = initiate(one, frame_bytes_max)
    rounds = 0
    while frame is not None:
        reply = respond(other, frame, frame_bytes_max)
        assert len(frame) <= frame_bytes_max and len(reply) <= frame_bytes_max
        found = reconcile(one, reply, frame_bytes_max)
        have.update(found.have)
        need.update(found.need)
        frame = found.frame
        rounds += 1
        assert rounds <= 2_000
    return have, need, rounds


SETS = st.lists(st.integers(0, 600), max_size=600).map(
    lambda numbers: [(number % 7, ident(number)) for number in numbers]
)


@given(SETS, SETS)
@settings(max_examples=60, deadline=None)
def test_finds_what_differs(ours: Pairs, theirs: Pairs) -> None:
    have, need, _ = compare(ours, theirs, 500_000)
    assert have == {item[1] for item in ours} - {item[1] for item in theirs}
    assert need == {item[1] for item in theirs} - {item[1] for item in ours}


@pytest.mark.parametrize(("common", "only_ours", "only_theirs"), [(9_000, 40, 70), (0, 0, 5_000)])
def test_small_frames_need_more_rounds_and_find_the_same(
    common: int, only_ours: int, only_theirs: int
) -> None:
    shared = [(number // 3, ident(number)) for number in range(common)]
    left = [(number * 7, ident(1_000_000 + number)) for number in range(only_ours)]
    right = [(number * 5, ident(2_000_000 + number)) for number in range(only_theirs)]
    have, need, rounds = compare(shared + left, shared + right, FRAME_BYTES_MIN)
    assert (len(have), len(need)) == (only_ours, only_theirs)
    assert rounds > compare(shared + left, shared + right, 500_000)[2]


def test_equal_sets_take_one_round() -> None:
    items = [(number, ident(number)) for number in range(5_000)]
    assert compare(items, items, 500_000) == (set(), set(), 1)


def test_one_percent_apart_takes_few_rounds() -> None:
    items = [(number, ident(number)) for number in range(20_000)]
    assert compare(items, items[:-200], 500_000)[2] <= 3


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x61\x00",
        b"\x61\x00\x00",
        b"\x61\x00\x00\x09",
        b"\x61\x00\x21" + bytes(33),
        b"\x61\x00\x00\x02\xff\xff\xff\xff\x7f",
        b"\x61\x00\x00\x01" + bytes(15),
        b"\x61" + b"\xff" * 11,
        b"\x61\x02\x00\x00\x01\x00\x00\x01\x01\xff\x00\x01\x00\x00",
        b"\x70",
        b"\x00",
    ],
    ids=lambda frame: frame.hex()[:24],
)
def test_broken_frames(frame: bytes) -> None:
    with pytest.raises(BadMessageError):
        respond(items_of([(1, ident(1))]), frame, 10_000)


def test_another_version_is_answered_with_ours() -> None:
    assert respond(items_of([]), b"\x62rest", 10_000) == b"\x61"
    with pytest.raises(BadMessageError):
        reconcile(items_of([]), b"\x62", 10_000)


@pytest.mark.parametrize(
    ("number", "digits"), [(0, "00"), (127, "7f"), (128, "8100"), (300, "822c"), (16_384, "818000")]
)
def test_varint(number: int, digits: str) -> None:
    assert write_varint(number).hex() == digits


VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors/negentropy.json").read_text("utf-8")
)["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"])
def test_vectors(vector: dict[str, Any]) -> None:
    items = items_of((at, bytes.fromhex(name)) for at, name in vector["items"])
    assert initiate(items, 500_000).hex() == vector["first"]
    other = items_of((at, bytes.fromhex(name)) for at, name in vector["other"])
    assert respond(other, bytes.fromhex(vector["first"]), 500_000).hex() == vector["answer"]
