"""The torrent engine behind `ports.torrents`; seeds cost nothing idle, downloads resume."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path

import libtorrent as lt

from kkiri.adapters.torrents.alerts import (
    Listening,
    PeerCame,
    PortMapped,
    SeenFromOutside,
    Told,
)
from kkiri.adapters.torrents.arriving import Arriving
from kkiri.adapters.torrents.download import Phase
from kkiri.adapters.torrents.downloads import ADDRESSES_MAX, Downloads
from kkiri.adapters.torrents.engine import Engine
from kkiri.adapters.torrents.mainline import Mainline
from kkiri.adapters.torrents.seeds import Seeds
from kkiri.adapters.torrents.settings import SessionSettings
from kkiri.adapters.torrents.swarms import LibtorrentSwarms
from kkiri.base.errors import NotFoundError
from kkiri.base.types import InfoHash, Seconds
from kkiri.event.listing import PeerAddress
from kkiri.ports.arriving import ArrivingFile
from kkiri.ports.swarms import Swarms
from kkiri.ports.torrents import FetchSpec, Progress, SeedSpec
from kkiri.swarm.addresses import is_global

TICK_SECONDS = 0.5  # how often the engine's numbers are asked for while something moves


@asynccontextmanager
async def open_session(settings: SessionSettings) -> "AsyncIterator[LibtorrentSession]":
    """Open a session for as long as the block runs; its tasks live in a group of its own."""
    async with asyncio.TaskGroup() as tasks:
        session = LibtorrentSession(settings, tasks)
        await session.start()
        ticking = tasks.create_task(session._tick(), name="torrents: tick")
        try:
            yield session
        finally:
            ticking.cancel()
            await session._close()


class LibtorrentSession:
    """One libtorrent session as `ports.torrents.Torrents`; made by `open_session`."""

    def __init__(self, settings: SessionSettings, tasks: asyncio.TaskGroup) -> None:
        settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._public = settings.public
        self._engine = Engine(settings, self._hear)
        self._downloads = Downloads(self._engine, settings, tasks)
        self._seeds = Seeds(self._engine, public=settings.public)
        self._arriving = Arriving(self._engine, self._downloads, self._seeds)
        self._listens: list[PeerAddress] = []
        self._outside: str | None = None
        self._mapped: int | None = None
        self.rendezvous = Mainline(self._engine)
        self.swarms: Swarms = LibtorrentSwarms(self._engine, self._downloads, self._seeds)

    async def start(self) -> None:
        """Listen, and give on what was fetched before."""
        await self._engine.start()
        await self._downloads.give_on()

    @property
    def address(self) -> PeerAddress | None:
        """Give where others dial us; None while not listening, or not reachable as far as known."""
        port = self._mapped or (self._listens[0].port if self._listens else 0)
        if self._public and self._outside is not None and port:
            outside = PeerAddress(host=self._outside, port=port)
            if is_global(outside):
                return outside
        usable = [one for one in self._listens if is_global(one) or not self._public]
        usable.sort(key=lambda one: (ip_address(one.host).is_loopback, ":" in one.host))
        return usable[0] if usable else None

    async def seed(self, spec: SeedSpec) -> InfoHash:
        """Add a complete torrent. Raises: BadMetainfoError."""
        info_hash = self._seeds.add(spec)
        await asyncio.sleep(0)  # thousands are added in a row
        return info_hash

    async def fetch(self, spec: FetchSpec) -> InfoHash:
        """Add or resume a download; more addresses for a known one are dialled.

        Raises: BadMetainfoError, UnsafeFolderError (a link stands in the way), NotFoundError (no
        such file in it), RefusedError.
        """
        known = self._downloads.held.get(spec.info_hash)
        covered = known is not None and (known.only is None or known.only == spec.only)
        if spec.info_hash in self._seeds or (
            known is not None and covered and known.phase not in {Phase.FAILED, Phase.GONE}
        ):
            self.dial(spec.info_hash, spec.addresses)
        else:
            self._engine.pace(True)
            await self._downloads.fetch(spec)
        return spec.info_hash

    async def remove(self, info_hash: InfoHash) -> None:
        """Stop seeding or fetching; finished files stay, the parts of an unfinished one go."""
        await self._seeds.remove(info_hash)
        download = self._downloads.held.get(info_hash)
        if download is not None:
            await self._downloads.remove(download)
        self._arriving.removed(info_hash)

    async def pause(self, info_hash: InfoHash, paused: bool) -> None:
        """Pause a transfer or let it go on; one that had failed is tried again."""
        download = self._downloads.held.get(info_hash)
        if download is not None:
            await self._downloads.pause(download, paused)

    def dial(self, info_hash: InfoHash, addresses: Sequence[PeerAddress]) -> None:
        """Connect to more peers for a torrent."""
        download = self._downloads.held.get(info_hash)
        handle = self._seeds.handle(info_hash) if download is None else download.handle
        for address in addresses[:ADDRESSES_MAX]:
            if download is not None and len(download.addresses) < ADDRESSES_MAX:
                download.addresses[address] = None
            if handle is not None:
                handle.connect_peer((address.host, address.port))

    def progress_of(self, info_hash: InfoHash) -> Progress | None:
        """Give the state of one."""
        download = self._downloads.held.get(info_hash)
        return self._seeds.progress_of(info_hash) if download is None else download.progress()

    def metainfo(self, info_hash: InfoHash) -> bytes | None:
        """Give the torrent file (`info` only) once it is known."""
        download = self._downloads.held.get(info_hash)
        return self._seeds.metainfo(info_hash) if download is None else download.metainfo

    async def wait_metainfo(self, info_hash: InfoHash) -> bytes:
        """Wait until the torrent file is known; give it. Raises: NotFoundError. Cancel-safe."""
        return await self._arriving.wait_metainfo(info_hash)

    async def open(
        self, info_hash: InfoHash, index: int, seconds: Seconds | None = None
    ) -> ArrivingFile:
        """Open one file, to be read while it arrives or when it is here.

        Raises: NotFoundError, FileChangedError, RefusedError. Cancel-safe.
        """
        return await self._arriving.open(info_hash, index, seconds)

    async def wait_complete(self, info_hash: InfoHash) -> Path:
        """Wait until every wanted byte is in its place, checked and on disk; give the path.

        Raises: NotFoundError when it was removed. Cancel-safe.
        """
        download = self._downloads.held.get(info_hash)
        if download is None:
            shared = self._seeds.path(info_hash)
            if shared is None:
                raise NotFoundError(info_hash)
            return shared
        # no time limit here: a transfer may take weeks; who waits cancels
        await download.complete.wait()
        if download.phase is not Phase.DONE:
            raise NotFoundError(info_hash)
        return download.path()

    def seeding(self) -> int:
        """Give the number of complete torrents."""
        done = sum(one.phase is Phase.DONE for one in self._downloads.held.values())
        return len(self._seeds) + done

    async def save(self) -> None:
        """Write resume data of all unfinished downloads."""
        await self._downloads.save()

    async def _close(self) -> None:
        """Save and stop."""
        if self._engine.lt is not None:
            self._arriving.close()
            await self._downloads.close()
            await self._engine.close()

    async def _tick(self) -> None:
        """Ask for the engine's numbers while something moves; forever."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await self._downloads.tick(time.monotonic())
            self._arriving.tick(time.monotonic())
            self._engine.pace(self._downloads.busy or self._seeds.busy)
            if self._downloads.held or self._seeds.busy:
                self._engine.session.post_torrent_updates(lt.torrent_handle.query_pieces)

    def _hear(self, one: Told) -> None:
        match one:
            case Listening(host=host, port=port):
                self._listens.append(PeerAddress(host=host, port=port))
            case SeenFromOutside(host=host):
                self._outside = host
            case PortMapped(port=port):
                self._mapped = port
            case _:
                if isinstance(one, PeerCame):
                    self._engine.pace(True)
                self._arriving.hear(one)
                self._seeds.hear(one)
                self._downloads.hear(one, time.monotonic())
