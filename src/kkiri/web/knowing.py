"""Routes of people and hubs, and how the peer is doing."""

import asyncio
from contextlib import aclosing

from fastapi import APIRouter
from fastapi.responses import Response

from kkiri.app.answers import (
    AddedHubAnswer,
    DoneAnswer,
    FoundAnswer,
    HubAnswer,
    PersonAnswer,
    StatusAnswer,
)
from kkiri.app.peer import Peer
from kkiri.app.swarm_answers import Told
from kkiri.app.telling import found_answer, hub_answer, person_answer
from kkiri.flows import people
from kkiri.flows.network.join import add_hub
from kkiri.web.asked import AskedHub, AskedNothing, AskedPerson, AskedPetname, Who
from kkiri.web.lines import Emit, EventResponse

LIVE_SECONDS = 0.5  # between two looks for the page; unchanged states are not sent


def knowing(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api", tags=["status", "hubs"])
    _people(routes, peer)

    @routes.get("/status")
    async def status() -> StatusAnswer:
        """Say how the peer is doing."""
        return peer.status()

    @routes.get("/live", response_class=Response)
    async def live() -> Response:
        """Give what goes on as server-sent events, `{"TOPIC": …}`: the status, news, messages."""
        return EventResponse(lambda emit: _live(peer, emit), peer.stopping)

    @routes.post("/stop")
    async def stop(asked: AskedNothing) -> DoneAnswer:
        """Stop the peer."""
        peer.stop()
        return DoneAnswer()

    @routes.get("/hubs")
    async def hubs() -> list[HubAnswer]:
        """List the hubs in use and in the book."""
        return [hub_answer(row) for row in peer.world.hubs.rows()]

    @routes.post("/hubs")
    async def add(asked: AskedHub) -> AddedHubAnswer:
        """Call a hub and keep it."""
        known = await add_hub(peer.world, asked.address)
        return AddedHubAnswer(url=known.url, key=known.key)

    return routes


def _people(routes: APIRouter, peer: Peer) -> None:
    @routes.get("/people")
    async def on_and_followed() -> list[PersonAnswer]:
        """List who is followed, named or on right now."""
        return [person_answer(person) for person in await people.known(peer.world)]

    @routes.get("/people/{who}")
    async def person(who: Who) -> PersonAnswer:
        """Show a person: npub, hex key, petname or profile name."""
        return person_answer(await people.person(peer.world, who))

    @routes.get("/people/{who}/library")
    async def library(who: Who) -> list[FoundAnswer]:
        """Give all that a person shares."""
        pubkey = await people.resolve(peer.world, who)
        return [found_answer(found) for found in await people.library_of(peer.world, pubkey)]

    @routes.post("/follow")
    async def follow(asked: AskedPerson) -> DoneAnswer:
        """Follow a person, or no longer."""
        await people.follow(peer.world, asked.who, asked.on)
        return DoneAnswer()

    @routes.post("/block")
    async def block(asked: AskedPerson) -> DoneAnswer:
        """Block a person, or no longer."""
        await people.block(peer.world, asked.who, asked.on)
        return DoneAnswer()

    @routes.post("/petname")
    async def petname(asked: AskedPetname) -> DoneAnswer:
        """Give a person a name of one's own."""
        await people.petname(peer.world, asked.who, asked.name)
        return DoneAnswer()


async def _live(peer: Peer, emit: Emit) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_tell_status(peer, emit), name="tell the status")
        group.create_task(_tell_board(peer, emit), name="tell the board")


async def _tell_status(peer: Peer, emit: Emit) -> None:
    told: StatusAnswer | None = None
    transfers = Told()
    while True:
        said: dict[str, object] = {}
        status = peer.status(with_transfers=False)
        if status != told:
            told = said["status"] = status
        if (news := transfers.news(peer.transfers())) is not None:
            said["transfers"] = news
        if said:
            await emit(said)
        await asyncio.sleep(LIVE_SECONDS)


async def _tell_board(peer: Peer, emit: Emit) -> None:
    async with aclosing(peer.board.follow(held=("news", "notice"))) as told:
        async for topic, said in told:
            await emit({topic: said})
