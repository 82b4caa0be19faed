"""A file that is all on disk, read in threads: no link is followed, a changed one is refused."""

import asyncio
import os
import stat
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from kkiri.adapters.torrents.disk import opened
from kkiri.base.errors import FileChangedError, NotFoundError

Stamp = tuple[int, int]
"""Size and time of change in nanoseconds."""
# a FIFO put in the way must not hold the thread; Windows has neither, and texts by default
_FLAGS = os.O_RDONLY | sum(
    getattr(os, f"O_{word}", 0) for word in ("NOFOLLOW", "NONBLOCK", "BINARY")
)


class DiskFile:
    """An open file and how it stood; reads one after the other."""

    def __init__(self, pool: ThreadPoolExecutor, handle: int, stamp: Stamp) -> None:
        self._pool = pool
        self._handle = handle
        self._stamp = stamp
        self._reading: Future[bytes] | None = None

    async def read(self, offset: int, size: int) -> bytes:
        """Read beside the loop. Raises: FileChangedError, NotFoundError. Cancel-safe."""
        self._reading = self._pool.submit(_read, self._handle, self._stamp, offset, size)
        return await asyncio.wrap_future(self._reading)

    def close(self) -> None:
        """Close it once no thread reads from it."""
        handle, self._handle = self._handle, -1
        if handle < 0:
            return
        if self._reading is None:
            os.close(handle)
        else:
            self._reading.add_done_callback(lambda _: os.close(handle))


async def open_file(
    pool: ThreadPoolExecutor, folder: Path, place: Sequence[str], size: int, stamp: Stamp | None
) -> DiskFile:
    """Open a regular file below a folder; a link on the way counts as no file.

    `stamp` is how it must stand; None where that is not known. Raises: NotFoundError,
    FileChangedError.
    """
    work = pool.submit(_open, folder, place, size, stamp)
    try:
        handle, found = await asyncio.wrap_future(work)
    except asyncio.CancelledError:
        work.add_done_callback(_close_unused)
        raise
    return DiskFile(pool, handle, found)


def _close_unused(work: "Future[tuple[int, Stamp]]") -> None:
    if not work.cancelled() and work.exception() is None:
        os.close(work.result()[0])


def _open(folder: Path, place: Sequence[str], size: int, stamp: Stamp | None) -> tuple[int, Stamp]:
    if any(part in {"", ".", ".."} or "/" in part or os.sep in part for part in place):
        raise NotFoundError(place[-1])
    try:
        with opened(folder, place[:-1]) as (inside, at):
            name = place[-1] if at is not None else inside / place[-1]
            if at is None and not stat.S_ISREG(os.lstat(name).st_mode):
                raise NotFoundError(place[-1])
            handle = os.open(name, _FLAGS, dir_fd=at)
    except OSError as error:
        raise NotFoundError(place[-1]) from error
    found = os.fstat(handle)
    now = (found.st_size, found.st_mtime_ns)
    if stat.S_ISREG(found.st_mode) and found.st_size == size and stamp in {None, now}:
        return handle, now
    os.close(handle)
    raise FileChangedError(place[-1])


def _read(handle: int, stamp: Stamp, offset: int, size: int) -> bytes:
    try:
        if hasattr(os, "pread"):
            data = os.pread(handle, size, offset)
        else:
            os.lseek(handle, offset, os.SEEK_SET)
            data = os.read(handle, size)
        found = os.fstat(handle)
    except OSError as error:
        raise NotFoundError(error.strerror or "") from error
    if (found.st_size, found.st_mtime_ns) != stamp:
        raise FileChangedError
    return data
