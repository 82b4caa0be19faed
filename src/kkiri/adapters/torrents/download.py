"""One download as the session holds it: where it is, what is wanted of it, what a person sees."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import libtorrent as lt

from kkiri.adapters.torrents.alerts import PeerBanned, PeerCame, PeerLeft, Status
from kkiri.adapters.torrents.disk import part_folder, stats
from kkiri.adapters.torrents.tickets import Ticket
from kkiri.base.errors import NotFoundError
from kkiri.base.names import collision_key
from kkiri.base.types import Bytes, InfoHash, SafeName
from kkiri.event.listing import PeerAddress
from kkiri.ports.torrents import Progress, TransferState
from kkiri.swarm.metainfo import MetaInfo
from kkiri.swarm.places import Place, places

SOURCES_MAX = 64  # shown to a person
PARDON_SECONDS = (2.0, 10.0, 60.0, 300.0)  # after each ban of a peer; the last for all that follow
SOURCE_CHANGED = "source_changed"
"""`Progress.error` while a source was dropped because its file is not what the torrent says."""

Seen = PeerBanned | PeerCame | PeerLeft | Status


class Phase(Enum):
    """What the engine does with it."""

    METADATA = "metadata"
    DATA = "data"
    FINISHING = "finishing"
    """All there; being moved to its place."""
    DONE = "done"
    """In its place, and given on to who asks."""
    FAILED = "failed"
    GONE = "gone"


@dataclass(slots=True, kw_only=True, eq=False)
class Download:
    """One download; only the session changes it, with `lock` held across awaits."""

    info_hash: InfoHash
    folder: Path
    part: Path
    name: str
    addresses: dict[PeerAddress, None]
    only: tuple[str, ...] | None
    paused: bool = False
    phase: Phase = Phase.METADATA
    handle: lt.torrent_handle | None = None
    metainfo: bytes | None = None
    info: MetaInfo | None = None
    places: tuple[Place, ...] = ()
    wanted: frozenset[int] = frozenset()
    first: frozenset[int] = frozenset()
    """Of the wanted ones those that come before the others."""
    final: SafeName | None = None
    status: Status | None = None
    sources: dict[PeerAddress, None] = field(default_factory=dict)
    connected: dict[PeerAddress, None] = field(default_factory=dict)
    error: str = ""
    no_room: bool = False
    pardon_at: float | None = None
    pardons: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    known: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is known what it consists of, and when it is gone."""

    def know(self, metainfo: bytes, info: MetaInfo) -> None:
        """Take in what the torrent consists of.

        Raises: NotFoundError when none of the wanted paths is in it, BadMetainfoError.
        """
        self.places = places(info)
        self.wanted = _wanted(info, self.only)
        self.first &= self.wanted
        self.metainfo = metainfo
        self.info = info
        self.name = info.name
        self.known.set()

    def choose(self, only: tuple[str, ...] | None, first: tuple[str, ...]) -> None:
        """Want other files of it. Raises: NotFoundError when no file is called so."""
        if self.info is None:
            raise NotFoundError(self.info_hash)
        wanted = _wanted(self.info, only)
        self.first = _wanted(self.info, first) & wanted if first else frozenset()
        self.only, self.wanted = only, wanted

    def files(self) -> list[tuple[Place, int]]:
        """Give place and size of each wanted file, in the part folder."""
        if self.info is None:
            return []
        sizes = [file.size for file in self.info.files]
        return [(self.places[number], sizes[number]) for number in sorted(self.wanted)]

    def unwanted(self) -> dict[int, Place]:
        """Give the place of each file that was not chosen, in the part folder."""
        return {n: place for n, place in enumerate(self.places) if n not in self.wanted}

    def pieces_of(self, numbers: Iterable[int]) -> set[int]:
        """Give the pieces that some bytes of these files are in."""
        found: set[int] = set()
        wanted, start = set(numbers), 0
        for number, file in enumerate(self.info.files if self.info is not None else ()):
            if number in wanted and file.size and self.info is not None:
                last = (start + file.size - 1) // self.info.piece_bytes
                found.update(range(start // self.info.piece_bytes, last + 1))
            start += file.size
        return found

    def final_places(self) -> list[Place]:
        """Give the place of each file of the torrent under its final name."""
        if self.final is None:
            return list(self.places)
        return [(self.final, *place[1:]) for place in self.places]

    def path(self) -> Path:
        """Give what a person opens: the one wanted file, or the top folder."""
        finals = self.final_places()
        if self.only is not None and len(self.wanted) == 1:
            return self.folder.joinpath(*finals[min(self.wanted)])
        return self.folder / finals[0][0]

    def was_moved(self) -> bool:
        """Say whether an earlier run ended between the move and its note; looks at the disk."""
        if self.final is None or (self.part / self.places[0][0]).exists():
            return False
        return all(path.is_file() for path in self.wanted_paths())

    def wanted_paths(self) -> list[Path]:
        """Give the wanted files in their final places."""
        finals = self.final_places()
        return [self.folder.joinpath(*finals[number]) for number in sorted(self.wanted)]

    def hear(self, one: Seen, now: float) -> None:
        """Take in what the engine saw."""
        match one:
            case PeerBanned():
                self._banned(now)
            case PeerCame(address=address):
                if len(self.connected) < SOURCES_MAX:
                    self.connected[address] = None
            case PeerLeft(address=address):
                if self.phase is Phase.DATA:
                    self.connected.pop(address, None)
            case Status():
                self._update(one)

    def gave(self, addresses: Iterable[PeerAddress]) -> None:
        """Note who has given something."""
        known = self.sources | dict.fromkeys(addresses)
        self.sources = dict(list(known.items())[:SOURCES_MAX])

    def _banned(self, now: float) -> None:
        """Note that the engine dropped a source, and when it is asked again.

        A file edited in place makes an honest seeder send one bad piece (SAFETY F3): it is asked
        again, each time after a longer pause, so that a liar costs little.
        """
        self.error = SOURCE_CHANGED
        if self.pardon_at is None:
            self.pardon_at = now + PARDON_SECONDS[min(self.pardons, len(PARDON_SECONDS) - 1)]
            self.pardons += 1

    def _update(self, status: Status) -> None:
        """Take in the engine's numbers."""
        progressed = self.status is not None and status.done > self.status.done
        if progressed and self.error == SOURCE_CHANGED and self.pardon_at is None:
            self.error = ""
        self.status = status

    def left(self) -> int:
        """Give how many bytes are missing, as far as known."""
        size = sum(size for _, size in self.files())
        return size - (self.status.done if self.status is not None else 0)

    def state(self) -> TransferState:
        """Say where it stands."""
        if self.no_room:
            return TransferState.DISK_FULL
        match self.phase:
            case Phase.FAILED | Phase.GONE:
                return TransferState.FAILED
            case Phase.DONE:
                return TransferState.SEEDING
            case Phase.METADATA:
                return TransferState.PAUSED if self.paused else TransferState.METADATA
            case Phase.FINISHING:
                return TransferState.CHECKING
            case Phase.DATA:
                if self.paused:
                    return TransferState.PAUSED
                checking = self.status is not None and self.status.checking
                return TransferState.CHECKING if checking else TransferState.FETCHING

    def progress(self) -> Progress:
        """Give what a person sees."""
        size = sum(size for _, size in self.files())
        status = self.status
        complete = self.phase in {Phase.DONE, Phase.FINISHING}
        done = size if complete else min(status.done, size) if status is not None else 0
        return Progress(
            info_hash=self.info_hash,
            name=self.name,
            state=self.state(),
            size=Bytes(size),
            done=Bytes(done),
            down_rate=status.down_rate if status is not None else 0,
            up_rate=status.up_rate if status is not None else 0,
            peers=status.peers if status is not None else 0,
            seeds=status.seeds if status is not None else 0,
            sources=tuple(self.sources),
            pieces=packed(status.pieces) if status is not None else b"",
            error=self.error,
        )


def from_ticket(ticket: Ticket) -> Download:
    """Give a download as an earlier run left it."""
    return Download(
        info_hash=ticket.info_hash,
        folder=ticket.folder,
        part=part_folder(ticket.folder, ticket.info_hash),
        name=ticket.name or ticket.info_hash,
        addresses={},
        only=ticket.only,
        first=frozenset(ticket.first),
        paused=ticket.paused,
        final=ticket.name,
    )


def to_ticket(download: Download, resume: bytes, boot: str) -> Ticket:
    """Give what a restart must know of a download; looks at the disk when it is done."""
    done = download.phase is Phase.DONE
    return Ticket(
        info_hash=download.info_hash,
        folder=download.folder,
        only=download.only,
        first=tuple(sorted(download.first)),
        paused=download.paused,
        name=download.final,
        done=done,
        stats=tuple(stats(download.wanted_paths())) if done else (),
        resume=resume,
        boot=boot,
    )


def packed(flags: bytes) -> bytes:
    """Pack bytes of 0 and 1 into bits, high bit first."""
    if not flags:
        return b""
    size = -(-len(flags) // 8)
    digits = flags.ljust(size * 8, b"\0").translate(bytes.maketrans(b"\0\1", b"01"))
    return int(digits, 2).to_bytes(size, "big")


def _wanted(info: MetaInfo, only: tuple[str, ...] | None) -> frozenset[int]:
    """Choose the files asked for: by their path, with the torrent's top name or without it."""
    every = [number for number, file in enumerate(info.files) if not file.padding]
    if only is None:
        return frozenset(every)
    asked = {collision_key(path) for path in only}
    found: set[int] = set()
    for number in every:
        path = "/".join(info.files[number].parts)
        names = {path, f"{info.name}/{path}"} if path else {info.name}
        if any(collision_key(name) in asked for name in names):
            found.add(number)
    if not found:
        raise NotFoundError(", ".join(only)[:200])
    return frozenset(found)
