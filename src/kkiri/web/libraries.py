"""Routes of another person's whole library: a page of it, and all of it fetched."""

from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from kkiri.app.answers import FoundAnswer
from kkiri.app.peer import Peer
from kkiri.app.telling import found_answer
from kkiri.base.errors import RefusedError
from kkiri.base.limits import FILTER_LIMIT_MAX
from kkiri.flows.libraries import TAKE_MAX, Libraries, missing, size_of, take
from kkiri.web.asked import Asked, Who
from kkiri.web.lines import Emit, LineResponse

FILES_SHOWN_MAX = 20  # of one listing; the page shows a count
OFFSET_MAX = 1_000_000  # listings of one person

Offset = Annotated[int, Query(ge=0, le=OFFSET_MAX)]
Limit = Annotated[int, Query(ge=1, le=FILTER_LIMIT_MAX)]


class NoRoomError(RefusedError):
    """There is not room for all of that. | 다 받을 자리가 없습니다."""

    number = 153


class AskedTake(Asked):
    """Fetch everything of a person that is not here."""

    start: bool = False
    """False only says how much it would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryPageAnswer:
    """A page of what a person shares, newest first."""

    total: int
    bytes: int
    """Of the whole library."""
    found: list[FoundAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeAnswer:
    """What fetching everything means, or how far it has come."""

    finished: bool
    listings: int
    """Not here yet; at most `at_once` of them are begun at a time."""
    bytes: int
    free: int
    """Bytes on the disk of the incoming folder."""
    at_once: int
    begun: int
    refused: int


def libraries(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api/people/{who}", tags=["people"])
    held = Libraries()

    @routes.get("/library/page")
    async def page(who: Who, offset: Offset = 0, limit: Limit = 100) -> LibraryPageAnswer:
        """Give some of what a person shares."""
        library = await held.of(peer.world, who)
        return LibraryPageAnswer(
            total=len(library),
            bytes=size_of(library),
            found=[found_answer(one, FILES_SHOWN_MAX) for one in library[offset : offset + limit]],
        )

    @routes.post("/get", response_class=Response)
    async def get_all(who: Who, asked: AskedTake) -> Response:
        """Fetch everything of a person that is not here: a line each, then `finished`."""
        return LineResponse(lambda emit: _take(peer, held, who, asked, emit), peer.stopping)

    return routes


async def _take(peer: Peer, held: Libraries, who: str, asked: AskedTake, emit: Emit) -> None:
    wanted = missing(peer.world, await held.of(peer.world, who))
    size = size_of(wanted[:TAKE_MAX])
    free = peer.world.folders.free_bytes(peer.world.incoming)

    def answer(begun: int, refused: int, finished: bool) -> TakeAnswer:
        return TakeAnswer(
            finished=finished,
            listings=len(wanted),
            bytes=size,
            free=free,
            at_once=TAKE_MAX,
            begun=begun,
            refused=refused,
        )

    if not asked.start:
        await emit(answer(0, 0, True))
        return
    if size > free:
        raise NoRoomError
    begun = refused = 0
    async with aclosing(take(peer.world, wanted)) as steps:
        async for step in steps:
            begun, refused = step.begun, step.refused
            await emit(answer(begun, refused, False))
    await emit(answer(begun, refused, True))
