"""Downloads that were asked for, in peer.db."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from kkiri.adapters.state.database import Database, rows
from kkiri.base.types import InfoHash, UnixTime
from kkiri.event.fields import peer_address
from kkiri.ports.state import Transfer


class _Row(NamedTuple):
    info_hash: bytes
    name: str
    folder: bytes
    addresses: str
    added_at: int
    finished_at: int | None
    path: bytes | None
    paused: int
    only_paths: str | None


class StoredTransfers:
    """The transfers in peer.db."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transfers(self) -> list[Transfer]:
        """Give all, newest first."""
        found = self._database.read(
            lambda db: rows(
                db,
                _Row,
                "SELECT info_hash, name, folder, addresses, added_at, finished_at, path, paused,"
                " only_paths FROM transfers ORDER BY added_at DESC, info_hash",
            )
        )
        return [_transfer(row) for row in found]

    def put_transfer(self, transfer: Transfer) -> None:
        """Add or replace one durably. Raises: DiskFullError."""
        row = (
            bytes.fromhex(transfer.info_hash),
            transfer.name,
            os.fsencode(transfer.folder),
            "\n".join(str(address) for address in transfer.addresses),
            transfer.added_at,
            transfer.finished_at,
            None if transfer.path is None else os.fsencode(transfer.path),
            int(transfer.paused),
            None if transfer.only is None else json.dumps(transfer.only),
        )
        self._database.write(
            lambda db: db.execute(
                "INSERT OR REPLACE INTO transfers (info_hash, name, folder, addresses, added_at,"
                " finished_at, path, paused, only_paths) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            ).fetchall()
        )

    def remove_transfer(self, info_hash: InfoHash) -> None:
        """Forget one; files stay. Raises: DiskFullError."""
        self._database.write(
            lambda db: db.execute(
                "DELETE FROM transfers WHERE info_hash = ?", (bytes.fromhex(info_hash),)
            ).fetchall(),
            frees=True,
        )


def _transfer(row: _Row) -> Transfer:
    return Transfer(
        info_hash=InfoHash(row.info_hash.hex()),
        name=row.name,
        folder=Path(os.fsdecode(row.folder)),
        addresses=tuple(peer_address(text) for text in row.addresses.split("\n") if text),
        added_at=UnixTime(row.added_at),
        finished_at=None if row.finished_at is None else UnixTime(row.finished_at),
        path=None if row.path is None else Path(os.fsdecode(row.path)),
        paused=bool(row.paused),
        only=None if row.only_paths is None else tuple(json.loads(row.only_paths)),
    )
