"""A stream over HTTP: refused before it begins, broken off when it fails, ended with its asker."""

import asyncio
from collections.abc import AsyncGenerator, MutableMapping
from typing import Any

import pytest

from kkiri.base.errors import NotReachableError
from kkiri.ports.screening import NotPlayableError
from kkiri.web import films
from kkiri.web.films import begun

Message = MutableMapping[str, Any]


class Film:
    """Parts that are made as they are taken."""

    def __init__(self, *parts: bytes, error: Exception | None = None) -> None:
        self.given: list[bytes] = []
        self.closed = False
        self._parts = parts
        self._error = error

    async def show(self) -> AsyncGenerator[bytes]:
        try:
            for part in self._parts:
                self.given.append(part)
                yield part
            if self._error is not None:
                raise self._error
        finally:
            self.closed = True


async def answered(
    film: Film, *, stopping: asyncio.Event | None = None, leave_after: int = 99
) -> list[Message]:
    """Answer a request whose asker leaves after so many messages."""
    response = await begun(film.show(), "video/mp4", stopping or asyncio.Event())
    said: list[Message] = []
    gone = asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        said.append(message)
        if len(said) >= leave_after:
            gone.set()
            await asyncio.Event().wait()  # nobody takes any more

    await response({"type": "http"}, receive, send)
    return said


async def test_parts_are_sent_as_they_are() -> None:
    film = Film(b"one", b"two")
    start, *parts = await answered(film)
    assert start["status"] == 200
    assert dict(start["headers"]) == {b"content-type": b"video/mp4"}
    assert [part["body"] for part in parts] == [b"one", b"two", b""]
    assert [part["more_body"] for part in parts] == [True, True, False]
    assert film.closed


async def test_a_refusal_before_the_first_part_is_told() -> None:
    film = Film(error=NotPlayableError())
    with pytest.raises(NotPlayableError):
        await answered(film)
    assert film.closed


async def test_a_failure_on_the_way_is_no_good_end() -> None:
    film = Film(b"one", error=NotReachableError())
    parts = (await answered(film))[1:]
    assert [part["more_body"] for part in parts] == [True]
    assert film.closed


async def test_the_film_ends_with_its_asker_and_is_not_made_ahead() -> None:
    film = Film(*[b"x"] * 1_000)
    said = await answered(film, leave_after=4)
    assert len(said) == 4
    assert len(film.given) <= 4
    assert film.closed


async def test_the_film_ends_with_the_peer() -> None:
    stopping = asyncio.Event()
    stopping.set()
    film = Film(*[b"x"] * 1_000)
    await answered(film, stopping=stopping, leave_after=3)
    assert film.closed


async def test_who_takes_nothing_for_long_gives_the_place_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(films, "IDLE_SECONDS_MAX", 0.01)
    film = Film(*[b"x"] * 1_000)
    response = await begun(film.show(), "video/mp4", asyncio.Event())
    said: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        said.append(message)
        if len(said) == 3:
            await asyncio.Event().wait()

    await response({"type": "http"}, receive, send)
    assert [one.get("more_body") for one in said] == [None, True, True]
    assert film.closed
