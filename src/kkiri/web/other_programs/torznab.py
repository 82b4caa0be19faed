"""Torznab: Prowlarr, Sonarr, Radarr and the like search the network through kkiri.

Every answer is XML, refusals too: a number and a sentence, as the specification has them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from kkiri.app.peer import Peer
from kkiri.base.errors import KkiriError, NotFoundError
from kkiri.base.hexes import info_hash as read_hash
from kkiri.base.types import InfoHash
from kkiri.flows.find import FOUND_MAX, find
from kkiri.flows.finds import Found
from kkiri.flows.listings import of_tag
from kkiri.flows.world import World
from kkiri.search import query as searches
from kkiri.swarm.metainfo import cut
from kkiri.web.other_programs.categories import is_in, sorts_for
from kkiri.web.other_programs.doors import TORZNAB
from kkiri.web.other_programs.subsonic_answer import XML_TYPE
from kkiri.web.other_programs.torznab_answer import (
    PAGE_MAX,
    TORRENT_TYPE,
    Feed,
    capabilities,
    feed,
    torznab_error,
)

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "search": ("q",),
    "tvsearch": ("q", "season", "ep"),
    "movie": ("q",),
    "music": ("q", "artist", "album"),
    "book": ("q", "author", "title"),
}
_OTHER_NAMES = {
    "tv-search": "tvsearch",
    "movie-search": "movie",
    "music-search": "music",
    "audio": "music",
    "audio-search": "music",
    "book-search": "book",
}
# of the specification, and not for this network
_NOT_HERE = frozenset(
    "register details getnfo get cartadd cartdel comments commentadd user".split()
)
_DEFAULT_CATEGORIES: Mapping[str, tuple[int, ...]] = {
    "tvsearch": (5000,),
    "movie": (2000,),
    "music": (3000,),
    "book": (7000,),
}
CATEGORIES_MAX = 100  # there are fewer numbers than that
NUMBER_DIGITS_MAX = 9
_IMDB = re.compile(r"(?:tt)?(\d{1,10})\Z")
_WHOLE = re.compile(rf"\d{{1,{NUMBER_DIGITS_MAX}}}\Z", re.ASCII)
_SEASON = re.compile(r"[sS]?(\d{1,4})\Z", re.ASCII)
_EPISODE = re.compile(r"[eE]?(\d{1,4})\Z", re.ASCII)
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})\Z", re.ASCII)


class TorznabAsked(BaseModel):
    """What a program asks; read by hand, so that every refusal is one of the specification's."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    t: str | None = None
    """`caps`, `search`, `tvsearch`, `movie`, `music`, `book`."""
    q: str = ""
    cat: str = ""
    """Category numbers with commas between."""
    season: str = ""
    ep: str = ""
    imdbid: str = ""
    artist: str = ""
    album: str = ""
    author: str = ""
    title: str = ""
    limit: str = ""
    offset: str = ""
    attrs: str = ""
    """All attributes are always given."""
    extended: str = ""
    apikey: str = ""


@dataclass(frozen=True, slots=True)
class _WrongError(Exception):
    """What the program asked for makes no sense."""

    code: int
    words: str


def torznab(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix=TORZNAB, tags=["torznab"])

    @routes.get("/api", response_class=Response)
    @routes.get("", response_class=Response, include_in_schema=False)
    async def torznab_api(asked: Annotated[TorznabAsked, Query()]) -> Response:
        """Search as a Torznab indexer; `t=caps` says what can be asked."""
        try:
            body = await _answer(peer, asked)
        except _WrongError as wrong:
            body = torznab_error(wrong.code, wrong.words)
        except KkiriError as error:
            body = torznab_error(201, error.sentence("en"))
        return Response(body, headers={"content-type": XML_TYPE})

    @routes.get("/torrent/{info_hash}.torrent", response_class=Response)
    async def torrent_file(
        info_hash: Annotated[str, InPath(pattern="^[0-9a-fA-F]{40}$")],
    ) -> Response:
        """Give the torrent file of something in one's library or downloads, its `info` alone."""
        wanted = read_hash(info_hash)
        raw = torrent_of(peer.world, wanted)
        if raw is None:
            raise NotFoundError(info_hash)
        saved = f'attachment; filename="{wanted}.torrent"'
        return Response(raw, headers={"content-type": TORRENT_TYPE, "content-disposition": saved})

    return routes


def torrent_of(world: World, info_hash: InfoHash) -> bytes | None:
    """Give a torrent's `info` as a torrent file, when it is held here."""
    shared = world.library.listing(info_hash)
    raw = shared.metainfo if shared is not None else world.torrents.metainfo(info_hash)
    return None if raw is None else cut(raw)


