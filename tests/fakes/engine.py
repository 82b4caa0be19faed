"""The torrent engine in memory, for the flow that fetches: a test says what it would have done."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kkiri.base.errors import KkiriError, NotFoundError
from kkiri.base.types import Bytes, InfoHash, Seconds
from kkiri.event.listing import PeerAddress
from kkiri.ports.swarms import Swarm
from kkiri.ports.torrents import FetchSpec, Progress, SeedSpec, TransferState
from kkiri.swarm.metainfo import read


@dataclass
class FakeSwarms:
    """Implements `ports.swarms.Swarms`: what a test put in, and what was asked."""

    held: dict[InfoHash, Swarm] = field(default_factory=dict)
    chosen: dict[InfoHash, tuple[tuple[str, ...] | None, tuple[str, ...]]] = field(
        default_factory=dict
    )
    rates: tuple[int, int] | None = None
    erased: list[InfoHash] = field(default_factory=list)
    stays: int = 0
    """Files that somebody has changed."""

    async def swarm(self, info_hash: InfoHash) -> Swarm:
        if info_hash not in self.held:
            raise NotFoundError(info_hash)
        return self.held[info_hash]

    async def choose(
        self, info_hash: InfoHash, only: Sequence[str] | None, first: Sequence[str] = ()
    ) -> None:
        if info_hash not in self.held:
            raise NotFoundError(info_hash)
        self.chosen[info_hash] = (None if only is None else tuple(only), tuple(first))

    async def erase(self, info_hash: InfoHash) -> int:
        self.erased.append(info_hash)
        return self.stays

    def limit(self, upload_rate: Bytes, download_rate: Bytes) -> None:
        self.rates = (upload_rate, download_rate)


class FakeFile:
    """Implements `ports.arriving.ArrivingFile`."""

    def __init__(self, engine: "FakeEngine", info_hash: InfoHash, name: str, body: bytes) -> None:
        self.name, self.size = name, Bytes(len(body))
        self._engine, self._info_hash, self._body = engine, info_hash, body
        self.closed = False

    async def read(self, offset: int, size: int) -> bytes:
        while self._info_hash in self._engine.held_back and self._info_hash in self._engine.specs:
            self._engine.news.clear()
            await self._engine.news.wait()
        if self._info_hash not in self._engine.specs:
            raise NotFoundError(self._info_hash)
        return self._body[offset : offset + size] if offset >= 0 else b""

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeEngine:
    """Implements `ports.torrents.Torrents`."""

    address: PeerAddress | None = None
    specs: dict[InfoHash, FetchSpec] = field(default_factory=dict)
    states: dict[InfoHash, TransferState] = field(default_factory=dict)
    dialled: list[PeerAddress] = field(default_factory=list)
    refuses: KkiriError | None = None
    saves: int = 0
    swarms: FakeSwarms = field(default_factory=FakeSwarms)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    metainfos: dict[InfoHash, bytes] = field(default_factory=dict)
    bodies: dict[InfoHash, list[bytes]] = field(default_factory=dict)
    """Of the files that a swarm has, in the torrent's order."""
    held_back: set[InfoHash] = field(default_factory=set)
    opened: list[tuple[InfoHash, int]] = field(default_factory=list)
    """Torrents of which nothing arrives."""

    def finish(self, info_hash: InfoHash) -> None:
        """Let a download be complete."""
        self.states[info_hash] = TransferState.SEEDING
        self.news.set()

    async def seed(self, spec: SeedSpec) -> InfoHash:
        raise NotImplementedError

    async def fetch(self, spec: FetchSpec) -> InfoHash:
        if self.refuses is not None:
            raise self.refuses
        self.specs[spec.info_hash] = spec
        self.states.setdefault(spec.info_hash, TransferState.METADATA)
        return spec.info_hash

    async def remove(self, info_hash: InfoHash) -> None:
        self.specs.pop(info_hash, None)
        self.states.pop(info_hash, None)
        self.news.set()

    async def pause(self, info_hash: InfoHash, paused: bool) -> None:
        if self.states.get(info_hash) is not TransferState.SEEDING:
            self.states[info_hash] = TransferState.PAUSED if paused else TransferState.FETCHING

    def dial(self, info_hash: InfoHash, addresses: Sequence[PeerAddress]) -> None:
        self.dialled.extend(addresses)

    def progress_of(self, info_hash: InfoHash) -> Progress | None:
        if info_hash not in self.specs:
            return None
        return Progress(
            info_hash=info_hash,
            name="",
            state=self.states[info_hash],
            size=Bytes(10),
            done=Bytes(0),
            down_rate=0,
            up_rate=0,
            peers=0,
            seeds=0,
            sources=(),
            pieces=b"",
        )

    def metainfo(self, info_hash: InfoHash) -> bytes | None:
        return self.metainfos.get(info_hash)

    def let_come(self, info_hash: InfoHash) -> None:
        """Let a torrent arrive that was held back."""
        self.held_back.discard(info_hash)
        self.news.set()

    async def wait_metainfo(self, info_hash: InfoHash) -> bytes:
        while info_hash in self.specs and info_hash not in self.metainfos:
            self.news.clear()
            await self.news.wait()
        if info_hash not in self.specs:
            raise NotFoundError(info_hash)
        return self.metainfos[info_hash]

    async def open(
        self, info_hash: InfoHash, index: int, seconds: Seconds | None = None
    ) -> "FakeFile":
        info = read(await self.wait_metainfo(info_hash))
        if not 0 <= index < len(info.files):
            raise NotFoundError(f"{index}")
        self.opened.append((info_hash, index))
        name = info.files[index].parts[-1] if info.files[index].parts else info.name
        if info_hash not in self.bodies:
            raise NotFoundError(info_hash)
        return FakeFile(self, info_hash, name, self.bodies[info_hash][index])

    async def wait_complete(self, info_hash: InfoHash) -> Path:
        while self.states.get(info_hash) is not TransferState.SEEDING:
            if info_hash not in self.specs:
                raise NotFoundError(info_hash)
            self.news.clear()
            await self.news.wait()
        return self.specs[info_hash].folder / "song.mp3"

    def seeding(self) -> int:
        return 0

    async def save(self) -> None:
        self.saves += 1
