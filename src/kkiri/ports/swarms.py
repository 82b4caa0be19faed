"""What a person sees of one torrent's swarm, and what they steer of a running one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from kkiri.base.types import Bytes, InfoHash
from kkiri.event.listing import PeerAddress


class Origin(Enum):
    """How we came to a peer of a swarm."""

    NAMED = "named"
    """By a link, a listing or somebody's presence."""
    INCOMING = "incoming"
    """It dialled us."""
    DHT = "dht"
    EXCHANGE = "exchange"
    """Another peer of the swarm told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwarmPeer:
    """One peer that we are connected to for one torrent."""

    address: PeerAddress
    client: str
    """What it calls itself, fit for one line; empty while unknown."""
    progress: float
    """How much of the torrent it has, 0 to 1."""
    down_rate: int
    """Bytes a second from it to us."""
    up_rate: int
    origin: Origin
    encrypted: bool
    utp: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SwarmFile:
    """One file of a torrent and how far it is."""

    index: int
    """Its number in the torrent."""
    path: str
    """As the torrent says, below its top name; that name for a single file."""
    size: Bytes
    done: Bytes
    wanted: bool
    first: bool
    """Fetched before the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swarm:
    """One torrent at a moment: its peers, its pieces, its files."""

    info_hash: InfoHash
    peers: tuple[SwarmPeer, ...]
    """Those that move most first, as many as a person can look at."""
    peers_total: int
    piece_bytes: Bytes
    pieces: bytes
    """A `PieceState` a piece; empty while the torrent is not known."""
    availability: bytes
    """How many connected peers have each piece, 255 at most; empty for a complete one."""
    files: tuple[SwarmFile, ...]
    uploaded: Bytes
    """In all runs, as far as known."""
    downloaded: Bytes


class Swarms(Protocol):
    """The swarms of the session's torrents; made with the session, seen through it."""

    async def swarm(self, info_hash: InfoHash) -> Swarm:
        """Look at one torrent. Raises: NotFoundError."""
        ...

    async def choose(
        self, info_hash: InfoHash, only: Sequence[str] | None, first: Sequence[str] = ()
    ) -> None:
        """Change which files of an unfinished download are wanted, and which of them come first.

        Raises: NotFoundError (unknown, or no such file), RefusedError when it is not being fetched.
        """
        ...

    async def erase(self, info_hash: InfoHash) -> int:
        """Take a torrent out and delete its files, no others and nothing behind a link.

        Gives how many stayed, because somebody changed them since. Raises: NotFoundError.
        """
        ...

    def limit(self, upload_rate: Bytes, download_rate: Bytes) -> None:
        """Hold the whole session to rates from now on; 0 is no limit."""
        ...
