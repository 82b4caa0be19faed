"""The one writer of a hub's file: what it has answered NEW to is on disk."""

import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

import apsw

from kkiri.adapters.store.ballast import BALLAST_BYTES, Ballast
from kkiri.adapters.store.database import KEY_BYTES, PAGE_BYTES, hash_key, open_for_writing
from kkiri.adapters.store.graves import LASTING, Graves, deleted_addresses, version_of
from kkiri.adapters.store.marks import Marks
from kkiri.adapters.store.popularity import FRIENDS_MAX, Popularity
from kkiri.adapters.store.shelf import Shelf
from kkiri.base.types import Bytes, EventId, PubKey, UnixTime
from kkiri.event import kinds
from kkiri.event.record import Event, Record
from kkiri.ports.records import Stored

EXPIRED_MAX = 500  # dropped by one tidy(): some 200 ms
MERGED_PAGES = 200  # by one tidy(): some 50 ms
VANISH_EVERYWHERE = "ALL_RELAYS"  # NIP-62


class SqliteWriter:
    """Implements `RecordWriter`.

    `urls` are the hub's own addresses, for NIP-62; `anchors` the people whose follows say who is
    trusted when popularity is counted; `bytes_max` how large the file may grow. `vfs` and `sync`
    are for tests of power cuts.
    """

    def __init__(
        self,
        path: Path,
        *,
        urls: Iterable[str] = (),
        anchors: Iterable[PubKey] = (),
        bytes_max: Bytes | None = None,
        vfs: str = "",
        sync: str = "FULL",
    ) -> None:
        key = secrets.token_bytes(KEY_BYTES)
        self._database = open_for_writing(path, key=key, vfs=vfs, sync=sync)
        marks = Marks(hash_key(self._database))
        self._graves = Graves(self._database, marks)
        self._anchors = frozenset(anchors)
        self._popularity = Popularity(self._database, marks, self._anchors)
        self._shelf = Shelf(self._database, marks, self._popularity)
        self._urls = frozenset(urls) | {VANISH_EVERYWHERE}
        self._pages_max = None if bytes_max is None else max(1, bytes_max // PAGE_BYTES)
        self._ballast = Ballast(path)
        self._ballast.take()
        self._limit_pages(0)
        self._shelf.begin()
        self._learn_follows()

    def known(self, event_id: EventId) -> bool:
        """Say whether the record is stored or was deleted."""
        return self._shelf.find(event_id) is not None or self._graves.buried(event_id)

    def put(self, records: Sequence[Record], now: UnixTime) -> list[Stored]:
        """Store records in one durable transaction.

        When there is no room, deletions go on with the ballast; all else is answered FULL.
        """
        outcomes = self._try(records, now)
        if outcomes is None:
            outcomes = self._try(records, now) if self._settle_ahead() else None
        if outcomes is not None:
            return outcomes
        lasting = [record for record in records if record.kind in LASTING]
        freed = iter(self._free(lasting, now))
        return [next(freed) if record.kind in LASTING else Stored.FULL for record in records]

    def tidy(self, now: UnixTime) -> None:
        """Drop what expired, merge the index a little, take the ballast on again."""
        try:
            self._database.run("BEGIN IMMEDIATE")
            for moment in self._shelf.expired(now, EXPIRED_MAX):
                self._remove(moment)
            self._shelf.merge(MERGED_PAGES)
            self._shelf.settle()
            self._database.run("COMMIT")
        except apsw.FullError:
            self._roll_back()
            return
        except BaseException:
            self._roll_back()
            raise
        self._learn_follows()
        self._ballast.take()

    def used(self) -> Bytes:
        """Give how much of the file is in use; what was deleted can be used again."""
        pages = self._database.number("PRAGMA page_count") or 0
        free = self._database.number("PRAGMA freelist_count") or 0
        return Bytes((pages - free) * PAGE_BYTES)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _try(self, records: Sequence[Record], now: UnixTime) -> list[Stored] | None:
        """Store all in one transaction; None, and nothing stored, when there is no room."""
        try:
            self._database.run("BEGIN IMMEDIATE")
            outcomes = [self._put_one(record, now) for record in records]
            self._shelf.settle()
            self._database.run("COMMIT")
        except apsw.FullError:
            self._roll_back()
            return None
        except BaseException:
            self._roll_back()
            raise
        return outcomes

    def _settle_ahead(self) -> bool:
        """Bring what was written ahead to its place, so that its room can be used again."""
        try:
            self._database.run("PRAGMA wal_checkpoint(PASSIVE)")
        except apsw.FullError:
            return False
        return True

    def _free(self, records: Sequence[Record], now: UnixTime) -> list[Stored]:
        if not records:
            return []
        self._ballast.let_go()
        self._limit_pages(BALLAST_BYTES // PAGE_BYTES)
        outcomes = self._try(records, now)
        self._limit_pages(0)
        return [Stored.FULL] * len(records) if outcomes is None else outcomes

    def _limit_pages(self, more: int) -> None:
        if self._pages_max is not None:
            self._database.number(f"PRAGMA max_page_count={self._pages_max + more}")

    def _roll_back(self) -> None:
        if self._database.connection.in_transaction:
            self._database.run("ROLLBACK")
        self._shelf.begin()

    def _put_one(self, record: Record, now: UnixTime) -> Stored:
        if kinds.is_ephemeral(record.kind):
            return Stored.EXPIRED
        expires = None if record.kind in LASTING else kinds.expires_at(record)
        if self._shelf.find(record.id) is not None:
            return Stored.EXPIRED if expires is not None and expires <= now else Stored.DUPLICATE
        self._obey(record)
        outcome = Stored.NEW
        if self._graves.holds(record):
            self._graves.bury(record.id)
            outcome = Stored.DELETED
        elif expires is not None and expires <= now:
            outcome = Stored.EXPIRED
        address = kinds.address_of(record)
        if address is not None and not self._replace(record, address, keeps=outcome is Stored.NEW):
            outcome = Stored.OLDER if outcome is Stored.NEW else outcome
        if outcome is Stored.NEW:
            self._shelf.insert(record, expires)
        return outcome

    def _obey(self, record: Record) -> None:
        """Do what a deletion or a request to vanish says to what is stored."""
        if record.kind == kinds.DELETION:
            self._graves.dig_deletion(record)
            for event_id in kinds.deleted_ids(record):
                self._remove_own(self._shelf.find(event_id), record)
            for address in deleted_addresses(record):
                self._remove_own(self._shelf.current(address), record, until=record.created_at)
        elif record.kind == kinds.VANISH and self._urls & set(record.values("relay")):
            self._graves.dig_vanish(record)
            for moment in self._shelf.of_person(record.pubkey, record.created_at):
                self._graves.bury(self._remove(moment).id)

    def _replace(self, record: Record, address: str, *, keeps: bool) -> bool:
        """Make room for a version at its address; false when a newer one is or was there."""
        version = version_of(record)
        floor = self._graves.floor(address)
        if floor is not None and floor.beats(version):
            return False
        current = self._shelf.current(address)
        if current is not None:
            if version_of(self._shelf.event(current)).beats(version):
                return False
            self._shelf.remove(current)
        if not keeps:
            self._graves.raise_floor(address, version)
        return True

    def _remove(self, moment: int) -> Event:
        """Take a record out; versions older than it stay away."""
        event = self._shelf.remove(moment)
        address = kinds.address_of(event)
        if address is not None:
            self._graves.raise_floor(address, version_of(event))
        return event

    def _remove_own(self, moment: int | None, record: Record, until: int | None = None) -> None:
        if moment is None:
            return
        event = self._shelf.event(moment)
        if event.pubkey != record.pubkey or event.kind in LASTING:
            return
        if until is None or event.created_at <= until:
            self._graves.bury(self._remove(moment).id)

    def _learn_follows(self) -> None:
        """Read anew whom the anchors follow, and whom those follow."""
        lists = self._follow_lists(self._anchors)
        friends = self._popularity.followed(lists)[:FRIENDS_MAX]
        self._popularity.learn([*lists, *self._follow_lists(friends)])

    def _follow_lists(self, people: Iterable[PubKey]) -> list[Event]:
        found = (self._shelf.current(f"{kinds.FOLLOWS}:{key}:") for key in people)
        return [self._shelf.event(moment) for moment in found if moment is not None]
