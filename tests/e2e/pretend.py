"""The real page and its door before a peer that is not there: answers are made from the types.

Whatever a route may answer, the page is told, every text of it chosen by the test. New routes are
covered by their return types; only streams and files are named here.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast
from zlib import compress, crc32

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.routing import APIRoute

from kkiri.app.answers import (
    FetchedAnswer,
    FoundAnswer,
    NewsAnswer,
    SharingAnswer,
    StatusAnswer,
    TransferAnswer,
)
from kkiri.app.showing import ShowingAnswer
from kkiri.app.talks import NoticeAnswer, ToldMessage
from kkiri.app.things import ThingAnswer
from kkiri.base.errors import NotFoundError
from kkiri.web.guard import App, Door, Guard
from kkiri.web.lines import refusal
from kkiri.web.site import FOLDER, site
from tests.e2e.making import Maker, Text
from tests.e2e.served import served
from tests.fakes.surface import routes

TOKEN = "P" * 43
TOPICS: dict[str, Any] = {
    "news": NewsAnswer,
    "together": ShowingAnswer,
    "message": ToldMessage,
    "notice": NoticeAnswer,
}
"""What is told of by itself, by topic, beside the status and the transfers."""
APART = 4_096  # transfers are not the finds of the same moment, but for a few


@dataclass
class Pretend:
    """What the page is told, and what it asked for."""

    maker: Maker
    port: int = 0
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and body of all that was asked of `/api`."""
    fixed: dict[str, Any] = field(default_factory=dict)
    """Answers by path that stand before the made ones."""
    broken: str = ""
    """What begins with this path is refused; nothing is when it is empty."""
    bare: bool = False
    """Nothing is shared yet."""
    planted: dict[str, str] = field(default_factory=dict)
    """Text of static files by path, with a fault planted, in place of the real ones."""
    _loop: asyncio.AbstractEventLoop | None = None
    _pages: list[asyncio.Queue[bytes]] = field(default_factory=list)

    @property
    def link(self) -> str:
        """Give the link that opens the page."""
        return f"http://127.0.0.1:{self.port}/?t={TOKEN}"

    @property
    def changes(self) -> list[tuple[str, str]]:
        """Give path and body of what was to be changed."""
        return [(path, body) for method, path, body in self.asked if method == "POST"]

    def fill(self, text: Text, *, many: int, turn: int = 0, few: int = 2) -> None:
        """From now on answer with these texts."""
        self.maker = Maker(text=text, many=many, turn=turn, few=few)

    def plant(self, name: str, old: str, new: str) -> None:
        """Serve a static file with a fault in it."""
        text = (FOLDER / name).read_text("utf-8")
        assert old in text, f"{name} has no {old!r}"
        self.planted[f"/static/{name}"] = text.replace(old, new)

    def tell(self, topic: str, value: Any) -> None:
        """Tell every open page."""
        assert self._loop is not None
        line = _event({topic: value})
        for page in list(self._pages):
            self._loop.call_soon_threadsafe(page.put_nowait, line)

    async def live(self) -> AsyncGenerator[bytes]:
        """Begin with the state, then go on with what is told."""
        self._loop = asyncio.get_running_loop()
        mine: asyncio.Queue[bytes] = asyncio.Queue()
        self._pages.append(mine)
        try:
            yield _event({"status": self.status(), "transfers": {"all": self.transfers()}})
            while True:
                yield await mine.get()
        finally:
            self._pages.remove(mine)

    def status(self) -> dict[str, Any]:
        """Give the status, in which the peer is ready."""
        made: dict[str, Any] = self.maker.make(StatusAnswer)
        shared = {"shared": 0} if self.bare else {}
        return made | {"ready": True, "transfers": []} | shared

    def transfers(self) -> list[dict[str, Any]]:
        """Give the transfers, which are not the finds."""
        apart = replace(self.maker, turn=self.maker.turn + APART)
        made: list[dict[str, Any]] = apart.make(list[TransferAnswer])
        return made

    def tell_all(self) -> None:
        """Tell every open page the state, and something new under each topic."""
        self.tell("status", self.status())
        self.tell("transfers", {"all": self.transfers()})
        for topic, kind in TOPICS.items():
            self.tell(topic, self.maker.make(kind))

    def finds(self) -> list[dict[str, Any]]:
        """Give the finds of a search."""
        made: list[dict[str, Any]] = self.maker.make(list[FoundAnswer])
        return made


