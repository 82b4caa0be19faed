"""Files of torrents that are read while they arrive, by any number of readers at once.

A finished or shared file is read straight from disk; of another the pieces are read as they come,
asked for by `reading`. A reader never holds more than one answer.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kkiri.adapters.torrents.alerts import PieceRead, Told
from kkiri.adapters.torrents.disk_file import DiskFile, Stamp, open_file
from kkiri.adapters.torrents.download import Download, Phase
from kkiri.adapters.torrents.downloads import Downloads
from kkiri.adapters.torrents.engine import Engine
from kkiri.adapters.torrents.reading import KeptPieces, PiecesRead, Span
from kkiri.adapters.torrents.seeds import Seeds
from kkiri.base.errors import LocalError, NotFoundError, RefusedError
from kkiri.base.types import Bytes, InfoHash, Seconds
from kkiri.swarm.metainfo import MetaInfo, read

READ_THREADS = 4  # several films at once from a slow disk; more would only queue there
READ_BYTES_MAX = 1024 * 1024  # of one answer; whoever reads on asks again
READERS_MAX = 64  # a page opens six, a remux worker two; more is somebody's mistake
EASE_SECONDS = 5.0  # a player that seeks closes one request and opens the next
LOOK_SECONDS = 0.05  # while a finished file is moved, or a download is added anew
ABSENT_SECONDS_MAX = 10.0  # a download that gets more files is taken out and added anew


class Arriving:
    """Whatever is read of one session's torrents."""

    def __init__(self, engine: Engine, downloads: Downloads, seeds: Seeds) -> None:
        self._engine = engine
        self._downloads = downloads
        self._seeds = seeds
        self._kept = KeptPieces()
        self._torrents: dict[InfoHash, PiecesRead] = {}
        self._readers: dict[Reader, None] = {}
        self._read_at = -EASE_SECONDS
        self.pool = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="read")

    async def open(self, info_hash: InfoHash, index: int, seconds: Seconds | None) -> "Reader":
        """Open one file.

        Raises: NotFoundError, RefusedError when too many are open. Cancel-safe.
        """
        self.tick(time.monotonic(), begins=True)
        info = await asyncio.to_thread(read, await self.wait_metainfo(info_hash))
        if not 0 <= index < len(info.files) or info.files[index].padding:
            raise NotFoundError(f"{info_hash}/{index}")
        if len(self._readers) >= READERS_MAX:
            raise RefusedError(f"{READERS_MAX} open files")
        reader = Reader(self, info, index, seconds)
        self._readers[reader] = None
        return reader

    async def wait_metainfo(self, info_hash: InfoHash) -> bytes:
        """Wait until the torrent file is known. Raises: NotFoundError. Cancel-safe."""
        while True:
            download = self._downloads.held.get(info_hash)
            if download is not None:
                # no time limit here: who waits for the swarm cancels
                await download.known.wait()
                if download.metainfo is None:
                    raise NotFoundError(info_hash)
                return download.metainfo
            found = await asyncio.to_thread(self._seeds.metainfo, info_hash)
            if found is not None:
                return found
            if info_hash not in self._seeds:
                raise NotFoundError(info_hash)
            await asyncio.sleep(LOOK_SECONDS)  # the engine has not taken it in yet

    def download(self, info_hash: InfoHash) -> Download | None:
        """Give the download that is read, as it is now."""
        return self._downloads.held.get(info_hash)

    def shared(self, info_hash: InfoHash, index: int) -> tuple[Path, Stamp | None] | None:
        """Give the folder of a shared torrent, and how one of its files must stand."""
        folder = self._seeds.folder(info_hash)
        if folder is None:
            return None
        stats = self._seeds.stats(info_hash)
        stamp = (int(stats[index].size), stats[index].mtime_ns) if index < len(stats) else None
        return folder, stamp

    async def stamp(self, download: Download, index: int) -> Stamp | None:
        """Give how a finished file stood when it was done."""
        stats = await self._downloads.stats(download)
        wanted = sorted(download.wanted)
        known = index in download.wanted and len(stats) == len(wanted)
        return stats[wanted.index(index)] if known else None

    def pieces(self, info: MetaInfo) -> PiecesRead:
        """Give the pieces of a torrent as readers need them."""
        found = self._torrents.get(info.info_hash)
        if found is None:
            found = self._torrents[info.info_hash] = PiecesRead(info, self._kept)
        return found

    def closed(self, reader: "Reader") -> None:
        """Forget a reader."""
        self._readers.pop(reader, None)

    def hear(self, one: Told) -> None:
        """Take in what the engine told of a torrent that is read."""
        info_hash = getattr(one, "info_hash", None)
        if isinstance(one, PieceRead):
            self._kept.came(one)
        if isinstance(info_hash, str) and info_hash in self._torrents:
            self._torrents[InfoHash(info_hash)].hear(one)

    def tick(self, now: float, *, begins: bool = False) -> None:
        """Let the engine be at ease once nobody reads, but not between a seek's two requests."""
        if self._readers or begins:
            self._read_at = now
        self._engine.read(now - self._read_at < EASE_SECONDS)
        for info_hash, pieces in tuple(self._torrents.items()):
            if pieces.spans:
                pieces.read_at = now
            elif now - pieces.read_at > EASE_SECONDS:
                del self._torrents[info_hash]
                pieces.close()

    def removed(self, info_hash: InfoHash) -> None:
        """End the reading of a torrent that a person took out."""
        for reader in tuple(self._readers):
            if reader.info_hash == info_hash:
                reader.end()
        if info_hash in self._torrents:
            self._torrents[info_hash].tell()

    def close(self) -> None:
        """End all reading."""
        for reader in tuple(self._readers):
            self.removed(reader.info_hash)
        self.pool.shutdown(wait=False)


