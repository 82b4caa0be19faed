"""Fetch a hub's NIP-11 document: one bounded HTTP/1.1 exchange, no redirect, no proxy."""

import asyncio
import ssl
from contextlib import suppress
from urllib.parse import urlsplit

from kkiri.base.errors import LinkLostError
from kkiri.base.types import HubUrl
from kkiri.hub.info import DOCUMENT_BYTES_MAX

HEAD_BYTES_MAX = 16 * 1024  # common servers send under 1 kB of headers
_PORTS = {"ws": 80, "wss": 443}


async def fetch_document(url: HubUrl, field: tuple[str, str] | None = None) -> bytes:
    """Get the body, asking with one more header field; the caller bounds the time.

    Raises: LinkLostError when the answer is no 200 with a bounded body, OSError.
    """
    host, port, path, secure = _place(url)
    reader, writer = await asyncio.open_connection(
        host,
        port,
        ssl=ssl.create_default_context() if secure else None,
        limit=HEAD_BYTES_MAX,
    )
    try:
        name = f"[{host}]" if ":" in host else host
        more = "" if field is None else f"{field[0]}: {field[1]}\r\n"
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {name}:{port}\r\nAccept: application/nostr+json\r\n"
            f"{more}User-Agent: kkiri\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        return await _body(reader, url)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        raise LinkLostError(url) from error
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _place(url: HubUrl) -> tuple[str, int, str, bool]:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise LinkLostError(url) from error
    path = parts.path or "/"
    if not parts.hostname or not path.isascii() or any(char <= " " for char in path):
        raise LinkLostError(url)
    return parts.hostname, port, path, parts.scheme == "wss"


async def _body(reader: asyncio.StreamReader, url: HubUrl) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    if status.split(" ")[1:2] != ["200"]:
        raise LinkLostError(url)
    fields = {
        name.strip().lower(): value.strip().lower()
        for name, _, value in (line.partition(":") for line in lines)
    }
    if "chunked" in fields.get("transfer-encoding", ""):
        return await _chunks(reader, url)
    if "content-length" in fields:
        size = int(fields["content-length"])
        if not 0 <= size <= DOCUMENT_BYTES_MAX:
            raise LinkLostError(url)
        return await reader.readexactly(size)
    return await _rest(reader, url)


async def _chunks(reader: asyncio.StreamReader, url: HubUrl) -> bytes:
    body = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0].strip()[:8], 16)
        if size == 0:
            return body
        if not 0 < size <= DOCUMENT_BYTES_MAX - len(body):
            raise LinkLostError(url)
        body += (await reader.readexactly(size + 2))[:-2]


async def _rest(reader: asyncio.StreamReader, url: HubUrl) -> bytes:
    body = b""
    while part := await reader.read(DOCUMENT_BYTES_MAX):
        body += part
        if len(body) > DOCUMENT_BYTES_MAX:
            raise LinkLostError(url)
    return body