def dot() -> bytes:
    """Give a picture of one red point, as PNG."""

    def part(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + crc32(kind + data).to_bytes(4)

    head = part(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]))
    body = part(b"IDAT", compress(bytes([0, 255, 0, 0])))
    return b"\x89PNG\r\n\x1a\n" + head + body + part(b"IEND", b"")


def _event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


async def _once(*lines: bytes) -> AsyncGenerator[bytes]:
    for line in lines:
        yield line


def _stream(peer: Pretend, path: str) -> Response | None:
    """Answer what has no type of its own: streams, lines and files."""
    events = "text/event-stream"
    match path.removeprefix("/api/").split("/"):
        case ["live"]:
            return StreamingResponse(peer.live(), media_type=events)
        case ["find", "live"]:
            said: list[dict[str, Any]] = [
                {"found": peer.finds()},
                {"things": peer.maker.make(list[ThingAnswer])},
            ]
            said += [{"meant": peer.maker.text("meant", peer.maker.turn)}, {"done": True}]
            return StreamingResponse(_once(*map(_event, said)), media_type=events)
        case ["news"]:
            news = peer.maker.make(list[NewsAnswer])
            return StreamingResponse(_once(*map(_event, news)), media_type=events)
        case ["get"]:
            return Response(json.dumps(peer.maker.make(FetchedAnswer)) + "\n")
        case ["share"]:
            return Response(json.dumps(peer.maker.make(SharingAnswer)) + "\n")
        case ["cover", _] | ["people", _, "picture"]:
            return Response(dot(), media_type="image/png")
        case ["film", _, _, "subtitles", _]:
            said = peer.maker.text("subtitle", 0).replace("\n", " ")
            text = f"WEBVTT\n\n00:00.000 --> 10:00.000\n{said}\n"
            return Response(text, media_type="text/vtt")
    return None


def _answer(peer: Pretend, known: list[APIRoute], method: str, path: str) -> Response:
    if peer.broken and path.startswith(peer.broken):
        return JSONResponse(refusal(NotFoundError(path)), 404)
    if path in peer.fixed:
        return Response(json.dumps(peer.fixed[path]), media_type="application/json")
    if (stream := _stream(peer, path)) is not None:
        return stream
    for route in known:
        if (
            method in (route.methods or ())
            and route.path_regex.match(path)
            and route.response_model
        ):
            value = peer.maker.make(route.response_model)
            return Response(json.dumps(value), media_type="application/json")
    return JSONResponse(refusal(NotFoundError(path)), 404)


def _app(peer: Pretend) -> FastAPI:
    known = routes()
    app = FastAPI(openapi_url=None)
    app.include_router(site())

    @app.api_route("/api/{rest:path}", methods=["GET", "HEAD", "POST"])
    async def answer(request: Request, rest: str) -> Response:
        body = (await request.body()).decode(errors="replace")
        asked = (request.method, f"/api/{rest}", body)
        peer.asked.append(asked)
        return _answer(peer, known, *asked[:2])

    return app


def _planted(peer: Pretend, app: App) -> App:
    async def inside(scope: Any, receive: Any, send: Any) -> None:
        text = peer.planted.get(scope["path"])
        if text is None:
            await app(scope, receive, send)
        else:
            kind = "text/javascript" if scope["path"].endswith(".js") else "text/css"
            await Response(text, media_type=kind)(scope, receive, send)

    return inside


@contextmanager
def pretend(text: Text, *, many: int) -> Iterator[Pretend]:
    """Serve the page of a peer that is not there."""
    peer = Pretend(Maker(text=text, many=many))
    made: list[App] = []

    async def door(scope: Any, receive: Any, send: Any) -> None:
        await made[0](scope, receive, send)

    with served(door) as port:
        peer.port = port
        made.append(Guard(_planted(peer, cast(App, _app(peer))), Door(port=port, token=TOKEN)))
        yield peer
