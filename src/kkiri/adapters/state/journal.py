"""Our own records in order, and how far each hub has them."""

from collections.abc import Iterable, Sequence

import apsw

from kkiri.adapters.state.database import Database, rows
from kkiri.base.types import EventId, Seq
from kkiri.event import kinds
from kkiri.event.record import Record, as_record, decode, encode


class StoredJournal:
    """The journal in peer.db."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, records: Sequence[Record]) -> None:
        """Add records durably; one that is known is passed over.

        Raises: DiskFullError.
        """
        self._database.write(lambda db: append_in(db, records))

    def after(self, seq: Seq, limit: int) -> list[tuple[Seq, Record]]:
        """Give records after a number, in order; those since replaced or deleted are left out."""
        found = self._database.read(
            lambda db: rows(
                db,
                tuple[int, bytes],
                "SELECT seq, body FROM journal WHERE seq > ? AND body IS NOT NULL"
                " ORDER BY seq LIMIT ?",
                (seq, limit),
            )
        )
        return [(Seq(number), as_record(decode(body))) for number, body in found]

    def last(self) -> Seq:
        """Give the newest number."""
        found = self._database.read(
            lambda db: rows(
                db,
                tuple[int],
                "SELECT coalesce(max(seq), 0) FROM journal WHERE body IS NOT NULL",
            )
        )
        return Seq(found[0][0])

    def cursor(self, hub: str) -> Seq:
        """Give how far a hub has acknowledged."""
        found = self._database.read(
            lambda db: rows(db, tuple[int], "SELECT seq FROM cursors WHERE hub = ?", (hub,))
        )
        return Seq(found[0][0] if found else 0)

    def advance(self, hub: str, seq: Seq) -> None:
        """Note how far a hub has acknowledged.

        Raises: DiskFullError.
        """
        self._database.write(
            lambda db: db.execute(
                "INSERT INTO cursors (hub, seq) VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
                (hub, seq),
            ).fetchall()
        )


def append_in(db: apsw.Connection, records: Iterable[Record]) -> None:
    """Add records inside a transaction that stands open; deletions and replacements take effect."""
    for record in records:
        raw_id = bytes.fromhex(record.id)
        if db.execute("SELECT 1 FROM journal WHERE id = ?", (raw_id,)).get is not None:
            continue
        address = kinds.address_of(record)
        if address is not None and not _replaces(db, address, record):
            continue
        db.execute(
            "INSERT INTO journal (id, address, created_at, body) VALUES (?, ?, ?, ?)",
            (raw_id, address, record.created_at, encode(record)),
        ).fetchall()
        if record.kind == kinds.DELETION:
            _delete(db, record)


def _replaces(db: apsw.Connection, address: str, record: Record) -> bool:
    older = rows(
        db,
        tuple[int, bytes],
        "SELECT seq, body FROM journal WHERE address = ? AND body IS NOT NULL",
        (address,),
    )
    if any(not kinds.is_newer(record, decode(body)) for _, body in older):
        return False
    db.executemany("DELETE FROM journal WHERE seq = ?", [(seq,) for seq, _ in older]).fetchall()
    return True


def _delete(db: apsw.Connection, deletion: Record) -> None:
    """Empty what the deletion names, so that it is not handed to hubs any more (NIP-09)."""
    ids = [(bytes.fromhex(one),) for one in kinds.deleted_ids(deletion) if _is_id(one)]
    db.executemany("UPDATE journal SET body = NULL WHERE id = ?", ids).fetchall()
    db.executemany(
        "UPDATE journal SET body = NULL WHERE address = ? AND created_at <= ?",
        [(address, deletion.created_at) for address in deletion.values("a")],
    ).fetchall()


def _is_id(text: EventId) -> bool:
    return len(text) == 64 and all(char in "0123456789abcdef" for char in text)
