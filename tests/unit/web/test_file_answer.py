"""Ranges of RFC 9110, and a file that is sent while it arrives and closed whatever happens."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import FileChangedError, NotFoundError
from kkiri.base.types import Bytes
from kkiri.web.file_answer import PART_BYTES, FileAnswer, file_type, range_of
from kkiri.web.form import Message

BODY = bytes(range(256)) * 8


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (None, None),
        ("", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=0-", (0, 100)),
        ("bytes=99-", (99, 100)),
        ("bytes=-1", (99, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=10-5000", (10, 100)),
        ("bytes= 1 - 2", (1, 3)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=1-2,4-5", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("bytes=１-２", None),
        ("bytes=" + "9" * 30 + "-", None),
    ],
)
def test_ranges(text: str | None, wanted: tuple[int, int] | None) -> None:
    assert range_of(text, 100) == wanted


@pytest.mark.parametrize("text", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_ranges_with_nothing_in_them(text: str) -> None:
    with pytest.raises(ValueError):
        range_of(text, 100)


@given(st.text(max_size=60), st.integers(0, 2**50))
def test_any_header_is_read(text: str, size: int) -> None:
    for header in (text, f"bytes={text}"):
        try:
            found = range_of(header, size)
        except ValueError:
            continue
        assert found is None or 0 <= found[0] < found[1] <= size


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.mp3", True),
        ("A.MKV", True),
        ("a.jpg", True),
        ("a.svg", False),
        ("a.html", False),
        ("a.xml", False),
        ("a.js", False),
        ("a.pdf", False),
        ("mp3", False),
        ("a.mp3.html", False),
        ("", False),
    ],
)
def test_w4_nothing_that_runs_is_shown(name: str, shown: bool) -> None:
    kind, may = file_type(name)
    assert may is shown
    assert kind.startswith(("audio/", "video/", "image/")) is shown


class _File:
    """A file whose bytes come when the test lets them."""

    name = "a.mp3"
    size = Bytes(len(BODY))

    def __init__(self, error: Exception | None = None) -> None:
        self.closed = 0
        self.error = error
        self.reads: list[tuple[int, int]] = []
        self.may = asyncio.Event()
        self.may.set()
        self.asked = asyncio.Event()

    async def read(self, offset: int, size: int) -> bytes:
        assert not self.closed
        self.reads.append((offset, size))
        self.asked.set()
        await self.may.wait()
        if self.error is not None and offset > 0:
            raise self.error
        return BODY[offset : offset + min(size, 700)]

    def close(self) -> None:
        self.closed += 1


class _Line:
    """What an asker gets, and whether it has gone."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.gone = asyncio.Event()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(part for one in self.sent if isinstance(part := one.get("body"), bytes))


async def _ask(file: _File, asked: str | None, method: str = "GET") -> tuple[int, bytes]:
    line = _Line()
    answer = FileAnswer(file, "audio/mpeg", asked, asyncio.Event())
    await answer({"type": "http", "method": method}, line.receive, line.send)
    assert file.closed == 1
    return answer.status_code, line.body


async def test_all_of_it_and_parts() -> None:
    assert await _ask(_File(), None) == (200, BODY)
    assert await _ask(_File(), "bytes=100-1999") == (206, BODY[100:2000])
    assert await _ask(_File(), "bytes=-5") == (206, BODY[-5:])
    assert await _ask(_File(), f"bytes={len(BODY)}-") == (416, b"")
    assert await _ask(_File(), None, "HEAD") == (200, b"")


@pytest.mark.parametrize("error", [NotFoundError("gone"), FileChangedError("changed")])
async def test_what_goes_meanwhile_cuts_the_line(error: Exception) -> None:
    status, body = await _ask(_File(error), None)
    assert (status, body) == (200, BODY[:700])


async def test_an_asker_that_goes_and_a_peer_that_stops_end_the_reading() -> None:
    for stop in (True, False):
        file, line, stopping = _File(), _Line(), asyncio.Event()
        file.may.clear()
        answer = FileAnswer(file, "audio/mpeg", None, stopping)
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(
                answer({"type": "http", "method": "GET"}, line.receive, line.send), name="ask"
            )
            await file.asked.wait()
            (stopping if stop else line.gone).set()
            await asking
        assert file.closed == 1
        assert line.body == b""


async def test_no_read_is_larger_than_a_part() -> None:
    file = _File()
    await _ask(file, None)
    assert all(size <= PART_BYTES for _, size in file.reads)
