"""Links from this peer to hubs, its own hub among them."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from kkiri.base.types import EventId, HubUrl, PubKey, Seconds, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import Record
from kkiri.event.wire import Ok


@dataclass(frozen=True, slots=True, kw_only=True)
class HubInfo:
    """What a hub says of itself (NIP-11), and the key it has proved."""

    url: HubUrl
    proved: PubKey | None
    """`self` when the proof for our nonce was right; None for a foreign relay without one."""
    name: str
    software: str
    nips: frozenset[int]
    limit_max: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one hub answered to one question, every event re-checked against the filter."""

    records: tuple[Record, ...]
    """Verified, of the filter, at most its limit, in the hub's order."""
    complete: bool
    """False when the hub was cut off, said it has more, or ran out of time."""
    refused: int
    """How many events the hub sent that were forged, unasked for or over the limit."""


def ignore(refused: int) -> None:
    """Take no note of refused records: for links whose hub is judged elsewhere."""


class HubLink(Protocol):
    """One open link to one hub; methods may be called by several tasks at once."""

    @property
    def url(self) -> HubUrl:
        """Give the hub's address."""
        ...

    async def ask(self, filters: Sequence[Filter], wait_seconds: Seconds) -> Answer:
        """Ask for stored records and wait for the end of them.

        Raises: LinkLostError, HubRefusedError.
        """
        ...

    def follow(
        self, filters: Sequence[Filter], refused: Callable[[int], None] = ignore
    ) -> AsyncIterator[Record]:
        """Follow stored and new records until the iterator is closed; verified as in `ask`.

        `refused` is told how many came that were forged or not asked for.

        Raises: LinkLostError, HubRefusedError.
        """
        ...

    async def publish(self, records: Sequence[Record], wait_seconds: Seconds) -> list[Ok]:
        """Hand records over, pipelined, and wait for each OK (`accepted` false for a missing one).

        Raises: LinkLostError.
        """
        ...

    async def closed(self) -> None:
        """Wait until the link is lost."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a comparison with one hub found."""

    have: frozenset[EventId]
    """Only here."""
    need: frozenset[EventId]
    """Only there."""


class SyncLink(HubLink, Protocol):
    """A link that can also compare sets of records."""

    async def compare(
        self, wanted: Filter, items: Sequence[tuple[UnixTime, EventId]], wait_seconds: Seconds
    ) -> Difference:
        """Compare what we have of a filter with what the hub has (NIP-77).

        `wait_seconds` is for each round. Raises: LinkLostError, HubRefusedError.
        """
        ...


class SyncLinks(Protocol):
    """How links for sync between hubs are opened."""

    def dial(self, url: HubUrl) -> AbstractAsyncContextManager[SyncLink]:
        """Open a link as `HubLinks.dial` does."""
        ...

    async def info(self, url: HubUrl, wait_seconds: Seconds) -> HubInfo:
        """Fetch NIP-11 as `HubLinks.info` does."""
        ...


class HubClaims(Protocol):
    """How a stranger's hub is looked at."""

    async def claimed(self, url: HubUrl, wait_seconds: Seconds) -> PubKey | None:
        """Give the key that a hub says it has, unproved; None when it names none.

        Raises: LinkLostError.
        """
        ...


class HubLinks(Protocol):
    """How links are opened."""

    def dial(self, url: HubUrl) -> AbstractAsyncContextManager[HubLink]:
        """Open a link; it answers the hub's AUTH challenge with the person's key.

        Raises: LinkLostError on entering.
        """
        ...

    async def info(self, url: HubUrl, wait_seconds: Seconds) -> HubInfo:
        """Fetch NIP-11 with a fresh nonce and check the proof.

        Raises: LinkLostError, HubUnprovedError when a proof is there and wrong.
        """
        ...

    async def dial_back(
        self, url: HubUrl, port: int, key: PubKey, wait_seconds: Seconds
    ) -> HubUrl | None:
        """Ask a hub to dial our hub at the address it sees us at; give where it answered.

        Raises: LinkLostError, HubRefusedError when it does not say.
        """
        ...
