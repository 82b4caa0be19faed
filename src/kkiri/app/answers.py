"""What the local API answers, one type an answer: the page, the command line and scripts read it.

Names are stable: a field may be added, none changes its meaning.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAnswer:
    """How it stands with one hub."""

    url: str
    key: str | None
    """The key it has proved."""
    own: bool
    state: str
    """`open`, `dialling`, `waiting`, `banned`."""
    named: bool
    """A person named it."""
    latency_ms: int | None
    refused: int
    """Records it sent that were forged or not asked for."""
    why: str
    """Why it is banned, or what went wrong last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAnswer:
    """One download."""

    info_hash: str
    name: str
    state: str
    """`metadata`, `checking`, `fetching`, `seeding`, `paused`, `disk_full`, `failed`, `waiting`."""
    size: int
    done: int
    down_rate: int
    """Bytes a second."""
    up_rate: int
    peers: int
    seeds: int
    sources: list[str]
    """Addresses that bytes came from in this run."""
    seconds_left: int | None
    finished: bool
    added_at: int
    path: str | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """How the peer is doing."""

    ready: bool
    npub: str
    page: str
    hub: str
    reachable: bool
    """Strangers can dial the hub; false for a leaf, which uses the hubs of others."""
    hubs: list[HubAnswer]
    shared: int
    """Listings."""
    shared_bytes: int
    transfers: list[TransferAnswer]
    network: str
    torrents: str | None
    """Where other peers dial this one for files."""
    home: str
    version: str
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAnswer:
    """One file of a listing."""

    path: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAnswer:
    """One thing that was found."""

    link: str
    title: str
    kind: str
    """`music`, `film`, `text`, `picture`, `program`, `other`."""
    size: int
    info_hash: str
    author: str
    """npub of who published it first as far as we see."""
    author_name: str
    confirmed: int
    """How many independent keys publish the same torrent."""
    sources: int
    created_at: int
    artist: str | None
    album: str | None
    duration: int | None
    """Seconds."""
    bitrate: int | None
    codec: str | None
    width: int | None
    height: int | None
    lang: str | None
    topics: list[str]
    description: str
    files: list[FileAnswer]
    files_total: int
    followed: bool
    """Somebody whom this person follows publishes it."""
    on: int
    """How many of its publishers are on now."""
    looks_like: str
    """A known person's name that the author's could be taken for."""
    near: bool
    """It answers only when a typing error is forgiven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingAnswer:
    """How far a share has come; the last one has `finished`."""

    finished: bool
    step: str
    """`walk`, `hash`, `done`."""
    done: int
    """Listings."""
    total: int
    name: str
    bytes_done: int
    bytes_total: int
    listings: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAnswer:
    """One shared folder or file."""

    path: str
    listings: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedAnswer:
    """A download that was accepted, and finished when it was waited for."""

    finished: bool
    info_hash: str
    name: str
    path: str | None
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAnswer:
    """A person as we know them."""

    npub: str
    pubkey: str
    name: str
    petname: str
    about: str
    followed: bool
    blocked: bool
    on: bool
    listings: int
    looks_like: str
    """A known person's name that this one could be taken for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedHubAnswer:
    """A hub that a person named."""

    url: str
    key: str | None
    """The key it proved; None for a foreign relay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """A search that goes on."""

    number: int
    words: str
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsAnswer:
    """A new find of a kept search."""

    kept: int
    words: str
    found: FoundAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneAnswer:
    """Done, nothing more to say."""

    done: bool = True
