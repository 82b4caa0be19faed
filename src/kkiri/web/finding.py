"""Routes of the search: once, live for the page, and kept."""

from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from kkiri.app.answers import DoneAnswer, FoundAnswer, KeptAnswer
from kkiri.app.peer import Peer
from kkiri.app.telling import found_answer
from kkiri.base.types import Seconds
from kkiri.flows.find import find, find_stream, follow
from kkiri.web.asked import AskedFind, AskedKeep, AskedNumber, FindParams
from kkiri.web.lines import Emit, EventResponse, LineResponse
from kkiri.web.query import query_of

FILES_LIVE = 20  # of one find; the page shows a count


def finding(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api", tags=["find"])

    @routes.get("/find")
    async def find_once(asked: Annotated[FindParams, Query()]) -> list[FoundAnswer]:
        """Search once; best first."""
        query = await query_of(peer.world, asked)
        found = await find(peer.world, query, wait_seconds=Seconds(asked.wait))
        return [found_answer(one) for one in found[: asked.limit]]

    @routes.get("/find/live", response_class=Response)
    async def find_live(asked: Annotated[FindParams, Query()]) -> Response:
        """Search and go on: server-sent events; `found` replaces the list, `new` adds to it."""
        return EventResponse(lambda emit: _live(peer, asked, emit), peer.stopping)

    @routes.get("/find/follow", response_class=Response)
    async def find_follow(asked: Annotated[FindParams, Query()]) -> Response:
        """Give new finds only, one JSON object a line, until the asker goes."""
        return LineResponse(lambda emit: _follow(peer, asked, emit), peer.stopping)

    @routes.get("/kept")
    async def kept() -> list[KeptAnswer]:
        """List the kept searches."""
        return peer.kept()

    @routes.post("/kept")
    async def keep(asked: AskedKeep) -> KeptAnswer:
        """Keep a search."""
        people = peer.world.people
        same = (one for one in people.kept() if one.words == asked.words)
        made = next(same, None) or people.keep(asked.words, peer.world.clock.now())
        return KeptAnswer(number=made.number, words=made.words, created_at=made.created_at)

    @routes.post("/kept/drop")
    async def unkeep(asked: AskedNumber) -> DoneAnswer:
        """Drop a kept search."""
        peer.world.people.unkeep(asked.number)
        return DoneAnswer()

    @routes.get("/news", response_class=Response)
    async def news() -> Response:
        """Give new finds of the kept searches as server-sent events."""
        return EventResponse(lambda emit: _news(peer, emit), peer.stopping)

    return routes


async def _live(peer: Peer, asked: AskedFind, emit: Emit) -> None:
    query = await query_of(peer.world, asked)
    shown: set[str] = set()
    async with aclosing(find_stream(peer.world, query, Seconds(asked.wait))) as lists:
        async for found in lists:
            shown = {one.info_hash for one in found}
            await emit({"found": [found_answer(one, FILES_LIVE) for one in found[: asked.limit]]})
    await emit({"done": True})
    async with aclosing(follow(peer.world, query)) as news:
        async for one in news:
            if one.info_hash not in shown:
                shown.add(one.info_hash)
                await emit({"new": found_answer(one, FILES_LIVE)})


async def _follow(peer: Peer, asked: AskedFind, emit: Emit) -> None:
    query = await query_of(peer.world, asked)
    async with aclosing(follow(peer.world, query)) as news:
        async for one in news:
            await emit(found_answer(one))


async def _news(peer: Peer, emit: Emit) -> None:
    async with aclosing(peer.board.follow(held=("news",))) as told:
        async for topic, said in told:
            if topic == "news":
                await emit(said)
