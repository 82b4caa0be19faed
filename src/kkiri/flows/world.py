"""Everything the flows may touch, in one frozen value made by the composition root."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

from kkiri.base.types import HubUrl, PubKey, Seconds
from kkiri.event.card import HubCard
from kkiri.event.verify import Signer
from kkiri.flows.bells import Bells
from kkiri.hub.address import Source
from kkiri.ports.clock import Chance, Clock
from kkiri.ports.links import HubLink, HubLinks
from kkiri.ports.media import Folders, Media
from kkiri.ports.screening import Screening, Stills
from kkiri.ports.sealing import Sealing
from kkiri.ports.state import Book, Journal, Library, People, Transfers
from kkiri.ports.talks import TalkState
from kkiri.ports.torrents import Rendezvous, Torrents


class Network(Enum):
    """Which network the peer is part of."""

    PUBLIC = "public"
    PRIVATE = "private"
    """Own bootstrap list, loopback and private ranges allowed, no DHT bootstrap, no mapping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHub:
    """A hub to which a link stands now."""

    url: HubUrl
    key: PubKey | None
    link: HubLink
    own: bool
    searches: bool = True
    """False for a foreign relay that does not know NIP-50: we filter what it gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """Whom a search asks, and when it may stop waiting."""

    hubs: tuple[OpenHub, ...]
    """The own hub first, the others likely quickest first."""
    needs: tuple[frozenset[HubUrl], ...]
    """For each part of the record space, the other hubs that hold it: one answer is enough."""


class HubState(Enum):
    """How it stands with a hub."""

    OPEN = "open"
    DIALLING = "dialling"
    WAITING = "waiting"
    """Dialled again later."""
    BANNED = "banned"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRow:
    """One hub as `kkiri status` shows it."""

    url: HubUrl
    key: PubKey | None
    """Proved key; None while it has proved none."""
    state: HubState
    own: bool
    named: bool
    latency_ms: int | None
    """Of its answers of late."""
    refused: int
    """Records it sent that were forged or not asked for."""
    why: str = ""
    """A sentence for a person: why it is banned, or what went wrong last."""


class Hubs(Protocol):
    """The hubs this peer has links to; kept by `flows.network.join`."""

    def open(self) -> Sequence[OpenHub]:
        """Give every open link, the own hub first."""
        ...

    def covering(self) -> Sequence[OpenHub]:
        """Give the covering set for a search: the own hub, and two for each shard."""
        ...

    def homes(self, author: PubKey) -> Sequence[OpenHub]:
        """Give the hubs that should hold the author's records."""
        ...

    def plan(self) -> SearchPlan:
        """Give the covering set with what a search must wait for."""
        ...

    def rows(self) -> list[HubRow]:
        """Give every hub in use or in the book for a person to see, the own hub first."""
        ...

    def sync_targets(self) -> list[HubUrl]:
        """Give the hubs that the own hub process should sync with."""
        ...

    def address(self) -> HubUrl | None:
        """Give where strangers dial our hub; None for a leaf, which nobody reaches."""
        ...

    def reached(self, address: HubUrl | None) -> None:
        """Note where strangers dial our hub, or that they do not."""
        ...

    def offer(self, url: HubUrl, source: Source) -> bool:
        """Take an address that may be a hub; False when it may not be dialled."""
        ...

    def learn(self, card: HubCard) -> None:
        """Take a hub's card: a candidate, and the shard of one that has proved its key."""
        ...

    def answered(self, hub: OpenHub, seconds: Seconds, refused: int) -> None:
        """Note an answer's time, and how many records in it were forged or not asked for."""
        ...

    def refused(self, hub: OpenHub, count: int) -> None:
        """Note what a live subscription brought that was forged or not asked for."""
        ...

    async def changed(self) -> None:
        """Wait until a link was opened or lost."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ports, and who and where we are."""

    network: Network
    signer: Signer
    incoming: Path
    """Where downloads go when the person names no folder."""
    shared: Path
    """The one new, empty shared folder of a newcomer."""
    own_hub: HubUrl
    bootstrap: tuple[HubUrl, ...]
    clock: Clock
    chance: Chance
    hubs: Hubs
    links: HubLinks
    torrents: Torrents
    rendezvous: Rendezvous
    media: Media
    screening: Screening
    stills: Stills
    folders: Folders
    library: Library
    journal: Journal
    transfers: Transfers
    book: Book
    people: People
    talk: TalkState
    sealing: Sealing
    bells: Bells = field(default_factory=Bells)
