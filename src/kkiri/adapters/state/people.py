"""Follows, petnames, blocks and kept searches in peer.db."""

from collections.abc import Collection

import apsw

from kkiri.adapters.state.database import Database, rows
from kkiri.base.limits import KEPT_NEWS_SECONDS, KEPT_TOLD_MAX
from kkiri.base.types import InfoHash, PubKey, UnixTime
from kkiri.ports.state import KeptSearch, PersonNote


class StoredPeople:
    """The notes on people, and kept searches, in peer.db."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def notes(self) -> list[PersonNote]:
        """Give all, by key."""
        found = self._database.read(
            lambda db: rows(
                db,
                tuple[str, str, int, int],
                "SELECT pubkey, petname, followed, blocked FROM notes ORDER BY pubkey",
            )
        )
        return [
            PersonNote(
                pubkey=PubKey(pubkey),
                petname=petname,
                followed=bool(followed),
                blocked=bool(blocked),
            )
            for pubkey, petname, followed, blocked in found
        ]

    def put_note(self, note: PersonNote) -> None:
        """Add or replace one by key. Raises: DiskFullError."""
        row = (note.pubkey, note.petname, int(note.followed), int(note.blocked))
        self._database.write(
            lambda db: db.execute(
                "INSERT OR REPLACE INTO notes (pubkey, petname, followed, blocked)"
                " VALUES (?, ?, ?, ?)",
                row,
            ).fetchall()
        )

    def kept(self) -> list[KeptSearch]:
        """Give the kept searches, oldest first."""
        found = self._database.read(
            lambda db: rows(
                db,
                tuple[int, str, int, int],
                "SELECT number, words, created_at, told_until FROM kept ORDER BY number",
            )
        )
        return [
            KeptSearch(
                number=number,
                words=words,
                created_at=UnixTime(created_at),
                told_until=UnixTime(told_until),
            )
            for number, words, created_at, told_until in found
        ]

    def keep(self, words: str, now: UnixTime) -> KeptSearch:
        """Keep a search; its number is never used again. Raises: DiskFullError."""

        ((number,),) = self._database.write(
            lambda db: rows(
                db,
                tuple[int],
                "INSERT INTO kept (words, created_at, told_until) VALUES (?, ?, ?)"
                " RETURNING number",
                (words, now, now),
            )
        )
        return KeptSearch(number=number, words=words, created_at=now, told_until=now)

    def unkeep(self, number: int) -> None:
        """Drop one. Raises: DiskFullError."""
        self._database.write(
            lambda db: db.execute("DELETE FROM kept WHERE number = ?", (number,)).fetchall(),
            frees=True,
        )

    def told(self, number: int) -> frozenset[InfoHash]:
        """Give what a kept search has told of late."""
        found = self._database.read(
            lambda db: rows(
                db, tuple[bytes], "SELECT info_hash FROM told WHERE kept = ?", (number,)
            )
        )
        return frozenset(InfoHash(raw.hex()) for (raw,) in found)

    def mark_told(self, number: int, until: UnixTime, told: Collection[InfoHash]) -> None:
        """Note what was told, and until when the search was followed. Raises: DiskFullError."""

        def write(db: apsw.Connection) -> None:
            db.execute(
                "UPDATE kept SET told_until = ? WHERE number = ?", (until, number)
            ).fetchall()
            if db.changes() == 0:
                return  # dropped meanwhile
            db.executemany(
                "INSERT OR REPLACE INTO told VALUES (?, ?, ?)",
                [(number, bytes.fromhex(one), until) for one in told],
            )
            db.execute(
                "DELETE FROM told WHERE kept = ?1 AND (told_at < ?2 OR info_hash NOT IN"
                " (SELECT info_hash FROM told WHERE kept = ?1 ORDER BY told_at DESC LIMIT ?3))",
                (number, until - KEPT_NEWS_SECONDS, KEPT_TOLD_MAX),
            ).fetchall()

        self._database.write(write)
