"""Routes of one transfer looked at closely, and of what is changed there."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from kkiri.app.answers import DoneAnswer
from kkiri.app.peer import Peer
from kkiri.app.swarm_answers import ErasedAnswer, SwarmAnswer, swarm_answer
from kkiri.base.hexes import info_hash as hash_of
from kkiri.flows.swarms import Faces, choose, erase, look
from kkiri.web.asked import Asked, AskedNothing
from kkiri.web.moving import Hash

FILES_MAX = 2_000  # as many as an answer shows
INDEX_MAX = 1_000_000  # more files than a torrent can have

Indexes = Annotated[list[Annotated[int, Field(ge=0, le=INDEX_MAX)]], Field(max_length=FILES_MAX)]


class AskedFiles(Asked):
    """Choose files of a transfer by their numbers."""

    wanted: Annotated[Indexes, Field(min_length=1)]
    first: Indexes = []
    """Those of them that are fetched before the others."""


def swarms(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api/transfers/{info_hash}", tags=["get"])
    faces = Faces()

    @routes.get("/swarm")
    async def swarm(info_hash: Hash) -> SwarmAnswer:
        """Show a transfer's pieces, files and peers."""
        transfer, seen = await look(peer.world, hash_of(info_hash))
        known = await faces.look(peer.world) if seen.peers else {}
        return swarm_answer(transfer, seen, known)

    @routes.post("/choose")
    async def choose_files(info_hash: Hash, asked: AskedFiles) -> DoneAnswer:
        """Fetch only these files of a transfer that runs."""
        await choose(peer.world, hash_of(info_hash), set(asked.wanted), set(asked.first))
        return DoneAnswer()

    @routes.post("/erase")
    async def erase_files(info_hash: Hash, asked: AskedNothing) -> ErasedAnswer:
        """Forget a transfer and delete its files; those that were changed since stay."""
        return ErasedAnswer(stayed=await erase(peer.world, hash_of(info_hash)))

    return routes
