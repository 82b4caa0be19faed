"""A world of fakes for flows: folders and torrents in memory, hubs that take records."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from pathlib import Path
from random import Random
from typing import cast

from kkiri.adapters.keys.seals import KeySeals
from kkiri.base.errors import LinkLostError, NotFoundError, UnsafeFolderError
from kkiri.base.types import Bytes, EventId, FileRoot, HubUrl, InfoHash, PubKey, Seconds
from kkiri.event.filters import Filter
from kkiri.event.listing import MediaFacts, PeerAddress
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from kkiri.event.wire import Ok
from kkiri.flows.world import HubRow, Network, OpenHub, SearchPlan, World
from kkiri.ports.links import Answer, HubLinks
from kkiri.ports.media import FileStat, FolderFile, Hashed
from kkiri.ports.torrents import Rendezvous, SeedSpec, Torrents
from kkiri.swarm.metainfo import info_hash_of
from tests.fakes.screening import FakeScreening, FakeStills
from tests.fakes.state import FakeState
from tests.fakes.virtual import VirtualClock

OWN_HUB = HubUrl("ws://127.0.0.1:7447")


class FakeFolders:
    """Folders in a dict; `write`, `remove` and `rename` are what a person does."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.files: dict[Path, tuple[bytes, FileStat]] = {}
        self.hashed: list[tuple[str, ...]] = []
        """The names of each run that was hashed, as they were finished."""
        self.unreadable: set[Path] = set()
        self.before_hash: Callable[[Sequence[FolderFile]], None] = lambda _files: None
        self.hash_seconds = 0.0
        self._inodes = 0
        self._watching: list[tuple[tuple[Path, ...], asyncio.Queue[Path | None]]] = []

    # ---- what a person does
    def write(self, path: Path, body: bytes, *, age: float = 3600.0) -> None:
        self._inodes += 1
        inode = self.files[path][1].inode if path in self.files else self._inodes
        mtime = int((self._clock.now() - age) * 1_000_000_000) + self._inodes
        self.files[path] = (body, FileStat(size=Bytes(len(body)), mtime_ns=mtime, inode=inode))
        self._tell(path)

    def remove(self, path: Path) -> None:
        for below in [one for one in self.files if one == path or path in one.parents]:
            del self.files[below]
        self._tell(path)

    def rename(self, path: Path, to: Path) -> None:
        for below in [one for one in self.files if one == path or path in one.parents]:
            self.files[to / below.relative_to(path)] = self.files.pop(below)
        self._tell(path)
        self._tell(to)

    def _tell(self, path: Path) -> None:
        for roots, queue in self._watching:
            if any(path == root or root in path.parents for root in roots):
                queue.put_nowait(path)

    def end_watches(self) -> None:
        for _, queue in self._watching:
            queue.put_nowait(None)

    # ---- the port
    def check(self, path: Path) -> Path:
        if not any(one == path or path in one.parents for one in self.files):
            raise NotFoundError(str(path))
        return path

    async def walk(self, root: Path) -> list[FolderFile]:
        if root in self.files:
            return [FolderFile(path=root, relative=(root.name,), stat=self.files[root][1])]
        found = [
            FolderFile(path=path, relative=path.relative_to(root).parts, stat=state)
            for path, (_, state) in self.files.items()
            if root in path.parents
        ]
        if not found:
            raise NotFoundError(str(root))
        return sorted(found, key=lambda file: file.relative)

    async def hash(
        self, files: Sequence[FolderFile], piece_bytes: int, told: Callable[[int], None]
    ) -> Hashed:
        self.before_hash(files)
        await asyncio.sleep(self.hash_seconds)
        body = b""
        for file in files:
            if file.path not in self.files:
                raise NotFoundError(str(file.path))
            if file.path in self.unreadable or self.files[file.path][1] != file.stat:
                raise UnsafeFolderError(str(file.path))
            body += self.files[file.path][0]
            told(file.stat.size)
        self.hashed.append(tuple(file.path.name for file in files))
        pieces = [sha1(body[at : at + piece_bytes]) for at in range(0, len(body), piece_bytes)]
        return Hashed(
            pieces=b"".join(piece.digest() for piece in pieces),
            roots=tuple(FileRoot(sha256(self.files[file.path][0]).hexdigest()) for file in files),
        )

    async def read(self, path: Path, bytes_max: Bytes) -> bytes:
        if path not in self.files or len(self.files[path][0]) > bytes_max:
            raise NotFoundError(str(path))
        return self.files[path][0]

    async def watch(self, roots: Sequence[Path]) -> AsyncGenerator[frozenset[Path], None]:
        queue: asyncio.Queue[Path | None] = asyncio.Queue()
        entry = (tuple(roots), queue)
        self._watching.append(entry)
        try:
            while (path := await queue.get()) is not None:
                yield frozenset({path})
        finally:
            self._watching.remove(entry)

    def stat(self, path: Path) -> FileStat | None:
        return self.files[path][1] if path in self.files else None

    def free_bytes(self, path: Path) -> Bytes:
        return Bytes(10**12)


