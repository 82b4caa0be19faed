"""Routes of what is found beside torrents, of one torrent in full, and of what was pasted."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from kkiri.app.answers import FoundAnswer
from kkiri.app.peer import Peer
from kkiri.app.telling import found_answer
from kkiri.app.things import PastedAnswer, ThingAnswer, thing_answer
from kkiri.base.errors import NotFoundError
from kkiri.base.hexes import info_hash as read_hash
from kkiri.base.types import Seconds
from kkiri.event import kinds, nip19
from kkiri.event.nip19 import AddressPointer, EventPointer, ProfilePointer
from kkiri.flows.find import find_one
from kkiri.flows.pasted import HubAddress, Pasted, read_pasted
from kkiri.flows.things import find_things, listed_at, thing
from kkiri.play.invite import Invite
from kkiri.swarm.magnet import MagnetLink, write_link
from kkiri.web.asked import LINK_CHARS_MAX, NO_NUL, FindParams
from kkiri.web.query import query_of

POINTER_CHARS_MAX = 2_000  # as flows.pasted
FILES_ALL_MAX = 5_000  # of one torrent: more than a person marks by hand, under 1 MB

Hash = Annotated[str, InPath(pattern="^[0-9a-fA-F]{40}$")]


class PastedParams(BaseModel):
    """A text from the box."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str, Field(min_length=1, max_length=LINK_CHARS_MAX, pattern=NO_NUL)]


class ThingParams(BaseModel):
    """A pointer as people paste it: naddr, nevent or note."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pointer: Annotated[str, Field(min_length=1, max_length=POINTER_CHARS_MAX, pattern=NO_NUL)]


def things(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api", tags=["find"])

    @routes.get("/find/things")
    async def find_things_once(asked: Annotated[FindParams, Query()]) -> list[ThingAnswer]:
        """Search persons, goods, auctions and texts once; best first."""
        query = await query_of(peer.world, asked)
        found = await find_things(peer.world, query, Seconds(asked.wait))
        return [thing_answer(one) for one in found[: asked.limit]]

    @routes.get("/thing")
    async def one_thing(asked: Annotated[ThingParams, Query()]) -> ThingAnswer:
        """Give one of them in full."""
        pointer = read_pasted(asked.pointer)
        if not isinstance(pointer, AddressPointer | EventPointer):
            raise NotFoundError(asked.pointer[:40])
        return thing_answer(await thing(peer.world, pointer), whole=True)

    @routes.get("/found/{info_hash}")
    async def one_found(info_hash: Hash) -> FoundAnswer:
        """Give what is known of one torrent, with all its files."""
        return found_answer(await find_one(peer.world, read_hash(info_hash)), FILES_ALL_MAX)

    @routes.get("/pasted")
    async def pasted(asked: Annotated[PastedParams, Query()]) -> PastedAnswer:
        """Say what a pasted text is: a link, a key, a pointer, a hub's address, or words."""
        said = read_pasted(asked.text)
        if isinstance(said, EventPointer):
            found = await listed_at(peer.world, said)
            return _said("thing", nip19.encode(said)) if found is None else _torrent(found)
        return _pasted(said, asked.text)

    return routes


def _pasted(said: Pasted, text: str) -> PastedAnswer:
    match said:
        case MagnetLink():
            return _torrent(said)
        case HubAddress(url=url):
            return _said("hub", url)
        case ProfilePointer(pubkey=key):
            return _said("person", nip19.npub(key))
        case AddressPointer(kind=kinds.PROFILE, author=key):
            return _said("person", nip19.npub(key))
        case AddressPointer() | EventPointer() as pointer:
            return _said("thing", nip19.encode(pointer))
        case Invite(name=name, size=size, film=film):
            link = text.strip()
            return PastedAnswer(sort="together", link=link, name=name, size=size, info_hash=film)
        case None:
            return _said("words", text)


def _torrent(magnet: MagnetLink) -> PastedAnswer:
    link = write_link(magnet.info_hash, magnet.name, magnet.size, magnet.addresses)
    return PastedAnswer(
        sort="torrent",
        link=link,
        name=magnet.name,
        size=magnet.size,
        info_hash=magnet.info_hash,
    )


def _said(sort: str, link: str) -> PastedAnswer:
    return PastedAnswer(sort=sort, link=link, name="", size=None, info_hash=None)
