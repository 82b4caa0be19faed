"""A listing (kind 2003) as a typed value: what a person shares.

Source: NIP-35; kkiri's own plain tags are in docs/protocol/records.md.
"""

from dataclasses import dataclass, field
from enum import Enum

from kkiri.base.types import Bytes, FileRoot, InfoHash, PubKey, UnixTime


class Sort(Enum):
    """What a listing is, from its files; a `t` tag of the same word."""

    MUSIC = "music"
    FILM = "film"
    TEXT = "text"
    PICTURE = "picture"
    PROGRAM = "program"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAddress:
    """Where a peer's torrents are dialled; a numeric address, never a name."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """One file of a listing."""

    path: str
    """Relative, `/` between parts, as shown; never used to open a file."""
    size: Bytes
    root: FileRoot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """What a file's own tags and its streams say; None where they do not."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_seconds: int | None = None
    bitrate: int | None = None
    """Bits a second."""
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One torrent as its publisher describes it; one of `parts` records when it has many files."""

    title: str
    info_hash: InfoHash
    sort: Sort
    size: Bytes
    files: tuple[ListedFile, ...]
    facts: MediaFacts = field(default_factory=MediaFacts)
    description: str = ""
    topics: tuple[str, ...] = ()
    addresses: tuple[PeerAddress, ...] = ()
    part: int = 1
    parts: int = 1
    author: PubKey | None = None
    """None before it is signed."""
    created_at: UnixTime | None = None
