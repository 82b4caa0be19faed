"""W6: what is asked slowly, hugely or a thousand times over costs bounded time and memory.

While each of these goes on, and after it, the page answers; what was taken is given back.
"""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kkiri.adapters.footage import make_film
from tests.e2e.peers import Person, people, until
from tests.fakes.surface import document

ANSWER_SECONDS_MAX = 10.0  # of a question beside the flood, on two busy cores
REFUSED_SECONDS_MAX = 5.0  # of one body that is refused
STREAMS = 1_000
SLOW = 200
FLOOD = 300
GROWTH_BYTES_MAX = 256 * 1024 * 1024  # SAFETY P1
CHILDREN_MAX = 12  # the hub and its writer and readers, and a few workers of media
DEEP = b"[" * 60_000
LONG_NUMBER = b"9" * 5_000


class _Peer:
    """A running peer, spoken to in raw HTTP."""

    def __init__(self, person: Person, status: dict[str, Any]) -> None:
        parts = urlsplit(status["page"])
        assert parts.port is not None
        self.person, self.port, self.pid = person, parts.port, int(status["pid"])
        token = parse_qs(parts.query)["t"][0]
        self.head = f"Host: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {token}\r\n"

    def request(self, method: str, path: str, body: bytes = b"", more: str = "") -> bytes:
        kind = "Content-Type: application/json\r\n" if method == "POST" else ""
        length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
        head = f"{method} {path} HTTP/1.1\r\n{self.head}{kind}{length}{more}\r\n"
        return head.encode() + body

    @asynccontextmanager
    async def line(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def status_of(self, raw: bytes, seconds_max: float) -> int:
        """Ask once and give the status."""
        async with asyncio.timeout(seconds_max), self.line() as (reader, writer):
            writer.write(raw)
            return int((await reader.readuntil(b" "), await reader.readexactly(3))[1])

    async def answers(self) -> None:
        """See that the page answers."""
        raw = self.request("GET", "/api/status")
        assert await self.status_of(raw, ANSWER_SECONDS_MAX) == 200

    @property
    def memory(self) -> int:
        """Give the bytes the main process holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def files(self) -> int:
        """Give how many files and sockets the main process has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    @property
    def children(self) -> int:
        """Give how many processes it has started that still run, and theirs."""
        waiting, found = [self.pid], 0
        while waiting:
            tasks = Path(f"/proc/{waiting.pop()}/task")
            with suppress(FileNotFoundError):  # it, or one of its threads, ended meanwhile
                for task in list(tasks.iterdir()):
                    born = (task / "children").read_text().split()
                    found += len(born)
                    waiting += map(int, born)
        return found


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Peer]:
    with people(tmp_path_factory.mktemp("bounds"), "one") as (one,):
        peer = _Peer(one, one.up())
        yield peer
        assert one.ready()["pid"] == peer.pid
        assert "Traceback" not in one.log, one.log[-4000:]


@pytest.fixture(scope="module")
def shared(peer: _Peer) -> str:
    """Share a picture and give its info-hash."""
    path = peer.person.folder / "picture.mp4"
    make_film(path, 2, {"title": "picture"}, 7, bits_a_second=200_000)
    peer.person.do("share", str(path), "--wait", "--json")
    found = until(lambda: peer.person.do("find", "picture", "--json").lines, 20.0)
    return str(found[0]["info_hash"])


async def test_w6_a_thousand_streams_are_served_or_refused(peer: _Peer) -> None:
    before, files = peer.memory, peer.files
    async with AsyncExitStack() as stack:
        lines = []
        for _ in range(STREAMS):
            lines.append(await stack.enter_async_context(peer.line()))
            lines[-1][1].write(peer.request("GET", "/api/live"))
        statuses = set()
        for reader, _ in lines:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                statuses.add(int((await reader.readuntil(b" "), await reader.readexactly(3))[1]))
        await peer.answers()
        assert statuses <= {200, 409, 429, 503}
        assert peer.memory - before < GROWTH_BYTES_MAX
    await _until(lambda: peer.files < files + 50)
    await peer.answers()


