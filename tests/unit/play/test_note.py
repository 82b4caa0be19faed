"""Notes on the wire: what is written is read, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadMessageError
from kkiri.base.types import PubKey
from kkiri.play.note import (
    LINE_CHARS_MAX,
    LINES_MAX,
    MEMBERS_MAX,
    NAME_CHARS_MAX,
    NOTE_BYTES_MAX,
    Course,
    Doing,
    Heard,
    Line,
    Millis,
    Note,
    read_note,
    write_note,
)

WRITTEN = (
    b'{"number":7,"clock":21034,"name":"x","place":61250,"place_at":21000,"heard":{"'
    + b"a" * 64
    + b'":[12,20987]},"course":{"counter":3,"by":"'
    + b"a" * 64
    + b'","doing":"play","file":0,"position":60000,"at":19800},"lines":[{"counter":1,"text":"!"}]}'
)
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "together.json").read_text())
A, B = PubKey("a" * 64), PubKey("b" * 64)
LARGEST = Note(
    number=2**53 - 1,
    clock=Millis(-(2**53) + 1),
    name="가" * NAME_CHARS_MAX,
    leaving=True,
    waiting=True,
    place=Millis(1),
    place_at=Millis(2**53 - 1),
    heard={
        PubKey(f"{n:064x}"): Heard(number=2**53 - 1, at=Millis(2**53 - 1))
        for n in range(MEMBERS_MAX)
    },
    course=Course(
        counter=2**53 - 1, by=A, doing=Doing.HOLD, file=50_000, position=Millis(1), at=Millis(0)
    ),
    lines=tuple(Line(counter=n, text="가" * LINE_CHARS_MAX) for n in range(LINES_MAX)),
)


@pytest.mark.parametrize("note", [Note(number=1, clock=Millis(0)), LARGEST], ids=["least", "most"])
def test_what_is_written_is_read(note: Note) -> None:
    raw = write_note(note)
    assert read_note(raw) == note
    assert len(raw) <= NOTE_BYTES_MAX


@pytest.mark.parametrize("vector", VECTORS["notes read"], ids=lambda v: v["about"])
def test_notes_of_the_vectors(vector: dict[str, Any]) -> None:
    note = read_note(vector["json"].encode())
    assert (note.number, note.clock, note.name) == (
        vector["number"],
        vector["clock"],
        vector["name"],
    )
    assert (None if note.course is None else note.course.doing.value) == vector["doing"]


@pytest.mark.parametrize("vector", VECTORS["notes refused"], ids=lambda v: v["about"])
def test_refused(vector: dict[str, str]) -> None:
    with pytest.raises(BadMessageError):
        read_note(vector["json"].encode())


def test_a_large_one_is_not_even_parsed() -> None:
    with pytest.raises(BadMessageError, match="bytes"):
        read_note(b"[" * (NOTE_BYTES_MAX + 1))


@given(st.binary(max_size=300) | st.builds(lambda at, by: WRITTEN[:at] + by + WRITTEN[at:],
    st.integers(0, 400), st.binary(max_size=4)))  # fmt: skip
def test_p1_any_bytes_are_a_note_or_refused(raw: bytes) -> None:
    try:
        note = read_note(raw)
    except BadMessageError:
        return
    assert read_note(write_note(note)) == note


@pytest.mark.parametrize("raw", [b"", b"[" * 20_000, b"\xff\xfe", b'{"number": 1e400}'])
def test_rubbish(raw: bytes) -> None:
    with pytest.raises(BadMessageError):
        read_note(raw)
