"""The peer book in peer.db: hubs seen, kept over restarts."""

from typing import NamedTuple

from kkiri.adapters.state.database import Database, rows
from kkiri.base.types import HubUrl, PubKey, UnixTime
from kkiri.ports.state import KnownHub

_COLUMNS = "url, key, named, first_seen, last_good, failures, ban, banned_until"


class _Row(NamedTuple):
    url: str
    key: str | None
    named: int
    first_seen: int
    last_good: int | None
    failures: int
    ban: str
    banned_until: int | None


class StoredBook:
    """The book in peer.db."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hubs(self) -> list[KnownHub]:
        """Give all, by url."""
        found = self._database.read(
            lambda db: rows(
                db,
                _Row,
                f"SELECT {_COLUMNS} FROM hubs ORDER BY url",
            )
        )
        return [_hub(row) for row in found]

    def put_hub(self, hub: KnownHub) -> None:
        """Add or replace one by url. Raises: DiskFullError."""
        row = (
            hub.url,
            hub.key,
            int(hub.named),
            hub.first_seen,
            hub.last_good,
            hub.failures,
            hub.ban,
            hub.banned_until,
        )
        self._database.write(
            lambda db: db.execute(
                f"INSERT OR REPLACE INTO hubs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            ).fetchall()
        )

    def remove_hub(self, url: HubUrl) -> None:
        """Forget one. Raises: DiskFullError."""
        self._database.write(
            lambda db: db.execute("DELETE FROM hubs WHERE url = ?", (url,)).fetchall(), frees=True
        )


def _hub(row: _Row) -> KnownHub:
    return KnownHub(
        url=HubUrl(row.url),
        key=None if row.key is None else PubKey(row.key),
        named=bool(row.named),
        first_seen=UnixTime(row.first_seen),
        last_good=None if row.last_good is None else UnixTime(row.last_good),
        failures=row.failures,
        ban=row.ban,
        banned_until=None if row.banned_until is None else UnixTime(row.banned_until),
    )