async def test_w6_half_a_head_and_half_a_body_keep_nobody_out(peer: _Peer) -> None:
    files = peer.files
    async with AsyncExitStack() as stack:
        for number in range(SLOW):
            _, writer = await stack.enter_async_context(peer.line())
            whole = peer.request("POST", "/api/get", b'{"link": "magnet:?"}')
            writer.write(whole[: 20 if number % 2 else -3])
            await writer.drain()
        await peer.answers()
    await _until(lambda: peer.files < files + 50)


def _bodies() -> list[tuple[str, bytes]]:
    """Give for each route that takes a body the worst of it: depth, long numbers, many names."""
    found = []
    whole = document()
    for path, ways in whole["paths"].items():
        if "requestBody" in ways.get("post", {}):
            schema = ways["post"]["requestBody"]["content"]["application/json"]["schema"]
            name = schema["$ref"].rsplit("/", 1)[1]
            fields = whole["components"]["schemas"][name].get("properties") or {"x": {}}
            numbers = b",".join(f'"{one}":'.encode() + LONG_NUMBER for one in [*fields][:8])
            found += [(path, DEEP), (path, b"{" + numbers + b"}")]
    return found


async def test_w6_no_body_takes_long(peer: _Peer) -> None:
    many = b"{" + b",".join(b'"%d":0' % number for number in range(6_000)) + b"}"
    bodies = _bodies()
    assert len(bodies) > 30
    for pattern, body in [*bodies, ("/api/get", many), ("/api/get", b'"' + b"\\u0000" * 10_000)]:
        path = re.sub(r"\{\w+\}", "a" * 40, pattern)
        raw = peer.request("POST", path, body)
        status = await peer.status_of(raw, REFUSED_SECONDS_MAX)
        assert 400 <= status < 500, (path, body[:60], status)
    await peer.answers()


@pytest.mark.parametrize(
    "ranges",
    [
        "bytes=" + ",".join(f"{one}-{one}" for one in range(5_000)),
        "bytes=" + ",".join(["0-"] * 5_000),
        "bytes=0-" + "9" * 5_000,
        "bytes=-" + "9" * 5_000,
        "bytes=" + "-" * 5_000,
        "bytes=5-1",
        "bytes=99999999-",
        "lines=0-1",
        "bytes=0-0,-1",
    ],
)
async def test_w6_a_range_is_one_range_or_none(peer: _Peer, shared: str, ranges: str) -> None:
    raw = peer.request("GET", f"/api/play/{shared}/0/x", more=f"Range: {ranges}\r\n")
    assert await peer.status_of(raw, ANSWER_SECONDS_MAX) in {200, 206, 400, 416, 431}
    await peer.answers()


async def test_w6_a_flood_of_pictures_and_films_starts_few_workers(
    peer: _Peer, shared: str
) -> None:
    paths = [
        f"/api/cover/{shared}?index=0",
        f"/api/film/{shared}/0",
        f"/api/film/{shared}/0/mp4?start=0",
        f"/api/film/{shared}/0/subtitles/0",
        f"/api/cover/{'b' * 40}",
        f"/api/film/{'b' * 40}/0/mp4?start=1e300",
    ]
    before = peer.memory
    most = 0
    async with AsyncExitStack() as stack:
        for number in range(FLOOD):
            _, writer = await stack.enter_async_context(peer.line())
            writer.write(peer.request("GET", paths[number % len(paths)]))
            most = max(most, peer.children)
        await peer.answers()
        most = max(most, peer.children)
    assert most <= CHILDREN_MAX
    assert peer.memory - before < GROWTH_BYTES_MAX
    await peer.answers()


async def test_w6_no_question_of_a_search_takes_long(peer: _Peer) -> None:
    for words in ("a " * 127, "(" * 255, "-" * 255, '"' * 255, "a*" * 120, "ㄱ" * 80):
        asked = json.dumps(words)[1:-1].replace(" ", "%20").replace('"', "%22")
        raw = peer.request("GET", f"/api/find?wait=0&words={asked}".replace("\\", "%5C"))
        assert await peer.status_of(raw, ANSWER_SECONDS_MAX) in {200, 409, 422}
    await peer.answers()


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(int(ANSWER_SECONDS_MAX / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it was not given back")
