"""Small pictures kept on disk in one private folder, the oldest dropped first."""

import asyncio
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from kkiri.base.types import InfoHash

FOLDER_BYTES_MAX = 64 * 1024 * 1024  # about 5,000 pictures of 12 kB
FOLDER_FILES_MAX = 20_000  # folders with more become slow to list
DROPPED_SHARE = 4  # of all, when it is full: dropping one at a time would list the folder each time


class DiskStills:
    """One folder; made when the first picture is kept."""

    def __init__(
        self, folder: Path, bytes_max: int = FOLDER_BYTES_MAX, files_max: int = FOLDER_FILES_MAX
    ) -> None:
        self._folder = folder
        self._bytes_max = bytes_max
        self._files_max = files_max
        self._total: tuple[int, int] | None = None

    async def get(self, info_hash: InfoHash, index: int | None) -> bytes | None:
        """Give a picture that was kept."""
        return await asyncio.to_thread(self._read, self._path(info_hash, index))

    async def put(self, info_hash: InfoHash, index: int | None, picture: bytes) -> None:
        """Keep a picture; a full disk keeps nothing."""
        with suppress(OSError):
            await asyncio.to_thread(self._write, self._path(info_hash, index), picture)

    def _path(self, info_hash: InfoHash, index: int | None) -> Path:
        return self._folder / f"{info_hash}-{'all' if index is None else index}.jpg"

    def _read(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except OSError:
            return None

    def _write(self, path: Path, picture: bytes) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(picture)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        size, count = self._total or self._counted()
        self._total = (size + len(picture), count + 1)
        if self._total[0] > self._bytes_max or self._total[1] > self._files_max:
            self._drop()

    def _entries(self) -> list[tuple[int, int, Path]]:
        found = []
        for path in self._folder.iterdir():
            with suppress(OSError):
                state = path.stat()
                found.append((state.st_mtime_ns, state.st_size, path))
        return sorted(found)

    def _counted(self) -> tuple[int, int]:
        entries = self._entries()
        return sum(size for _, size, _ in entries), len(entries)

    def _drop(self) -> None:
        entries = self._entries()
        size, count = sum(one for _, one, _ in entries), len(entries)
        for _, one, path in entries:
            if size <= self._bytes_max * (DROPPED_SHARE - 1) // DROPPED_SHARE and (
                count <= self._files_max * (DROPPED_SHARE - 1) // DROPPED_SHARE
            ):
                break
            path.unlink(missing_ok=True)
            size, count = size - one, count - 1
        self._total = (size, count)
