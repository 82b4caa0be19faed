"""Answers that come bit by bit: one JSON object a line, or server-sent events for the page.

The work ends when the asker goes or the peer stops; a refusal on the way is the last line.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kkiri.app.refusal import only_refusal
from kkiri.base.errors import KkiriError

Emit = Callable[[object], Awaitable[None]]
Produce = Callable[[Emit], Awaitable[None]]


def refusal(error: KkiriError) -> dict[str, object]:
    """Give what the API says when it refuses."""
    english, korean = error.sentence("en"), error.sentence("ko")
    return {"error": {"number": error.number, "en": english, "ko": korean}}


class LineResponse(Response):
    """Runs the work and sends what it emits, a line each."""

    media_type = "application/x-ndjson"
    prefix = b""
    end = b"\n"

    def __init__(self, produce: Produce, stopping: asyncio.Event) -> None:
        super().__init__()
        self._produce = produce
        self._stopping = stopping
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; cancels the work when the asker goes."""
        await send(
            {"type": "http.response.start", "status": 200, "headers": list(self.raw_headers)}
        )
        await while_asked(self._work(send), receive, self._stopping)

    async def _work(self, send: Send) -> None:
        async def emit(value: object) -> None:
            body = self.prefix + msgspec.json.encode(value) + self.end
            await send({"type": "http.response.body", "body": body, "more_body": True})

        try:
            await self._produce(emit)
        except KkiriError as error:
            await emit(refusal(error))
        except BaseExceptionGroup as errors:
            first = only_refusal(errors)
            if first is None:
                raise
            await emit(refusal(first))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class EventResponse(LineResponse):
    """The same as server-sent events, for the page's `EventSource`."""

    media_type = "text/event-stream"
    prefix = b"data: "
    end = b"\n\n"


async def while_asked(
    work: Coroutine[None, None, None], receive: Receive, stopping: asyncio.Event
) -> None:
    """Do the work of one answer until it is done, the asker goes or the peer stops."""
    async with asyncio.TaskGroup() as group:
        tasks = {
            group.create_task(work, name="answer"),
            group.create_task(_until_gone(receive), name="asker gone"),
            group.create_task(_until_set(stopping), name="peer stops"),
        }
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _until_set(event: asyncio.Event) -> None:
    await event.wait()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
