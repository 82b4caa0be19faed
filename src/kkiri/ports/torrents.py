"""The torrent engine as the flows see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from kkiri.base.types import Bytes, InfoHash, Seconds
from kkiri.event.listing import PeerAddress
from kkiri.ports.arriving import ArrivingFile
from kkiri.ports.media import FileStat
from kkiri.ports.swarms import Swarms


class TransferState(Enum):
    """Where a transfer stands."""

    METADATA = "metadata"
    CHECKING = "checking"
    FETCHING = "fetching"
    SEEDING = "seeding"
    PAUSED = "paused"
    DISK_FULL = "disk_full"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One torrent's state at a moment."""

    info_hash: InfoHash
    name: str
    state: TransferState
    size: Bytes
    done: Bytes
    down_rate: int
    """Bytes a second."""
    up_rate: int
    peers: int
    seeds: int
    sources: tuple[PeerAddress, ...]
    """Those it received from in this run."""
    pieces: bytes
    """One bit a piece, high bit first; empty where unknown."""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSpec:
    """A complete file or folder on disk that is to be seeded without rehashing."""

    metainfo: bytes
    """A torrent file: the `info` dict only."""
    folder: Path
    """The folder that holds the torrent's top name."""
    stats: tuple[FileStat, ...] = ()
    """How each file stood when it was hashed, in the torrent's order; empty where not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSpec:
    """What is to be fetched, where to, and from whom besides the DHT."""

    info_hash: InfoHash
    folder: Path
    addresses: tuple[PeerAddress, ...] = ()
    metainfo: bytes | None = None
    name: str = ""
    only: tuple[str, ...] | None = None
    """Paths of single files; None for all."""


class Torrents(Protocol):
    """One libtorrent session; every method returns at once or awaits an alert."""

    swarms: Swarms
    """The look into each torrent's swarm."""

    @property
    def address(self) -> PeerAddress | None:
        """Give where others dial us; None while not listening."""
        ...

    async def seed(self, spec: SeedSpec) -> InfoHash:
        """Add a complete torrent. Raises: BadMetainfoError."""
        ...

    async def fetch(self, spec: FetchSpec) -> InfoHash:
        """Add or resume a download; more addresses for a known one are dialled.

        Raises: BadMetainfoError, UnsafeFolderError (a link stands in the way).
        """
        ...

    async def remove(self, info_hash: InfoHash) -> None:
        """Stop seeding or fetching; files stay."""
        ...

    async def pause(self, info_hash: InfoHash, paused: bool) -> None:
        """Pause a transfer or let it go on."""
        ...

    def dial(self, info_hash: InfoHash, addresses: Sequence[PeerAddress]) -> None:
        """Connect to more peers for a torrent."""
        ...

    def progress_of(self, info_hash: InfoHash) -> Progress | None:
        """Give the state of one."""
        ...

    def metainfo(self, info_hash: InfoHash) -> bytes | None:
        """Give the torrent file (`info` only) once it is known."""
        ...

    async def wait_metainfo(self, info_hash: InfoHash) -> bytes:
        """Wait until the torrent file is known; give it.

        Raises: NotFoundError when it was removed. Cancel-safe.
        """
        ...

    async def open(
        self, info_hash: InfoHash, index: int, seconds: Seconds | None = None
    ) -> ArrivingFile:
        """Open one file by its number in the torrent, read while it arrives or when it is here.

        `seconds` is how long it plays, when known: it says how far to read ahead. Waits until it is
        known what the torrent consists of. Reading a file of a download that left it out fetches
        what is read. Whoever opens it closes it.

        Raises: NotFoundError (no such torrent or file), FileChangedError. Cancel-safe.
        """
        ...

    async def wait_complete(self, info_hash: InfoHash) -> Path:
        """Wait until every wanted byte is on disk and checked; give the path.

        Raises: NotFoundError when it was removed. Cancel-safe.
        """
        ...

    def seeding(self) -> int:
        """Give the number of complete torrents."""
        ...

    async def save(self) -> None:
        """Write resume data of all unfinished downloads; called often."""
        ...


class Rendezvous(Protocol):
    """Mainline as a place to meet, for first contact only."""

    async def announce(self, key: bytes, port: int) -> None:
        """Tell the DHT that this host answers under the 20-byte key."""
        ...

    async def lookup(self, key: bytes, wait_seconds: Seconds) -> list[PeerAddress]:
        """Ask the DHT who answers under the key; candidates only."""
        ...