class Reader:
    """One reader of one file, as `ports.arriving.ArrivingFile`."""

    def __init__(
        self, arriving: Arriving, info: MetaInfo, index: int, seconds: Seconds | None
    ) -> None:
        file = info.files[index]
        start = sum(one.size for one in info.files[:index])
        self.info_hash = info.info_hash
        self.name = file.parts[-1] if file.parts else info.name
        self.size: Bytes = file.size
        self._arriving = arriving
        self._info = info
        self._index = index
        self._span = Span(start=start, end=start + file.size, seconds=seconds)
        self._disk: DiskFile | None = None
        self._pieces: PiecesRead | None = None
        self._ended = False
        self._closed = False

    async def read(self, offset: int, size: int) -> bytes:
        """Wait for the bytes at the offset and give up to `size` of them, none only at the end.

        Raises: NotFoundError, FileChangedError, RefusedError. Cancel-safe.
        """
        if self._closed:
            raise LocalError("a closed file is read")
        size = min(size, self.size - offset, READ_BYTES_MAX)
        if size <= 0 or offset < 0:
            return b""
        absent = 0.0
        while not self._ended:
            if self._disk is not None:
                return await self._disk.read(offset, size)
            download = self._arriving.download(self.info_hash)
            data = await self._try(download, offset, size)
            if data is not None:
                return data
            absent = 0.0 if download is not None else absent + LOOK_SECONDS
            if absent > ABSENT_SECONDS_MAX:
                break
        raise NotFoundError(self.info_hash)

    def close(self) -> None:
        """Stop asking for pieces on behalf of this reader."""
        if self._closed:
            return
        self._closed = True
        if self._disk is not None:
            self._disk.close()
        if self._pieces is not None:
            self._pieces.leave(self._span)
        self._arriving.closed(self)

    def end(self) -> None:
        """Note that the torrent was taken out."""
        self._ended = True

    async def _try(self, download: Download | None, offset: int, size: int) -> bytes | None:
        """Read where the file is now; None when that changed meanwhile."""
        if download is None:
            await self._open_shared()
            return None
        match download.phase:
            case Phase.FAILED:
                raise RefusedError(download.error or self.info_hash)
            case Phase.DONE | Phase.FINISHING:
                await self._open_done(download)
            case Phase.DATA if download.handle is not None:
                pieces = self._join()
                return await pieces.read(download, self._span, offset, size)
            case _:
                await asyncio.sleep(LOOK_SECONDS)
        return None

    def _join(self) -> PiecesRead:
        if self._pieces is None:
            self._pieces = self._arriving.pieces(self._info)
        return self._pieces

    async def _open_shared(self) -> None:
        found = self._arriving.shared(self.info_hash, self._index)
        if found is None:
            await asyncio.sleep(LOOK_SECONDS)
            return
        folder, stamp = found
        place = (self._info.name, *self._info.files[self._index].parts)
        await self._open(folder, place, stamp)

    async def _open_done(self, download: Download) -> None:
        if self._index not in download.wanted:
            raise NotFoundError(self.name)
        if download.phase is Phase.FINISHING:
            try:
                await self._open(download.part, download.places[self._index], None)
            except NotFoundError:
                await asyncio.sleep(LOOK_SECONDS)  # it is being moved
            return
        stamp = await self._arriving.stamp(download, self._index)
        await self._open(download.folder, download.final_places()[self._index], stamp)

    async def _open(self, folder: Path, place: tuple[str, ...], stamp: Stamp | None) -> None:
        found = await open_file(self._arriving.pool, folder, place, self.size, stamp)
        if self._closed or self._disk is not None:
            found.close()
        else:
            self._disk = found
