"""Notices and entered rooms in peer.db."""

from typing import Final, NamedTuple

import apsw

from kkiri.adapters.state.database import Database, rows
from kkiri.base.limits import NOTICE_THINGS_MAX, NOTICES_MAX
from kkiri.base.types import EventId, PubKey, UnixTime
from kkiri.ports.talks import KeptRoom, Notice

DAY_SECONDS = 86_400
_COLUMNS: Final = "number, sort, who, at, title, things, read"


class _Row(NamedTuple):
    number: int
    sort: str
    who: bytes
    at: int
    title: str
    things: str
    read: int


class StoredNotices:
    """The notices in peer.db."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def notices(self, limit: int) -> list[Notice]:
        """Give the newest first."""
        asked = f"SELECT {_COLUMNS} FROM notices ORDER BY at DESC, number DESC LIMIT ?"
        found = self._database.read(lambda db: rows(db, _Row, asked, (limit,)))
        return [_notice(row) for row in found]

    def publishes(self, who: PubKey, thing: str, title: str, at: UnixTime) -> Notice | None:
        """Note that a person has published a thing; None when it was noted before.

        Raises: DiskFullError.
        """
        key = f"published:{who}:{at // DAY_SECONDS}"

        def work(db: apsw.Connection) -> Notice | None:
            known = rows(
                db,
                tuple[str, str],
                "SELECT key, things FROM notices WHERE sort = 'published' AND who = unhex(?)",
                (who,),
            )
            if any(thing in things.split() for _, things in known):
                return None
            today = next((things.split() for name, things in known if name == key), [])
            things = " ".join([*today, thing][-NOTICE_THINGS_MAX:])
            return _put(db, key, ("published", who, at, title, things))

        return self._database.write(work)

    def follows(self, who: PubKey, at: UnixTime) -> Notice | None:
        """Note that a person follows this one; None when it was noted before.

        Raises: DiskFullError.
        """
        key = f"follows:{who}"

        def work(db: apsw.Connection) -> Notice | None:
            if db.execute("SELECT 1 FROM notices WHERE key = ?", (key,)).get is not None:
                return None
            return _put(db, key, ("follows", who, at, "", ""))

        return self._database.write(work)

    def mark_read(self, until: int) -> None:
        """Note that the notices up to a number were read. Raises: DiskFullError."""
        self._database.write(
            lambda db: db.execute(
                "UPDATE notices SET read = 1 WHERE number <= ? AND NOT read", (until,)
            ).fetchall()
        )


def _put(db: apsw.Connection, key: str, values: tuple[str, str, int, str, str]) -> Notice:
    # a notice that grows comes up anew: under a new number, and not read
    (row,) = rows(
        db,
        _Row,
        "INSERT OR REPLACE INTO notices (key, sort, who, at, title, things, read)"
        f" VALUES (?, ?, unhex(?), ?, ?, ?, 0) RETURNING {_COLUMNS}",
        (key, *values),
    )
    db.execute(
        "DELETE FROM notices WHERE number NOT IN"
        " (SELECT number FROM notices ORDER BY number DESC LIMIT ?)",
        (NOTICES_MAX,),
    ).fetchall()
    return _notice(row)


def _notice(row: _Row) -> Notice:
    return Notice(
        number=row.number,
        sort=row.sort,
        who=PubKey(row.who.hex()),
        at=UnixTime(row.at),
        title=row.title,
        things=tuple(row.things.split()),
        read=bool(row.read),
    )


class StoredRooms:
    """Public rooms that were entered, in peer.db."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rooms(self) -> list[KeptRoom]:
        """Give all, the one entered last first."""
        found = self._database.read(
            lambda db: rows(
                db,
                tuple[bytes, str, int, int, int],
                "SELECT id, name, muted, entered_at, read_at FROM rooms"
                " ORDER BY entered_at DESC, id",
            )
        )
        return [
            KeptRoom(
                id=EventId(room.hex()),
                name=name,
                muted=bool(muted),
                entered_at=UnixTime(entered_at),
                read_at=UnixTime(read_at),
            )
            for room, name, muted, entered_at, read_at in found
        ]

    def put_room(self, room: KeptRoom) -> None:
        """Add or replace one by id. Raises: DiskFullError."""
        row = (room.id, room.name, int(room.muted), room.entered_at, room.read_at)
        self._database.write(
            lambda db: db.execute(
                "INSERT OR REPLACE INTO rooms (id, name, muted, entered_at, read_at)"
                " VALUES (unhex(?), ?, ?, ?, ?)",
                row,
            ).fetchall()
        )

    def remove_room(self, room: EventId) -> None:
        """Leave one. Raises: DiskFullError."""
        self._database.write(
            lambda db: db.execute("DELETE FROM rooms WHERE id = unhex(?)", (room,)).fetchall(),
            frees=True,
        )
