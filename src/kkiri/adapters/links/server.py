"""The hub's side of links: websockets and NIP-11 on one port, every buffer bounded.

A link that does not read is dropped when its unsent bytes pass a cap; one that talks too fast is
not read, and TCP holds it back.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from kkiri.adapters.links.client import silent
from kkiri.base.errors import LinkLostError
from kkiri.base.limits import SYNC_FRAME_BYTES_MAX
from kkiri.base.types import HubUrl
from kkiri.hub import reach
from kkiri.hub.info import NONCE_HEADER, is_nonce
from kkiri.ports.serving import Origin, Visitor

FRAME_BYTES_MAX = 2 * SYNC_FRAME_BYTES_MAX + 1024  # a sync frame in hex, and its envelope
FRAMES_QUEUED_MAX = 16  # then TCP holds the other side back; 16 records are one loop turn
READ_BYTES_MAX = 16 * 1024  # 600 tiny frames are 10 ms of parsing; asyncio's 256 KiB were 150 ms
UNSENT_BYTES_MAX = 4 * 1024 * 1024  # 30 s of 1 Mbit/s; 1,000 links cannot fill the memory with it
WRITE_HIGH_BYTES = 256 * 1024  # from here on an answer waits for room
CHUNK_BYTES = 64 * 1024  # written at once: few system calls, little copying
HANDSHAKE_SECONDS_MAX = 5.0  # SAFETY N4; a slow phone on a bad line needs two
STALLED_SECONDS_MAX = 20.0  # without any room: the other side does not read
PING_SECONDS = 25.0  # most NAT boxes forget an idle TCP flow after minutes
CLOSE_SECONDS_MAX = 1.0  # nothing is lost when a closing handshake is cut short
LINGER_NOT = struct.pack("ii", 1, 0)  # SO_LINGER on, for no seconds
BACKLOG = 256  # connections not yet accepted; more would wait longer than their handshake

Document = Callable[[Origin, str | None], bytes | None]
"""Give NIP-11 for an asker, with a proof for a nonce; None when it asks too often."""
DialBack = Callable[[Origin, str], Awaitable[bytes | None]]
"""Say whether the asker's hub can be dialled; None when it asks too often."""
Talk = Callable[[Visitor], Coroutine[None, None, None]]
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": "GET",
}


class WebsocketVisitor:
    """One accepted link."""

    def __init__(self, connection: ServerConnection, origin: Origin) -> None:
        self._connection = connection
        self._origin = origin
        self._loop = asyncio.get_running_loop()
        self._out: list[bytes] = []
        self._out_bytes = 0

    @property
    def origin(self) -> Origin:
        """Give where it comes from."""
        return self._origin

    async def messages(self) -> AsyncIterator[bytes]:
        """Give what it says; not reading on holds it back by TCP."""
        try:
            while True:
                yield await self._connection.recv(decode=False)
        except ConnectionClosed:
            return

    def tell(self, message: bytes) -> None:
        """Send without waiting; what is told in one turn of the loop leaves in one write."""
        if self._connection.state is not State.OPEN:
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(message)
        self._out_bytes += len(message)
        if self._out_bytes + self._unsent() > UNSENT_BYTES_MAX:
            self._abort()

    async def tell_all(self, messages: Sequence[bytes]) -> None:
        """Send many, waiting for room."""
        for message in messages:
            if self._connection.state is not State.OPEN:
                raise LinkLostError(self._origin.host)
            self._out.append(message)
            self._out_bytes += len(message)
            if self._out_bytes >= CHUNK_BYTES:
                self._flush()
                await self._wait_room()
        self._flush()

    def drop(self, why: str) -> None:
        """Close the link; what was told before still leaves."""
        if self._connection.state is State.OPEN:
            self._flush()
            self._connection.protocol.send_close(1008, why[:100])
            self._connection.send_data()
            self._connection.transport.close()

    def _unsent(self) -> int:
        return self._connection.transport.get_write_buffer_size()

    def _flush(self) -> None:
        out, self._out, self._out_bytes = self._out, [], 0
        if not out or self._connection.state is not State.OPEN:
            return
        protocol = self._connection.protocol
        for message in out:
            protocol.send_text(message)
        self._connection.transport.write(b"".join(protocol.data_to_send()))

    async def _wait_room(self) -> None:
        if self._unsent() < WRITE_HIGH_BYTES:
            return
        try:
            async with asyncio.timeout(STALLED_SECONDS_MAX):
                await self._connection.drain()
        except (TimeoutError, ConnectionError, ConnectionClosed) as error:
            self._abort()
            raise LinkLostError(self._origin.host) from error

    def _abort(self) -> None:
        """Reset the connection: what the kernel still holds for it is let go too."""
        self._out, self._out_bytes = [], 0
        raw = self._connection.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        self._connection.transport.abort()


