"""Routes of films: what one holds, its stream for the browser, its subtitles, its small picture.

A stream ends with its asker; a refusal before its first bytes is an answer like any other.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from kkiri.app.films import CaptionAnswer, FilmAnswer, caption_answer, film_answer
from kkiri.app.peer import Peer
from kkiri.app.refusal import only_refusal
from kkiri.base.errors import KkiriError, NotFoundError
from kkiri.base.hexes import info_hash
from kkiri.base.types import Seconds
from kkiri.flows.playing.screening import BESIDE_FROM, TONGUE_PLACES, Screens
from kkiri.ports.screening import Remux
from kkiri.swarm.metainfo import FILES_MAX
from kkiri.web.lines import while_asked

FILM_SECONDS_MAX = 1_000_000.0  # eleven days; no film is longer
IDLE_SECONDS_MAX = 900.0  # a film that is paused for longer gives its place up; it is asked anew
SOUND_MAX = 31  # the last sound track that is offered

Hash = Annotated[str, InPath(pattern="^[0-9a-fA-F]{40}$")]
Index = Annotated[int, InPath(ge=0, le=FILES_MAX)]
Number = Annotated[int, InPath(ge=0, le=BESIDE_FROM + TONGUE_PLACES * FILES_MAX)]
At = Annotated[float, Query(ge=0, le=FILM_SECONDS_MAX)]
SoundNumber = Annotated[int, Query(ge=0, le=SOUND_MAX)]


def films(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api", tags=["film"])
    screens = Screens(peer.world)

    @routes.get("/film/{hash}/{index}")
    async def film(hash: Hash, index: Index) -> FilmAnswer:
        """Say what a file holds, how a browser can show it, and which subtitles there are."""
        return film_answer(await screens.look(info_hash(hash), index))

    @routes.get("/film/{hash}/{index}/mp4", response_class=Response)
    async def mp4(
        hash: Hash, index: Index, start: At = 0.0, audio: SoundNumber = 0, plain: bool = False
    ) -> Response:
        """Give fragmented MP4 from the keyframe at or before `start`, with the film's own times."""
        wanted = Remux(start=Seconds(start), sound=audio, plain=plain)
        parts = screens.show(info_hash(hash), index, wanted)
        return await begun(parts, "video/mp4", peer.stopping)

    @routes.get("/film/{hash}/{index}/subtitles/{number}", response_class=Response)
    async def subtitles(
        hash: Hash, index: Index, number: Number, start: At = 0.0, end: At = FILM_SECONDS_MAX
    ) -> Response:
        """Give subtitles as WebVTT; of a track inside the film only the cues of that time."""
        span = (Seconds(start), Seconds(max(start, end)))
        parts = screens.captions(info_hash(hash), index, number, span)
        return await begun(parts, "text/vtt; charset=utf-8", peer.stopping)

    @routes.get("/film/{hash}/{index}/elsewhere")
    async def elsewhere(hash: Hash, index: Index) -> list[CaptionAnswer]:
        """Find subtitles of a film that somebody shares by themselves, best first."""
        return [caption_answer(one) for one in await screens.elsewhere(info_hash(hash), index)]

    @routes.get("/caption/{hash}/{index}", response_class=Response)
    async def caption(hash: Hash, index: Index) -> Response:
        """Give a subtitle file that was begun to be played as WebVTT."""
        text = await screens.text(info_hash(hash), index)
        return Response(text, media_type="text/vtt; charset=utf-8")

    @routes.get("/cover/{hash}", response_class=Response)
    async def cover(
        hash: Hash, index: Annotated[int | None, Query(ge=0, le=FILES_MAX)] = None
    ) -> Response:
        """Give a small JPEG of a file, or of all of them; 404 for what is not here."""
        return Response(await screens.still(info_hash(hash), index), media_type="image/jpeg")

    return routes


async def begun(parts: AsyncGenerator[bytes], media_type: str, stopping: asyncio.Event) -> Response:
    """Wait for the first bytes, so that a refusal is told as one, then answer with the stream."""
    try:
        first = await anext(parts)
    except StopAsyncIteration:
        raise NotFoundError from None
    except BaseException:
        await parts.aclose()
        raise
    return PartsResponse(first, parts, media_type, stopping)


class PartsResponse(Response):
    """Sends parts as they are made, no faster than they are taken; ends with the asker."""

    def __init__(
        self,
        first: bytes,
        parts: AsyncGenerator[bytes],
        media_type: str,
        stopping: asyncio.Event,
    ) -> None:
        super().__init__(media_type=media_type)
        self._first = first
        self._parts = parts
        self._stopping = stopping
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the worker ends when the asker goes or the peer stops."""
        try:
            await send(
                {"type": "http.response.start", "status": 200, "headers": list(self.raw_headers)}
            )
            await while_asked(self._send(send), receive, self._stopping)
        except BaseExceptionGroup as errors:
            if only_refusal(errors) is None:
                raise
        finally:
            await self._parts.aclose()

    async def _send(self, send: Send) -> None:
        try:
            await _given(send, self._first)
            async for part in self._parts:
                await _given(send, part)
        except (KkiriError, TimeoutError):
            return  # half a film was sent: the connection is broken off, not ended as if complete
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _given(send: Send, part: bytes) -> None:
    async with asyncio.timeout(IDLE_SECONDS_MAX):
        await send({"type": "http.response.body", "body": part, "more_body": True})
