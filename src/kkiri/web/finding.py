"""Routes of the search: once, live for the page, and kept."""

import asyncio
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from kkiri.app.answers import DoneAnswer, FoundAnswer, KeptAnswer
from kkiri.app.peer import Peer
from kkiri.app.telling import found_answer
from kkiri.app.things import thing_answer
from kkiri.base.types import Seconds
from kkiri.flows.find import find, find_stream, follow
from kkiri.flows.finds import Found
from kkiri.flows.things import asks_for_files, find_things
from kkiri.search.query import Query as SearchQuery
from kkiri.search.query import meant
from kkiri.web.asked import AskedFind, AskedKeep, AskedNumber, FindParams
from kkiri.web.lines import Emit, EventResponse, LineResponse
from kkiri.web.query import query_of

FILES_LIVE = 1  # of one find: its name has the suffix; the rest is asked for when it is opened


def finding(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api", tags=["find"])

    @routes.get("/find")
    async def find_once(asked: Annotated[FindParams, Query()]) -> list[FoundAnswer]:
        """Search once; best first."""
        query = await query_of(peer.world, asked)
        if not asks_for_files(query):
            return []
        found = await find(peer.world, query, Seconds(asked.wait), asked.limit)
        return [found_answer(one) for one in found]

    @routes.get("/find/live", response_class=Response)
    async def find_live(asked: Annotated[FindParams, Query()]) -> Response:
        """Search and go on, as server-sent events.

        `found` replaces the list, `things` are persons, goods, auctions and texts, `meant` is what
        was probably meant, `done` ends the answers; `new` adds to the list from then on.
        """
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
    async with asyncio.TaskGroup() as tasks:
        beside = tasks.create_task(_things(peer, query, asked, emit), name="find things")
        if asks_for_files(query):
            shown = await _files(peer, query, asked, emit)
        await beside
        await emit({"done": True})
        if asks_for_files(query):
            await _news_of(peer, query, shown, emit)


async def _things(peer: Peer, query: SearchQuery, asked: AskedFind, emit: Emit) -> None:
    found = await find_things(peer.world, query, Seconds(asked.wait))
    if found:
        await emit({"things": [thing_answer(one) for one in found]})


async def _files(peer: Peer, query: SearchQuery, asked: AskedFind, emit: Emit) -> set[str]:
    last: list[Found] = []
    stream = find_stream(peer.world, query, Seconds(asked.wait), asked.limit)
    async with aclosing(stream) as lists:
        async for found in lists:
            if found != last:
                last = found
                await emit({"found": [found_answer(one, FILES_LIVE) for one in found]})
    if last and all(one.near for one in last):
        names = [name for one in last for name in (one.title, one.facts.artist) if name]
        await emit({"meant": meant(query, names)})
    return {one.info_hash for one in last}


async def _news_of(peer: Peer, query: SearchQuery, shown: set[str], emit: Emit) -> None:
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
