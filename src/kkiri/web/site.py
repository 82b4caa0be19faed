"""The plain page: its files, read once at start and served from memory by exact name."""

import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import PlainTextResponse, Response

FOLDER = Path(__file__).parent / "static"
LEVEL = 6  # 1 ms a file; 9 saves a hundredth more
KINDS: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


def site() -> APIRouter:
    """Make the routes of the page; no path of a request ever touches the disk."""
    routes = APIRouter(include_in_schema=False)
    files = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in KINDS}
    packed: dict[str, bytes] = {}

    def answer(name: str, accepted: str) -> Response:
        head = {"content-type": KINDS[Path(name).suffix], "vary": "accept-encoding"}
        if not _takes_gzip(accepted):
            return Response(files[name], headers=head)
        if name not in packed:  # when it is asked for, as kkiri has no time for it at the start
            packed[name] = gzip.compress(files[name], LEVEL, mtime=0)
        return Response(packed[name], headers={**head, "content-encoding": "gzip"})

    @routes.get("/")
    async def page(accept_encoding: Annotated[str, Header()] = "") -> Response:
        return answer("index.html", accept_encoding)

    @routes.get("/static/{name}")
    async def one_file(name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
        if name not in files:
            return PlainTextResponse("Nothing here. | 여기에는 아무것도 없습니다.", 404)
        return answer(name, accept_encoding)

    return routes


def _takes_gzip(accepted: str) -> bool:
    """Read Accept-Encoding as browsers send it. Source: RFC 9110 §12.5.3."""
    for part in accepted.split(","):
        coding, _, weight = part.partition(";")
        if coding.strip().lower() == "gzip":
            return re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight) is None
    return False