class FakeTorrents:
    """A session that only remembers what it seeds."""

    def __init__(self) -> None:
        self.seeds: dict[InfoHash, SeedSpec] = {}
        self.log: list[tuple[str, InfoHash]] = []

    @property
    def address(self) -> PeerAddress | None:
        return PeerAddress(host="127.0.0.1", port=6881)

    async def seed(self, spec: SeedSpec) -> InfoHash:
        info_hash = info_hash_of(spec.metainfo)
        self.seeds.setdefault(info_hash, spec)
        self.log.append(("seed", info_hash))
        return info_hash

    async def remove(self, info_hash: InfoHash) -> None:
        self.seeds.pop(info_hash, None)
        self.log.append(("remove", info_hash))


class FakeMedia:
    """Says of each file what the test put in; nothing else."""

    def __init__(self) -> None:
        self.told: dict[str, MediaFacts] = {}
        self.asked: list[Path] = []
        self.seconds = 0.0
        self.before_answer: Callable[[], None] = lambda: None

    async def facts(self, paths: Sequence[Path]) -> list[MediaFacts]:
        self.asked += paths
        await asyncio.sleep(self.seconds)
        self.before_answer()
        return [self.told.get(path.name, MediaFacts()) for path in paths]


class FakeLink:
    """A hub that answers each record as `answer` says; accepted ones are kept."""

    def __init__(self, url: HubUrl) -> None:
        self._url = url
        self.taken: dict[EventId, Record] = {}
        self.offered = 0
        self.answer: Callable[[Record], str] = lambda _record: ""
        """Empty to accept, else the reason of the refusal."""
        self.lost = asyncio.Event()

    @property
    def url(self) -> HubUrl:
        return self._url

    async def publish(self, records: Sequence[Record], wait_seconds: Seconds) -> list[Ok]:
        await asyncio.sleep(0.001)
        if self.lost.is_set():
            raise LinkLostError(self._url)
        return [self._put(record) for record in records]

    def _put(self, record: Record) -> Ok:
        self.offered += 1
        if record.id in self.taken:
            return Ok(id=record.id, accepted=True, reason="duplicate: it is here")
        reason = self.answer(record)
        if not reason:
            self.taken[record.id] = record
        return Ok(id=record.id, accepted=not reason, reason=reason)

    async def ask(self, filters: Sequence[Filter], wait_seconds: Seconds) -> Answer:
        return Answer(records=(), complete=True, refused=0)

    async def follow(self, filters: Sequence[Filter]) -> AsyncIterator[Record]:
        await self.lost.wait()
        return
        yield

    async def closed(self) -> None:
        await self.lost.wait()


@dataclass
class FakeHubs:
    """Hubs that a test opens and closes."""

    now: list[OpenHub] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, link: FakeLink, *, own: bool = False, key: PubKey | None = None) -> OpenHub:
        hub = OpenHub(url=link.url, key=key, link=link, own=own)
        self.now.append(hub)
        self._ring()
        return hub

    def lose(self, hub: OpenHub) -> None:
        cast("FakeLink", hub.link).lost.set()
        self.now.remove(hub)
        self._ring()

    def _ring(self) -> None:
        rung, self._changed = self._changed, asyncio.Event()
        rung.set()

    def open(self) -> Sequence[OpenHub]:
        return sorted(self.now, key=lambda hub: not hub.own)

    def covering(self) -> Sequence[OpenHub]:
        return self.open()

    def homes(self, author: PubKey) -> Sequence[OpenHub]:
        return self.open()

    def plan(self) -> SearchPlan:
        return SearchPlan(hubs=tuple(self.open()), needs=())

    def rows(self) -> list[HubRow]:
        return []

    def sync_targets(self) -> list[HubUrl]:
        return []

    def offer(self, url: HubUrl, source: object) -> bool:
        return False

    def learn(self, card: object) -> None:
        return

    def answered(self, hub: OpenHub, seconds: Seconds, refused: int) -> None:
        return

    async def changed(self) -> None:
        await self._changed.wait()


@asynccontextmanager
async def _no_links(url: HubUrl) -> AsyncIterator[FakeLink]:
    raise LinkLostError(url)
    yield


@dataclass
class FakeWorld:
    """The fakes one by one, and the world made of them."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    state: FakeState = field(default_factory=FakeState)
    torrents: FakeTorrents = field(default_factory=FakeTorrents)
    media: FakeMedia = field(default_factory=FakeMedia)
    screening: FakeScreening = field(default_factory=FakeScreening)
    stills: FakeStills = field(default_factory=FakeStills)
    hubs: FakeHubs = field(default_factory=FakeHubs)
    signer: Signer = field(default_factory=lambda: Signer(bytes([7]) * 32))

    def __post_init__(self) -> None:
        self.folders = FakeFolders(self.clock)
        self.world = self.again()

    def again(self) -> World:
        """Make the world of a peer that was started again: same disk, nothing else."""
        return World(
            network=Network.PRIVATE,
            signer=self.signer,
            incoming=Path("/in"),
            shared=Path("/shared"),
            own_hub=OWN_HUB,
            bootstrap=(),
            clock=self.clock,
            chance=Random(1),
            hubs=self.hubs,
            links=cast("HubLinks", None),
            torrents=cast("Torrents", self.torrents),
            rendezvous=cast("Rendezvous", None),
            media=self.media,
            screening=self.screening,
            stills=self.stills,
            folders=self.folders,
            library=self.state.library,
            journal=self.state.journal,
            transfers=self.state.transfers,
            book=self.state.book,
            people=self.state.people,
            talk=self.state.talk,
            sealing=KeySeals(bytes([7]) * 32, Random(1)),
        )
