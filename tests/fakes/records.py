"""A naive store in memory: the oracle of the contract suite, and the hub's fake.

What is kept is computed anew from the set of everything ever handed over, so it cannot depend on
the order in which records came.
"""

from collections.abc import Iterable, Sequence

from kkiri.base.types import EventId, Seconds, Seq, UnixTime
from kkiri.event import kinds
from kkiri.event.filters import Filter, matches
from kkiri.event.record import Record, encode
from kkiri.ports.records import Page, Stored, SyncItem
from kkiri.search.query import matches_query, parse

UNDELETABLE = frozenset({kinds.DELETION, kinds.VANISH})


class FakeStore:
    """`RecordWriter` and `RecordReader` at once."""

    def __init__(self, *, room: int | None = None, urls: Iterable[str] = ()) -> None:
        self.room = room
        """How many records fit; None for any number. A test may change it."""
        self.closed = False
        self._urls = frozenset(urls)
        self._seen: dict[EventId, Record] = {}
        self._seqs: dict[EventId, Seq] = {}
        self._last = 0
        self._now = UnixTime(0)

    # ---- writer
    def known(self, event_id: EventId) -> bool:
        record = self._seen.get(event_id)
        return record is not None and (self._kept(record, self._now) or self._deleted(record))

    def put(self, records: Sequence[Record], now: UnixTime) -> list[Stored]:
        self._now = now
        return [self._put_one(record, now) for record in records]

    def tidy(self, now: UnixTime) -> None:
        self._now = now

    def close(self) -> None:
        self.closed = True

    # ---- reader
    def page(self, wanted: Filter, now: UnixTime, limit: int, slice_seconds: Seconds) -> Page:
        found = self._found(wanted, now)
        cut = limit if wanted.limit is None else min(limit, wanted.limit)
        return Page(records=tuple(encode(event) for event in found[:cut]), more=len(found) > cut)

    def count(self, wanted: Filter, now: UnixTime, slice_seconds: Seconds) -> int:
        return len(self._found(wanted, now))

    def sync_items(self, wanted: Filter, now: UnixTime, items_max: int) -> list[SyncItem]:
        items = [
            SyncItem(created_at=event.created_at, id=event.id)
            for event in self._found(wanted, now)[:items_max]
        ]
        return sorted(items, key=lambda item: (item.created_at, item.id))

    def since(self, seq: Seq, limit: int) -> list[tuple[Seq, bytes]]:
        kept = [(self._seqs[event.id], encode(event)) for event in self._all_kept(UnixTime(0))]
        return [(number, raw) for number, raw in sorted(kept) if number > seq][:limit]

    def last_seq(self) -> Seq:
        return Seq(self._last)

    def total(self) -> int:
        return len(self._all_kept(self._now))

    # ---- the law, said as plainly as possible
    def _put_one(self, record: Record, now: UnixTime) -> Stored:
        if kinds.is_ephemeral(record.kind):
            return Stored.EXPIRED
        if record.id in self._seen and self._kept(record, now):
            return Stored.DUPLICATE
        frees = record.kind in UNDELETABLE
        if self.room is not None and not frees and len(self._all_kept(now)) >= self.room:
            return Stored.FULL
        self._seen[record.id] = record
        if self._deleted(record):
            return Stored.DELETED
        if self._expired(record, now):
            return Stored.EXPIRED
        if self._superseded(record):
            return Stored.OLDER
        self._last += 1
        self._seqs[record.id] = Seq(self._last)
        return Stored.NEW

    def _found(self, wanted: Filter, now: UnixTime) -> list[Record]:
        found = [event for event in self._all_kept(now) if matches(wanted, event)]
        if wanted.search is not None:
            query = parse(wanted.search)
            found = [event for event in found if matches_query(query, event)]
        return sorted(found, key=lambda event: (-event.created_at, event.id))

    def _all_kept(self, now: UnixTime) -> list[Record]:
        return [event for event in self._seen.values() if self._kept(event, now)]

    def _kept(self, event: Record, now: UnixTime) -> bool:
        return (
            event.id in self._seqs
            and not self._expired(event, now)
            and not self._deleted(event)
            and not self._superseded(event)
        )

    def _expired(self, event: Record, now: UnixTime) -> bool:
        end = kinds.expires_at(event)
        return end is not None and end <= now and event.kind not in UNDELETABLE

    def _superseded(self, event: Record) -> bool:
        key = kinds.replace_key(event)
        return key is not None and any(
            kinds.replace_key(other) == key and kinds.is_newer(other, event)
            for other in self._seen.values()
        )

    def _deleted(self, event: Record) -> bool:
        return any(self._deletes(other, event) for other in self._seen.values())

    def _deletes(self, other: Record, event: Record) -> bool:
        if other.kind == kinds.VANISH:
            return self._vanishes(other, event)
        if other.kind != kinds.DELETION or other.pubkey != event.pubkey:
            return False
        if event.kind in UNDELETABLE:
            return False
        if event.id in other.values("e"):
            return True
        return kinds.address_of(event) in other.values("a") and (
            event.created_at <= other.created_at
        )

    def _vanishes(self, other: Record, event: Record) -> bool:
        if not self._urls.union({"ALL_RELAYS"}) & set(other.values("relay")):
            return False
        if event.kind == kinds.VANISH or event.created_at > other.created_at:
            return False
        wrapped_for = event.values("p") if event.kind == kinds.GIFT_WRAP else ()
        return event.pubkey == other.pubkey or other.pubkey in wrapped_for
