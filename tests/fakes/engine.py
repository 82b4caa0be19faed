"""The torrent engine in memory, for the flow that fetches: a test says what it would have done."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kkiri.base.errors import KkiriError, NotFoundError
from kkiri.base.types import Bytes, InfoHash
from kkiri.event.listing import PeerAddress
from kkiri.ports.swarms import Swarm
from kkiri.ports.torrents import FetchSpec, Progress, SeedSpec, TransferState


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
        return None

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
