"""The film as the worker sees it: a file whose bytes are asked for through a pipe.

Reads grow while they go on in order and are small after a jump, so that an index at the end or a
seek costs little of what has not arrived yet.
"""

import io
from collections import OrderedDict
from typing import BinaryIO

from kkiri.adapters.media.limits import cpu_seconds_more
from kkiri.adapters.media.screening.pipe import (
    ASKED,
    FRAME_BYTES_MAX,
    HEAD,
    LENGTH,
    READ_BYTES_MAX,
    Frame,
)

FIRST_BYTES = 32 * 1024  # after a jump: a header, or the cluster a seek goes to
KEPT_RUNS_MAX = 48  # of at most READ_BYTES_MAX: badly interleaved films read in two places at once
STEP_CPU_SECONDS_MAX = 10  # between two reads or writes; a frame takes milliseconds


class GoneError(EOFError):
    """The other end of the pipe is gone. | 파이프의 다른 쪽이 사라졌습니다."""


class Line:
    """The two pipes of the worker."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    def say(self, what: Frame, body: bytes = b"") -> None:
        """Send one frame; waits while nobody takes it."""
        self._outgoing.write(HEAD.pack(what, len(body)))
        self._outgoing.write(body)
        self._outgoing.flush()
        cpu_seconds_more(STEP_CPU_SECONDS_MAX)

    def give(self, body: bytes) -> None:
        """Send data, in frames that are not too long."""
        for at in range(0, len(body), FRAME_BYTES_MAX):
            self.say(Frame.DATA, body[at : at + FRAME_BYTES_MAX])

    def ask(self, offset: int, size: int) -> bytes:
        """Ask for bytes of the file. Raises: GoneError."""
        self.say(Frame.READ, ASKED.pack(offset, size))
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size))
        body = self._exactly(min(length, READ_BYTES_MAX))
        cpu_seconds_more(STEP_CPU_SECONDS_MAX)
        return body

    def _exactly(self, size: int) -> bytes:
        body = self._incoming.read(size)
        if len(body) != size:
            raise GoneError
        return body


class PipeFile(io.RawIOBase):
    """A file to read and seek in, for libraries."""

    def __init__(self, line: Line, name: str, size: int) -> None:
        super().__init__()
        self._line = line
        self.name = name
        self.size = size
        self._at = 0
        self._runs: OrderedDict[int, bytes] = OrderedDict()
        self._next = -1
        self._ahead = FIRST_BYTES

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read anywhere."""
        return True

    def tell(self) -> int:
        """Give where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere; nothing is read yet. Raises: ValueError."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Give up to so many bytes, all that are left for a negative number."""
        if size < 0:
            return self.readall()
        if self._at >= self.size or size == 0:
            return b""
        found = self._kept(self._at, size) or self._fetched(size)
        self._at += len(found)
        return found

    def readall(self) -> bytes:
        """Give everything from here on."""
        parts = []
        while part := self.read(READ_BYTES_MAX):
            parts.append(part)
        return b"".join(parts)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as one read goes."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def _kept(self, at: int, size: int) -> bytes:
        for start, run in self._runs.items():
            if start <= at < start + len(run):
                self._runs.move_to_end(start)
                return run[at - start : at - start + size]
        return b""

    def _fetched(self, size: int) -> bytes:
        if self._at == self._next:
            self._ahead = min(self._ahead * 2, READ_BYTES_MAX)
        else:
            self._ahead = FIRST_BYTES
        wanted = min(max(self._ahead, min(size, READ_BYTES_MAX)), self.size - self._at)
        run = self._line.ask(self._at, wanted)
        if run:
            self._runs[self._at] = run
            self._next = self._at + len(run)
            if len(self._runs) > KEPT_RUNS_MAX:
                self._runs.popitem(last=False)
        return run[:size]