class HubDoor:
    """The listening port of a hub."""

    def __init__(
        self,
        *,
        talk: Talk,
        document: Document,
        known: Callable[[], Sequence[HubUrl]],
        dial_back: DialBack | None = None,
    ) -> None:
        self._talk = talk
        self._document = document
        self._known = known
        self._dial_back = dial_back

    @asynccontextmanager
    async def open(self, taken: socket.socket) -> AsyncIterator[None]:
        """Answer at an address that was taken, until the context ends."""
        async with (
            asyncio.TaskGroup() as group,
            serve(
                lambda connection: self._welcome(group, connection),
                sock=taken,
                compression=None,
                process_request=self._request,
                open_timeout=HANDSHAKE_SECONDS_MAX,
                close_timeout=CLOSE_SECONDS_MAX,
                ping_interval=PING_SECONDS,
                ping_timeout=PING_SECONDS,
                max_size=FRAME_BYTES_MAX,
                max_queue=FRAMES_QUEUED_MAX,
                write_limit=WRITE_HIGH_BYTES,
                server_header="kkiri",
                backlog=BACKLOG,
                create_connection=_NarrowConnection,
                logger=silent(),
            ),
        ):
            yield

    async def _welcome(self, group: asyncio.TaskGroup, connection: ServerConnection) -> None:
        """Talk in a task of our own: websockets would swallow a bug, ours must stop the hub."""
        visitor = WebsocketVisitor(connection, self._origin(connection))
        talk = group.create_task(self._talk(visitor), name=f"visitor {visitor.origin.host}")
        await asyncio.wait({talk})

    def _origin(self, connection: ServerConnection) -> Origin:
        local, remote = connection.local_address, connection.remote_address
        arrived = HubUrl(f"ws://{_bracket(local[0])}:{local[1]}")
        urls = [*self._known(), arrived]
        if remote[0] in {"127.0.0.1", "::1"}:
            urls.append(HubUrl(f"ws://localhost:{local[1]}"))
        named = "" if connection.request is None else _field(connection.request, "Host").lower()
        asked = next((url for url in urls if urlsplit(url).netloc == named), arrived)
        return Origin(host=remote[0], urls=tuple(urls), asked=asked)

    async def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer what is no websocket: NIP-11 to who asks for it, else one line."""
        if "websocket" in _field(request, "Upgrade").lower():
            return None
        if "application/nostr+json" not in _field(request, "Accept"):
            line = "This is a kkiri hub; it speaks the Nostr protocol over websockets.\n"
            return _response(HTTPStatus.OK, "text/plain; charset=utf-8", line.encode())
        origin, wish = self._origin(connection), _field(request, reach.HEADER)
        nonce = _field(request, NONCE_HEADER)
        if wish and self._dial_back is not None:
            document = await self._dial_back(origin, wish)
        else:
            document = self._document(origin, nonce if is_nonce(nonce) else None)
        if document is None:
            return _response(HTTPStatus.TOO_MANY_REQUESTS, "text/plain", b"")
        return _response(HTTPStatus.OK, "application/nostr+json", document)


class _NarrowConnection(ServerConnection):
    """Reads little at a time: a flood of tiny frames is parsed a few at once, not ten thousand."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio does so only for sockets made with IPPROTO_TCP; without it an answer takes 40 ms
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.max_size = READ_BYTES_MAX  # type: ignore[attr-defined]
        super().connection_made(transport)


def _field(request: Request, name: str) -> str:
    return ",".join(request.headers.get_all(name))


def _response(status: HTTPStatus, kind: str, body: bytes) -> Response:
    fields = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
    guard = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}
    return Response(status.value, status.phrase, Headers(fields | guard | _CORS), body)


def take_address(host: str, port: int) -> socket.socket:
    """Bind a port, 0 for any free one; nobody is answered yet.

    Raises: OSError when it is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def url_of(taken: socket.socket) -> HubUrl:
    """Give the address of a bound port as seen from this machine."""
    host, port = taken.getsockname()[:2]
    return HubUrl(f"ws://{_bracket({'0.0.0.0': '127.0.0.1', '::': '::1'}.get(host, host))}:{port}")


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
