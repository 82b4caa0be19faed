"""What a hub needs around its conversations: links that come in, a writer, readers."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from kkiri.base.types import HubUrl, Seconds, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import Event
from kkiri.ports.records import Page, SyncItem


class Fate(Enum):
    """What became of an event that was handed to the writer."""

    NEW = "new"
    """Verified, and on disk."""
    PASSED = "passed"
    """Verified, of an ephemeral kind: for those who listen now."""
    DUPLICATE = "duplicate"
    OLDER = "older"
    DELETED = "deleted"
    EXPIRED = "expired"
    FULL = "full"
    FORGED = "forged"


class Intake(Protocol):
    """The one writer of the hub's store, in a process of its own."""

    def submit(self, event: Event, done: Callable[[Fate], None]) -> None:
        """Hand an event over; `done` is called in the loop once its fate is durable.

        A writer that dies is started again and gets what it had not settled.
        """
        ...


class Readers(Protocol):
    """Answers from the store, each in a slice of time off the loop's thread."""

    async def page(self, wanted: Filter, now: UnixTime, limit: int, slice_seconds: Seconds) -> Page:
        """Answer one filter as `RecordReader.page`."""
        ...

    async def count(self, wanted: Filter, now: UnixTime, slice_seconds: Seconds) -> int:
        """Count as `RecordReader.count`."""
        ...

    async def sync_items(self, wanted: Filter, now: UnixTime, items_max: int) -> list[SyncItem]:
        """List as `RecordReader.sync_items`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a link comes from."""

    host: str
    """Numeric address."""
    urls: tuple[HubUrl, ...]
    """Addresses by which the other side may know this hub: none that it made up itself."""
    asked: HubUrl
    """The one of them that it named, or the one where its packets arrive."""


class Visitor(Protocol):
    """One link that came in."""

    @property
    def origin(self) -> Origin:
        """Give where it comes from."""
        ...

    def messages(self) -> AsyncIterator[bytes]:
        """Give what it says; not reading on holds it back by TCP. Ends when the link is lost."""
        ...

    def tell(self, message: bytes) -> None:
        """Send without waiting; a link that has too much unsent is dropped."""
        ...

    async def tell_all(self, messages: Sequence[bytes]) -> None:
        """Send many, waiting for room.

        Raises: LinkLostError when the other side is gone or does not read.
        """
        ...

    def drop(self, why: str) -> None:
        """Close the link."""
        ...
