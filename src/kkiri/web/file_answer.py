"""One file as an answer while it arrives: all of it, or one range (RFC 9110, 14).

What was promised in the head is sent, or the line is cut: a player sees the difference.
"""

import asyncio
import re
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kkiri.base.errors import RefusedError, RemoteError
from kkiri.ports.arriving import ArrivingFile
from kkiri.web.lines import while_asked

UNKNOWN_TYPE = "application/octet-stream"
SHOWN_TYPES: Mapping[str, str] = {
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "m4a": "audio/mp4",
    "m4b": "audio/mp4",
    "aac": "audio/aac",
    "wav": "audio/wav",
    "wma": "audio/x-ms-wma",
    "ape": "audio/x-ape",
    "wv": "audio/x-wavpack",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "mka": "audio/x-matroska",
    "mid": "audio/midi",
    "midi": "audio/midi",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "avi": "video/x-msvideo",
    "mov": "video/quicktime",
    "mpg": "video/mpeg",
    "mpeg": "video/mpeg",
    "ts": "video/mp2t",
    "ogv": "video/ogg",
    "wmv": "video/x-ms-wmv",
    "flv": "video/x-flv",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
}
"""None of these can run a script; everything else is saved and never shown (SAFETY W4)."""
PART_BYTES = 256 * 1024  # of one read: a second of film; memory is held for one part a reader
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)


def file_type(name: str) -> tuple[str, bool]:
    """Give the media type of a file by its name, and whether a browser may show it."""
    _, dot, suffix = name.rpartition(".")
    kind = SHOWN_TYPES.get(suffix.lower()) if dot else None
    return (kind, True) if kind is not None else (UNKNOWN_TYPE, False)


def range_of(text: str | None, size: int) -> tuple[int, int] | None:
    """Read a Range header: first byte and one past the last; None for no, many or broken ranges.

    Raises: ValueError when nothing of the file is in it.
    """
    match = _RANGE.match((text or "").replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        begin, end = max(0, size - int(match[2])), size
    else:
        begin = int(match[1])
        end = min(size, int(match[2]) + 1) if match[2] else size
        if match[2] and int(match[2]) < begin:
            return None
    if begin >= end:
        raise ValueError
    return begin, end


class FileAnswer(Response):
    """Sends a file, or a range of it, and closes it whatever happens."""

    def __init__(self, file: ArrivingFile, kind: str, asked: str | None, stopping: asyncio.Event):
        super().__init__()
        self._file = file
        self._stopping = stopping
        try:
            wanted = range_of(asked, file.size)
            self.status_code = 200 if wanted is None else 206
        except ValueError:
            wanted, self.status_code = (0, 0), 416
        self._begin, self._end = wanted or (0, file.size)
        self.headers["content-type"] = kind
        self.headers["accept-ranges"] = "bytes"
        self.headers["content-length"] = str(self._end - self._begin)
        if self.status_code == 206:
            self.headers["content-range"] = f"bytes {self._begin}-{self._end - 1}/{file.size}"
        elif self.status_code == 416:
            self.headers["content-range"] = f"bytes */{file.size}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; stops reading when the asker goes or the peer stops."""
        try:
            head = {"status": self.status_code, "headers": list(self.raw_headers)}
            await send({"type": "http.response.start", **head})
            if scope["method"] == "HEAD" or self._begin == self._end:
                await send({"type": "http.response.body", "body": b""})
                return
            await while_asked(self._send(send), receive, self._stopping)
        finally:
            self._file.close()

    async def _send(self, send: Send) -> None:
        at = self._begin
        while at < self._end:
            try:
                part = await self._file.read(at, min(PART_BYTES, self._end - at))
            except (RefusedError, RemoteError):
                return  # cancelled or changed: the line ends short of what was promised
            if not part:
                return
            at += len(part)
            more = at < self._end
            await send({"type": "http.response.body", "body": part, "more_body": more})
