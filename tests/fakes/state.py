"""What the peer remembers, in memory: the same promises as peer.db but for the disk."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from kkiri.base.limits import KEPT_NEWS_SECONDS, KEPT_TOLD_MAX
from kkiri.base.types import Bytes, EventId, HubUrl, InfoHash, PubKey, Seq, UnixTime
from kkiri.event import kinds
from kkiri.event.record import Record
from kkiri.ports.state import (
    KeptSearch,
    KnownHub,
    PersonNote,
    SharedLine,
    SharedListing,
    Transfer,
)
from tests.fakes.talks import fake_talk_state


class FakeJournal:
    """A journal in a list."""

    def __init__(self) -> None:
        self._rows: dict[int, Record | None] = {}
        self._known: dict[EventId, int] = {}
        self._next = 1
        self._cursors: dict[str, Seq] = {}

    def append(self, records: Sequence[Record]) -> None:
        for record in records:
            self._append(record)

    def _append(self, record: Record) -> None:
        if record.id in self._known:
            return
        address = kinds.address_of(record)
        if address is not None:
            older = {n: r for n, r in self._rows.items() if r and kinds.address_of(r) == address}
            if any(not kinds.is_newer(record, other) for other in older.values()):
                return
            for number, other in older.items():
                del self._rows[number]
                del self._known[other.id]
        self._rows[self._next] = record
        self._known[record.id] = self._next
        self._next += 1
        if record.kind == kinds.DELETION:
            self._delete(record)

    def _delete(self, deletion: Record) -> None:
        for event_id in kinds.deleted_ids(deletion):
            if event_id in self._known:
                self._rows[self._known[event_id]] = None
        for number, other in self._rows.items():
            if other and kinds.address_of(other) in deletion.values("a"):
                if other.created_at <= deletion.created_at:
                    self._rows[number] = None

    def after(self, seq: Seq, limit: int) -> list[tuple[Seq, Record]]:
        rows = sorted((n, r) for n, r in self._rows.items() if n > seq and r is not None)
        return [(Seq(number), record) for number, record in rows[:limit] if record]

    def last(self) -> Seq:
        return Seq(max((n for n, r in self._rows.items() if r is not None), default=0))

    def cursor(self, hub: str) -> Seq:
        return self._cursors.get(hub, Seq(0))

    def advance(self, hub: str, seq: Seq) -> None:
        self._cursors[hub] = max(self.cursor(hub), seq)


class FakeLibrary:
    """A library in a dict."""

    def __init__(self, journal: FakeJournal) -> None:
        self._journal = journal
        self._roots: set[Path] = set()
        self._listings: dict[tuple[InfoHash, Path], SharedListing] = {}
        self._roots_of: dict[InfoHash, set[Path]] = {}

    def roots(self) -> list[Path]:
        return sorted(self._roots)

    def add_root(self, root: Path) -> None:
        self._roots.add(root)

    def remove_root(self, root: Path) -> None:
        self._roots.discard(root)

    def listings(self, root: Path | None = None) -> list[SharedListing]:
        return [
            replace(listing, metainfo=b"")
            for listing in self._listings.values()
            if root is None or listing.root == root
        ]

    def listing(self, info_hash: InfoHash) -> SharedListing | None:
        return next((one for one in self._listings.values() if one.info_hash == info_hash), None)

    def roots_of(self, info_hash: InfoHash) -> list[Path]:
        return sorted(self._roots_of.get(info_hash, ()))

    def put_listings(self, listings: Sequence[SharedListing], records: Sequence[Record]) -> None:
        for listing in listings:
            self._listings.pop((listing.info_hash, listing.root), None)
            self._listings[listing.info_hash, listing.root] = listing
            self._roots_of.setdefault(listing.info_hash, set()).add(listing.root)
        self._journal.append(records)

    def withdraw(
        self, root: Path, info_hashes: Sequence[InfoHash], records: Sequence[Record]
    ) -> None:
        for info_hash in info_hashes:
            self._listings.pop((info_hash, root), None)
            self._roots_of.get(info_hash, set()).discard(root)
        self._journal.append(records)

    def totals(self, root: Path | None = None) -> tuple[int, Bytes]:
        counted = self.listings(root)
        return len(counted), Bytes(sum(one.size for one in counted))

    def lines(self, root: Path, words: str, start: int, limit: int) -> tuple[int, list[SharedLine]]:
        found = [
            SharedLine(
                info_hash=one.info_hash,
                title=one.title,
                size=one.size,
                files=len(one.files),
                first=one.files[0].path if one.files else Path(),
            )
            for one in reversed(self.listings(root))
            if words.lower() in one.title.lower()
        ]
        return len(found), found[start : start + limit]


class FakeTransfers:
    """Transfers in a dict."""

    def __init__(self) -> None:
        self._transfers: dict[InfoHash, Transfer] = {}

    def transfers(self) -> list[Transfer]:
        return sorted(self._transfers.values(), key=lambda one: (-one.added_at, one.info_hash))

    def put_transfer(self, transfer: Transfer) -> None:
        self._transfers[transfer.info_hash] = transfer

    def remove_transfer(self, info_hash: InfoHash) -> None:
        self._transfers.pop(info_hash, None)


class FakeBook:
    """A peer book in a dict."""

    def __init__(self) -> None:
        self._hubs: dict[HubUrl, KnownHub] = {}

    def hubs(self) -> list[KnownHub]:
        return sorted(self._hubs.values(), key=lambda hub: hub.url)

    def put_hub(self, hub: KnownHub) -> None:
        self._hubs[hub.url] = hub

    def remove_hub(self, url: HubUrl) -> None:
        self._hubs.pop(url, None)


class FakePeople:
    """Notes and kept searches in dicts."""

    def __init__(self) -> None:
        self._notes: dict[PubKey, PersonNote] = {}
        self._kept: dict[int, KeptSearch] = {}
        self._told: dict[int, dict[InfoHash, UnixTime]] = {}
        self._next = 1

    def notes(self) -> list[PersonNote]:
        return sorted(self._notes.values(), key=lambda note: note.pubkey)

    def put_note(self, note: PersonNote) -> None:
        self._notes[note.pubkey] = note

    def kept(self) -> list[KeptSearch]:
        return list(self._kept.values())

    def keep(self, words: str, now: UnixTime) -> KeptSearch:
        kept = KeptSearch(number=self._next, words=words, created_at=now, told_until=now)
        self._kept[self._next] = kept
        self._next += 1
        return kept

    def unkeep(self, number: int) -> None:
        self._kept.pop(number, None)
        self._told.pop(number, None)

    def told(self, number: int) -> frozenset[InfoHash]:
        return frozenset(self._told.get(number, {}))

    def mark_told(self, number: int, until: UnixTime, told: Collection[InfoHash]) -> None:
        if number not in self._kept:
            return
        self._kept[number] = replace(self._kept[number], told_until=until)
        every = self._told.get(number, {}) | dict.fromkeys(told, until)
        newest = sorted(every, key=lambda one: -every[one])[:KEPT_TOLD_MAX]
        self._told[number] = {
            one: every[one] for one in newest if every[one] >= until - KEPT_NEWS_SECONDS
        }


class FakeState:
    """All of peer.db, in memory."""

    def __init__(self) -> None:
        self.journal = FakeJournal()
        self.library = FakeLibrary(self.journal)
        self.transfers = FakeTransfers()
        self.book = FakeBook()
        self.people = FakePeople()
        self.talk = fake_talk_state()
