"""What the peer itself remembers on disk (peer.db): acknowledged means durable."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kkiri.base.types import Bytes, EventId, FileRoot, HubUrl, InfoHash, PubKey, Seq, UnixTime
from kkiri.event.listing import PeerAddress
from kkiri.event.record import Record
from kkiri.ports.media import FileStat


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """One file of a shared listing, in the state in which it was hashed."""

    path: Path
    stat: FileStat
    merkle: FileRoot | None = None
    """BEP 52 root, so that a renamed file is not hashed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedListing:
    """One torrent that we seed from a shared folder."""

    info_hash: InfoHash
    root: Path
    """The shared folder or file that was named."""
    folder: Path
    """Where the torrent's top name stands."""
    title: str
    size: Bytes
    metainfo: bytes
    records: tuple[EventId, ...]
    """The listing's published records, one a part."""
    files: tuple[SharedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLine:
    """One shared listing as a person looks through them."""

    info_hash: InfoHash
    title: str
    size: Bytes
    files: int
    first: Path
    """The first of its files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One download that was asked for."""

    info_hash: InfoHash
    name: str
    folder: Path
    addresses: tuple[PeerAddress, ...]
    added_at: UnixTime
    finished_at: UnixTime | None = None
    path: Path | None = None
    """Of what was fetched, once finished."""
    paused: bool = False
    only: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHub:
    """One line of the peer book."""

    url: HubUrl
    key: PubKey | None
    """Proved key; None for a foreign relay that a person named."""
    named: bool
    """A person named it: bootstrap, `peers add`."""
    first_seen: UnixTime
    last_good: UnixTime | None
    failures: int
    """In a row."""
    ban: str = ""
    """Why it is banned; empty when it is not."""
    banned_until: UnixTime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSearch:
    """A search that goes on."""

    number: int
    words: str
    created_at: UnixTime
    told_until: UnixTime
    """When it was followed last: what came later is told at the next start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNote:
    """What this person decided about another; never published unless asked for."""

    pubkey: PubKey
    petname: str = ""
    followed: bool = False
    blocked: bool = False


class Library(Protocol):
    """Shared folders and their listings."""

    def roots(self) -> list[Path]:
        """Give the folders and files that were named."""
        ...

    def add_root(self, root: Path) -> None:
        """Remember a shared folder."""
        ...

    def remove_root(self, root: Path) -> None:
        """Forget a shared folder; its listings are removed one by one by the flow."""
        ...

    def listings(self, root: Path | None = None) -> list[SharedListing]:
        """Give the listings of one root or of all, always without metainfo (empty)."""
        ...

    def listing(self, info_hash: InfoHash) -> SharedListing | None:
        """Give one, with metainfo; any of them when equal files stand in several roots."""
        ...

    def roots_of(self, info_hash: InfoHash) -> list[Path]:
        """Give the roots in which the torrent stands."""
        ...

    def put_listings(self, listings: Sequence[SharedListing], records: Sequence[Record]) -> None:
        """Store listings and journal their records in one durable transaction."""
        ...

    def withdraw(
        self, root: Path, info_hashes: Sequence[InfoHash], records: Sequence[Record]
    ) -> None:
        """Remove a root's listings and journal the records (deletions) in one transaction."""
        ...

    def totals(self, root: Path | None = None) -> tuple[int, Bytes]:
        """Give the number of listings and their size, of one root or of all."""
        ...

    def lines(self, root: Path, words: str, start: int, limit: int) -> tuple[int, list[SharedLine]]:
        """Give some of a root's listings whose titles have the words, newest first, and how many.

        Upper and lower case are one in ASCII letters only.
        """
        ...


class Journal(Protocol):
    """Our own records in order, and how far each hub has them."""

    def append(self, records: Sequence[Record]) -> None:
        """Add records durably; one that is known is passed over."""
        ...

    def after(self, seq: Seq, limit: int) -> list[tuple[Seq, Record]]:
        """Give records after a number, in order; those since replaced or deleted are left out."""
        ...

    def last(self) -> Seq:
        """Give the newest number."""
        ...

    def cursor(self, hub: str) -> Seq:
        """Give how far a hub (by key, or by url without one) has acknowledged."""
        ...

    def advance(self, hub: str, seq: Seq) -> None:
        """Note how far a hub has acknowledged."""
        ...


class Transfers(Protocol):
    """Downloads that were asked for."""

    def transfers(self) -> list[Transfer]:
        """Give all, newest first."""
        ...

    def put_transfer(self, transfer: Transfer) -> None:
        """Add or replace one durably."""
        ...

    def remove_transfer(self, info_hash: InfoHash) -> None:
        """Forget one; files stay."""
        ...


class Book(Protocol):
    """The peer book: hubs seen, and the anchors that are kept over restarts."""

    def hubs(self) -> list[KnownHub]:
        """Give all."""
        ...

    def put_hub(self, hub: KnownHub) -> None:
        """Add or replace one by url."""
        ...

    def remove_hub(self, url: HubUrl) -> None:
        """Forget one."""
        ...


class People(Protocol):
    """Follows, petnames and blocks, and kept searches."""

    def notes(self) -> list[PersonNote]:
        """Give all."""
        ...

    def put_note(self, note: PersonNote) -> None:
        """Add or replace one by key."""
        ...

    def kept(self) -> list[KeptSearch]:
        """Give the kept searches."""
        ...

    def keep(self, words: str, now: UnixTime) -> KeptSearch:
        """Keep a search."""
        ...

    def unkeep(self, number: int) -> None:
        """Drop one."""
        ...

    def told(self, number: int) -> frozenset[InfoHash]:
        """Give what a kept search has told in the last two days."""
        ...

    def mark_told(self, number: int, until: UnixTime, told: Collection[InfoHash]) -> None:
        """Note durably what a kept search has told, and until when it was followed."""
        ...
