"""Routes of playing: a file or a range of it for the page, and by a link for other players.

A link for VLC or mpv holds a key that opens that one file or playlist (`web.side_doors`).
"""

import asyncio
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import Response
from pydantic import Field

from kkiri.app.home import Home, token
from kkiri.app.peer import Peer
from kkiri.app.plays import PlayAnswer, PlayFileAnswer
from kkiri.base.errors import BadNameError, NotReachableError
from kkiri.base.hexes import info_hash
from kkiri.base.names import safe_name
from kkiri.base.types import InfoHash
from kkiri.event.listing import Sort
from kkiri.flows.playing.play import PLAYED, Play, PlayFile, play, playlist
from kkiri.play.album import m3u
from kkiri.web.asked import LINK_CHARS_MAX, NO_NUL, ONLY_FILES_MAX, Asked, PathText
from kkiri.web.file_answer import FileAnswer, file_type
from kkiri.web.films import Hash, Index
from kkiri.web.side_doors import OPEN, PLAYLIST, file_key

PLAYLIST_TYPE = "audio/x-mpegurl"
NAME_CHARS_MAX = 255 * 12  # of a file, percent-encoded: frameworks hand it over decoded

OPEN_SECONDS_MAX = 25.0  # until it is known what a torrent consists of; players give up about then

Name = Annotated[str, InPath(max_length=NAME_CHARS_MAX)]
Key = Annotated[str, InPath(pattern="^[0-9a-f]{64}$")]


class AskedPlay(Asked):
    """Begin to play what a link names."""

    link: Annotated[str, Field(min_length=1, max_length=LINK_CHARS_MAX, pattern=NO_NUL)]
    only: Annotated[list[PathText], Field(min_length=1, max_length=ONLY_FILES_MAX)] | None = None
    """Single files of a folder, as a find names them; all of it when none is named."""


def playing(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(tags=["play"])

    @routes.post("/api/play")
    async def begin(asked: AskedPlay) -> PlayAnswer:
        """Give the files of what a link names, to be read at once; fetches what is not here."""
        return _answer(peer, await play(peer.world, asked.link, asked.only))

    @routes.head("/api/play/{hash}/{index}/{name}", include_in_schema=False)
    @routes.get("/api/play/{hash}/{index}/{name}", response_class=Response)
    async def one_file(hash: Hash, index: Index, name: Name, request: Request) -> Response:
        """Give a file or a range of it, waiting for what has yet to arrive."""
        return await file_of(peer, info_hash(hash), index, request)

    @routes.head(f"{OPEN}/{{key}}/{{hash}}/{PLAYLIST}/{{name}}", include_in_schema=False)
    @routes.get(f"{OPEN}/{{key}}/{{hash}}/{PLAYLIST}/{{name}}", response_class=Response)
    async def songs(key: Key, hash: Hash, name: Name) -> Response:
        """Give the films and songs of a torrent as a playlist for other players."""
        found = _answer(peer, await playlist(peer.world, info_hash(hash)))
        text = m3u((one.path, one.open) for one in found.files if Sort(one.sort) in PLAYED)
        return Response(text.encode(), headers={"content-type": PLAYLIST_TYPE})

    @routes.head(f"{OPEN}/{{key}}/{{hash}}/{{index}}/{{name}}", include_in_schema=False)
    @routes.get(f"{OPEN}/{{key}}/{{hash}}/{{index}}/{{name}}", response_class=Response)
    async def opened(key: Key, hash: Hash, index: Index, name: Name, request: Request) -> Response:
        """Give a file or a range of it to another player; the key opens no other file."""
        return await file_of(peer, info_hash(hash), index, request)

    return routes


async def file_of(peer: Peer, wanted: InfoHash, index: int, request: Request) -> Response:
    """Answer with a file of a torrent, or a range of it.

    Raises: NotFoundError, NotReachableError.
    """
    try:
        async with asyncio.timeout(OPEN_SECONDS_MAX):
            file = await peer.world.torrents.open(wanted, index)
    except TimeoutError:
        raise NotReachableError(wanted) from None
    kind, shown = file_type(file.name)
    etag = f'"{wanted}-{index}"'  # what an info-hash names never changes
    same = request.headers.get("if-range", etag) == etag
    asked = request.headers.get("range") if same else None
    answer = FileAnswer(file, kind, asked, peer.stopping)
    answer.headers["etag"] = etag
    saved = "inline" if shown else "attachment"
    # Source: RFC 6266, and RFC 8187 for names in any language
    answer.headers["content-disposition"] = f"{saved}; filename*=UTF-8''{_quoted(file.name)}"
    return answer


def _answer(peer: Peer, found: Play) -> PlayAnswer:
    secret = token(Home(peer.config.home))
    key = file_key(secret, found.info_hash, PLAYLIST)
    name = f"{_quoted(found.name)}.m3u8"
    return PlayAnswer(
        info_hash=found.info_hash,
        name=found.name,
        files=[_file_answer(peer, secret, found, file) for file in found.files],
        m3u=f"{peer.page}{OPEN}/{key}/{found.info_hash}/{PLAYLIST}/{name}",
    )


def _file_answer(peer: Peer, secret: str, found: Play, file: PlayFile) -> PlayFileAnswer:
    name = file.path.rpartition("/")[2]
    place = f"{found.info_hash}/{file.index}/{_quoted(name)}"
    key = file_key(secret, found.info_hash, file.index)
    return PlayFileAnswer(
        index=file.index,
        path=file.path,
        size=file.size,
        sort=file.sort.value,
        type=file_type(name)[0],
        url=f"/api/play/{place}",
        open=f"{peer.page}{OPEN}/{key}/{place}",
    )


def _quoted(name: str) -> str:
    """Give a stranger's name as one part of an address: no slash, no control, no other path."""
    try:
        return quote(safe_name(name), safe="")
    except BadNameError:
        return "file"
