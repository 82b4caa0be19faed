"""A hub's store of records, as its writer and its readers see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from kkiri.base.types import EventId, Seconds, Seq, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import Record


class Stored(Enum):
    """What became of a record handed to the store."""

    NEW = "new"
    DUPLICATE = "duplicate"
    OLDER = "older"
    """A newer one of the same replaceable address is there."""
    DELETED = "deleted"
    """Its author has deleted it; it stays away."""
    EXPIRED = "expired"
    FULL = "full"
    """No room: nothing was stored. Everything acknowledged before is still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some records, newest first (or best first for a search), and whether there are more."""

    records: tuple[bytes, ...]
    """Each the record's JSON."""
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncItem:
    """One record as negentropy compares it."""

    created_at: UnixTime
    id: EventId


class RecordWriter(Protocol):
    """The one writer of a hub's store; called in the writer process."""

    def known(self, event_id: EventId) -> bool:
        """Say whether the record is stored or was deleted."""
        ...

    def put(self, records: Sequence[Record], now: UnixTime) -> list[Stored]:
        """Store records in one durable transaction: on disk when this returns.

        Replaceable, addressable, deletion (NIP-09), vanish (NIP-62) and expiration (NIP-40) are
        applied here, so that the outcome is a function of the set and not of the order.
        """
        ...

    def tidy(self, now: UnixTime) -> None:
        """Drop what expired and merge the index a little; call when idle."""
        ...

    def close(self) -> None:
        """Close the files."""
        ...


class RecordReader(Protocol):
    """One of the readers of a hub's store; each call looks at one moment of it."""

    def page(self, wanted: Filter, now: UnixTime, limit: int, slice_seconds: Seconds) -> Page:
        """Answer one filter within the time slice; `more` is true when cut by limit or time."""
        ...

    def count(self, wanted: Filter, now: UnixTime, slice_seconds: Seconds) -> int:
        """Count what answers one filter."""
        ...

    def sync_items(self, wanted: Filter, now: UnixTime, items_max: int) -> list[SyncItem]:
        """List (created_at, id) of what answers the filter, ascending."""
        ...

    def since(self, seq: Seq, limit: int) -> list[tuple[Seq, bytes]]:
        """Give records that arrived after the number, in order of arrival."""
        ...

    def last_seq(self) -> Seq:
        """Give the newest arrival number."""
        ...

    def total(self) -> int:
        """Give the number of records kept."""
        ...

    def close(self) -> None:
        """Close the files."""
        ...