def torrent_links(peer: Peer, found: Sequence[Found], key: str) -> dict[str, str]:
    """Give where the torrent files of finds are, of those that are held here."""
    world = peer.world
    return {
        one.info_hash: f"{peer.page}{TORZNAB}/torrent/{one.info_hash}.torrent?apikey={quote(key)}"
        for one in found
        if world.library.roots_of(one.info_hash)
        or world.torrents.metainfo(one.info_hash) is not None
    }


async def _answer(peer: Peer, asked: TorznabAsked) -> bytes:
    if not asked.t:
        raise _WrongError(200, "Missing parameter (t)")
    name = _OTHER_NAMES.get(asked.t.lower(), asked.t.lower())
    if name == "caps":
        return capabilities(peer.page)
    if name in _NOT_HERE:
        raise _WrongError(203, f"Function not available ({name})")
    if name not in FUNCTIONS:
        raise _WrongError(202, f"No such function ({asked.t[:40]})")
    offset, limit = _number("offset", asked.offset, 0), _number("limit", asked.limit, PAGE_MAX)
    limit = min(limit, PAGE_MAX)
    found = await _found(peer.world, name, asked)
    page = found[offset : offset + limit]
    told = Feed(
        title="kkiri",
        link=peer.page,
        about=asked.q or name,
        found=page,
        offset=offset,
        total=len(found),
    )
    return feed(told, torrent_links(peer, page, asked.apikey))


async def _found(world: World, name: str, asked: TorznabAsked) -> list[Found]:
    numbers = _categories(asked.cat)
    unnamed = not numbers
    numbers = numbers or _DEFAULT_CATEGORIES.get(name, ())
    sorts = sorts_for(numbers)
    if numbers and not sorts:
        return []
    if name in {"movie", "tvsearch"} and asked.imdbid:
        found = await _of_imdb(world, asked.imdbid)
    else:
        query = searches.parse(_words(name, asked))
        if sorts and not query.sort:
            query = replace(query, sort=tuple(sort.value for sort in sorts))
        found = await find(world, query)
        if query.node is None:
            found.sort(key=lambda one: (-one.created_at, one.info_hash))
    # what a film and what an episode is cannot always be seen: who named none gets both
    loose = unnamed and name in {"movie", "tvsearch"}
    kept = [one for one in found if one.sort in sorts] if loose else found
    return [one for one in kept if loose or not numbers or is_in(one, numbers)][:FOUND_MAX]


async def _of_imdb(world: World, text: str) -> list[Found]:
    match = _IMDB.match(text)
    if match is None:
        raise _WrongError(201, "Incorrect parameter (imdbid)")
    digits = match[1].lstrip("0") or "0"
    padded = {digits, digits.zfill(7), digits.zfill(8), match[1]}
    return await of_tag(world, "i", sorted(f"imdb:tt{one}" for one in padded))


def _words(name: str, asked: TorznabAsked) -> str:
    """Put together what is searched for; `season` and `ep` as people write them in titles."""
    fields = [getattr(asked, field) for field in FUNCTIONS[name] if field not in {"season", "ep"}]
    said = " ".join(field.strip() for field in fields if field.strip())
    if name != "tvsearch" or not asked.season:
        if asked.ep and name == "tvsearch":
            raise _WrongError(200, "Missing parameter (season)")
        return said
    season = _SEASON.match(asked.season)
    if season is None:
        raise _WrongError(201, "Incorrect parameter (season)")
    number = int(season[1])
    if not asked.ep:
        return f"{said} (S{number:02d}* OR {number}x*)"
    day, episode = _DAY.match(asked.ep), _EPISODE.match(asked.ep)
    if day is not None:  # of a daily programme
        return f'{said} "{number} {int(day[1]):02d} {int(day[2]):02d}"'
    if episode is None:
        raise _WrongError(201, "Incorrect parameter (ep)")
    one = int(episode[1])
    return f"{said} (S{number:02d}E{one:02d} OR {number}x{one:02d})"


def _number(name: str, text: str, default: int) -> int:
    if not text:
        return default
    if not _WHOLE.match(text):
        raise _WrongError(201, f"Incorrect parameter ({name})")
    return int(text)


def _categories(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > CATEGORIES_MAX or not all(_WHOLE.match(part) for part in parts):
        raise _WrongError(201, "Incorrect parameter (cat)")
    return tuple(int(part) for part in parts)
