"""What must stay away: deletions (NIP-09), vanished people (NIP-62), and replaced versions.

A grave is a rule, not a record: it acts alike on what is stored and on what arrives later, which
makes the outcome a function of the set of records. For the same reason deletions and requests to
vanish ignore `expiration`, and a deleted newest version still keeps older ones away (a floor).
"""

from dataclasses import dataclass

from kkiri.adapters.store.database import Database
from kkiri.adapters.store.marks import Marks
from kkiri.base.hexes import is_hex32
from kkiri.base.types import EventId, Kind, PubKey
from kkiri.event import kinds
from kkiri.event.record import Event

FOR_EVER = 2**62  # later than any created_at
PEOPLE_MAX = 100  # receivers of one gift wrap that are looked up; it has one
LASTING = frozenset({kinds.DELETION, kinds.VANISH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a replaceable record, for comparing ages."""

    created_at: int
    id: EventId

    def beats(self, other: "Version") -> bool:
        """Say whether this version replaces the other: later, or same second and lower id."""
        return (-self.created_at, self.id) < (-other.created_at, other.id)


def version_of(event: Event) -> Version:
    """Give an event's version."""
    return Version(created_at=event.created_at, id=event.id)


def deleted_addresses(event: Event) -> list[str]:
    """Give the addresses a deletion names that are its author's own."""
    return [address for address in event.values("a") if _own(address, event.pubkey)]


def _own(address: str, author: PubKey) -> bool:
    head, _, rest = address.partition(":")
    if not (head.isascii() and head.isdigit() and len(head) <= 5 and str(int(head)) == head):
        return False
    kind = Kind(int(head))
    if not rest.startswith(f"{author}:"):
        return False
    plain = rest == f"{author}:"
    return kinds.is_addressable(kind) or (kinds.is_replaceable(kind) and plain)


class Graves:
    """The rules in the file; writes belong to the caller's transaction."""

    def __init__(self, database: Database, marks: Marks) -> None:
        self._database = database
        self._marks = marks

    def holds(self, event: Event) -> bool:
        """Say whether the event is deleted or its people have vanished."""
        if event.kind == kinds.VANISH:
            return False
        people = [event.pubkey]
        if event.kind == kinds.GIFT_WRAP:
            people += [PubKey(value) for value in event.values("p")]
        marks = [self._marks.vanished(key) for key in people[:PEOPLE_MAX]]
        if event.kind not in LASTING:
            marks.append(self._marks.deleted_id(event.pubkey, event.id))
            address = kinds.address_of(event)
            if address is not None:
                marks.append(self._marks.deleted_address(address))
        places = ",".join("?" * len(marks))
        until = self._database.number(
            f"SELECT max(until) FROM grave WHERE mark IN ({places})", marks
        )
        return until is not None and until >= event.created_at

    def dig_deletion(self, event: Event) -> None:
        """Make a deletion's rules."""
        for event_id in filter(is_hex32, kinds.deleted_ids(event)):
            self._raise(self._marks.deleted_id(event.pubkey, EventId(event_id)), FOR_EVER)
        for address in deleted_addresses(event):
            self._raise(self._marks.deleted_address(address), event.created_at)

    def dig_vanish(self, event: Event) -> None:
        """Make the rule of a person who vanishes."""
        self._raise(self._marks.vanished(event.pubkey), event.created_at)

    def bury(self, event_id: EventId) -> None:
        """Remember that an id was here and was deleted."""
        self._raise(self._marks.gone(event_id), FOR_EVER)

    def buried(self, event_id: EventId) -> bool:
        """Say whether an id was here and was deleted."""
        return self._until(self._marks.gone(event_id)) >= 0

    def floor(self, address: str) -> Version | None:
        """Give the newest version seen that is not kept."""
        rows = self._database.rows(
            "SELECT until, id FROM grave WHERE mark=?", (self._marks.floor(address),)
        )
        if not rows or not isinstance(rows[0][0], int) or not isinstance(rows[0][1], bytes):
            return None
        return Version(created_at=rows[0][0], id=EventId(rows[0][1].hex()))

    def raise_floor(self, address: str, version: Version) -> None:
        """Keep versions older than this one away."""
        floor = self.floor(address)
        if floor is None or version.beats(floor):
            self._database.run(
                "INSERT OR REPLACE INTO grave VALUES(?, ?, ?)",
                (self._marks.floor(address), version.created_at, bytes.fromhex(version.id)),
            )

    def _until(self, mark: int) -> int:
        found = self._database.number("SELECT until FROM grave WHERE mark=?", (mark,))
        return -1 if found is None else found

    def _raise(self, mark: int, until: int) -> None:
        self._database.run(
            "INSERT INTO grave VALUES(?, ?, NULL) "
            "ON CONFLICT(mark) DO UPDATE SET until=max(until, excluded.until)",
            (mark, until),
        )
