"""WebDAV for reading: the library and the downloads as folders, files readable while they arrive.

Class 1 without writing: nothing of it changes anything; what would is refused at the door.
"""

import asyncio
from email.utils import formatdate
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import Response

from kkiri.app.peer import Peer
from kkiri.flows.tree import Tree, TreeFile, TreeFolder
from kkiri.web.file_answer import file_type
from kkiri.web.other_programs.dav_answer import (
    XML_TYPE,
    BadPropfindError,
    Entry,
    href,
    multistatus,
    read_propfind,
    refused_depth,
)
from kkiri.web.other_programs.doors import DAV, DAV_METHODS
from kkiri.web.playing import file_of

PATH_CHARS_MAX = 8_192  # the longest path a torrent may have is 1,000 bytes, percent-encoded
TEXT_TYPE = "text/plain; charset=utf-8"
Where = Annotated[str, InPath(max_length=PATH_CHARS_MAX)]


def dav(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix=DAV, tags=["webdav"])
    tree = Tree(peer.world)

    @routes.get("/{path:path}", response_class=Response)
    @routes.head("/{path:path}", response_class=Response, include_in_schema=False)
    async def dav_read(request: Request, path: Where) -> Response:
        """Give a file or a range of it while it arrives, or the names in a folder."""
        found = await tree.find(_parts(path))
        if isinstance(found, TreeFolder):
            names = "\n".join(one.name for one in found.entries()) + "\n"
            return Response(names, headers={"content-type": TEXT_TYPE})
        return await _file(peer, found, request)

    @routes.options("/{path:path}", response_class=Response, include_in_schema=False)
    @routes.options("", response_class=Response, include_in_schema=False)
    async def dav_options() -> Response:
        """Say what can be asked."""
        return Response(headers={"dav": "1", "allow": ", ".join(sorted(DAV_METHODS))})

    async def dav_propfind(request: Request, path: str = "") -> Response:
        """Tell of a folder or file, and with `Depth: 1` of what is in it."""
        return await _propfind(tree, _parts(path[:PATH_CHARS_MAX]), request)

    for place in ("", "/{path:path}"):
        routes.add_api_route(
            place,
            dav_propfind,
            methods=["PROPFIND"],
            response_class=Response,
            include_in_schema=False,
        )
    return routes


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


async def _file(peer: Peer, found: TreeFile, request: Request) -> Response:
    answer = await file_of(peer, found.info_hash, found.number, request)
    answer.headers["last-modified"] = formatdate(found.changed_at, usegmt=True)
    return answer


async def _propfind(tree: Tree, parts: list[str], request: Request) -> Response:
    found = await tree.find(parts)
    depth = request.headers.get("depth", "infinity").strip().lower()
    if depth not in {"0", "1"} and isinstance(found, TreeFolder):
        return Response(refused_depth(), 403, headers={"content-type": XML_TYPE})
    try:
        wanted = read_propfind(await request.body())
    except BadPropfindError as error:
        return Response(str(error), 400, headers={"content-type": TEXT_TYPE})
    told = [_entry(found, parts)]
    if depth == "1" and isinstance(found, TreeFolder):
        told += [_entry(one, [*parts, one.name]) for one in found.entries()]
    # a folder of ten thousand files takes a second to write: in a thread
    body = await asyncio.to_thread(multistatus, told, wanted)
    return Response(body, 207, headers={"content-type": XML_TYPE})


def _entry(found: TreeFile | TreeFolder, parts: list[str]) -> Entry:
    if isinstance(found, TreeFolder):
        return Entry(href=href(parts, folder=True), name=found.name, changed_at=found.changed_at)
    return Entry(
        href=href(parts, folder=False),
        name=found.name,
        changed_at=found.changed_at,
        size=found.size,
        kind=file_type(found.name)[0],
        etag=_etag(found),
    )


def _etag(found: TreeFile) -> str:
    # what a torrent's file holds never changes
    return f'"{found.info_hash}-{found.number}"'
