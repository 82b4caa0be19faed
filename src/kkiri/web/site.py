"""The plain page: its files, read once at start and served from memory by exact name."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

FOLDER = Path(__file__).parent / "static"
KINDS: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


def site() -> APIRouter:
    """Make the routes of the page; no path of a request ever touches the disk."""
    routes = APIRouter(include_in_schema=False)
    files = {
        path.name: (path.read_bytes(), KINDS[path.suffix])
        for path in sorted(FOLDER.iterdir())
        if path.suffix in KINDS
    }

    @routes.get("/")
    async def page() -> Response:
        body, kind = files["index.html"]
        return Response(body, headers={"content-type": kind})

    @routes.get("/static/{name}")
    async def one_file(name: str) -> Response:
        if name not in files:
            return PlainTextResponse("Nothing here. | 여기에는 아무것도 없습니다.", 404)
        body, kind = files[name]
        return Response(body, headers={"content-type": kind})

    return routes
