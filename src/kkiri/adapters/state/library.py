"""Shared folders and their listings in peer.db; metainfo is read one at a time."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from kkiri.adapters.state.database import Database, rows
from kkiri.adapters.state.journal import append_in
from kkiri.base.types import Bytes, EventId, FileRoot, InfoHash
from kkiri.event.record import Record
from kkiri.ports.media import FileStat
from kkiri.ports.state import SharedFile, SharedLine, SharedListing

PAGE_ROWS = 500  # rows read under one lock: about 10 ms, so that other callers get in between
_COLUMNS: Final = "id, info_hash, root, folder, title, size, records"


class _Row(NamedTuple):
    id: int
    info_hash: bytes
    root: bytes
    folder: bytes
    title: str
    size: int
    records: bytes


class _FileRow(NamedTuple):
    listing: int
    path: bytes
    size: int
    mtime_ns: int
    inode: int
    merkle: bytes | None


class StoredLibrary:
    """The library in peer.db."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: dict[Path | None, tuple[int, Bytes]] = {}

    def roots(self) -> list[Path]:
        """Give the folders and files that were named."""
        found = self._database.read(lambda db: rows(db, tuple[bytes], "SELECT path FROM roots"))
        return sorted(_path(raw) for (raw,) in found)

    def add_root(self, root: Path) -> None:
        """Remember a shared folder. Raises: DiskFullError."""
        self._database.write(
            lambda db: db.execute(
                "INSERT INTO roots (path) VALUES (?) ON CONFLICT DO NOTHING", (os.fsencode(root),)
            ).fetchall()
        )

    def remove_root(self, root: Path) -> None:
        """Forget a shared folder. Raises: DiskFullError."""
        self._database.write(
            lambda db: db.execute(
                "DELETE FROM roots WHERE path = ?", (os.fsencode(root),)
            ).fetchall(),
            frees=True,
        )

    def listings(self, root: Path | None = None) -> list[SharedListing]:
        """Give the listings of one root or of all, without metainfo; read in pages."""
        found: list[SharedListing] = []
        after = 0
        while True:
            last, page = self._database.read(partial(_page, root=root, after=after))
            found += page
            if len(page) < PAGE_ROWS:
                return found
            after = last

    def listing(self, info_hash: InfoHash) -> SharedListing | None:
        """Give one, with metainfo."""

        def work(db: apsw.Connection) -> SharedListing | None:
            key = bytes.fromhex(info_hash)
            found = rows(
                db, _Row, f"SELECT {_COLUMNS} FROM listings WHERE info_hash = ? ORDER BY id", (key,)
            )
            if not found:
                return None
            number = found[0].id
            ((metainfo,),) = rows(
                db, tuple[bytes], "SELECT metainfo FROM listings WHERE id = ?", (number,)
            )
            return _listings(db, found[:1], metainfo)[0]

        return self._database.read(work)

    def roots_of(self, info_hash: InfoHash) -> list[Path]:
        """Give the roots in which the torrent stands."""
        key = bytes.fromhex(info_hash)
        found = self._database.read(
            lambda db: rows(
                db, tuple[bytes], "SELECT root FROM listings WHERE info_hash = ?", (key,)
            )
        )
        return sorted(_path(raw) for (raw,) in found)

    def put_listings(self, listings: Sequence[SharedListing], records: Sequence[Record]) -> None:
        """Store listings and journal their records in one durable transaction.

        Raises: DiskFullError, and then nothing of it is stored.
        """

        def work(db: apsw.Connection) -> None:
            for listing in listings:
                _put(db, listing)
            append_in(db, records)

        try:
            self._database.write(work)
        finally:
            self._counted = {}

    def withdraw(
        self, root: Path, info_hashes: Sequence[InfoHash], records: Sequence[Record]
    ) -> None:
        """Remove a root's listings and journal the records (deletions) in one transaction.

        Raises: DiskFullError when not even the ballast was enough.
        """

        def work(db: apsw.Connection) -> None:
            rows = [(bytes.fromhex(one), os.fsencode(root)) for one in info_hashes]
            db.executemany("DELETE FROM listings WHERE info_hash = ? AND root = ?", rows).fetchall()
            append_in(db, records)

        try:
            self._database.write(work, frees=True)
        finally:
            self._counted = {}

    def totals(self, root: Path | None = None) -> tuple[int, Bytes]:
        """Give the number of listings and their size; counted again after a change only."""
        counted = self._counted  # a change that ends meanwhile leaves this one behind
        if root not in counted:
            counted[root] = self._database.read(partial(_count, root=root))
        return counted[root]

    def lines(self, root: Path, words: str, start: int, limit: int) -> tuple[int, list[SharedLine]]:
        """Give some of a root's listings whose titles have the words, newest first; how many."""
        return self._database.read(
            partial(_lines, root=root, words=words, start=start, limit=limit)
        )


def _count(db: apsw.Connection, root: Path | None) -> tuple[int, Bytes]:
    ((count, size),) = rows(
        db,
        tuple[int, int],
        "SELECT count(*), coalesce(sum(size), 0) FROM listings WHERE ?1 IS NULL OR root = ?1",
        (None if root is None else os.fsencode(root),),
    )
    return count, Bytes(size)


def _lines(
    db: apsw.Connection, root: Path, words: str, start: int, limit: int
) -> tuple[int, list[SharedLine]]:
    where = "root = ? AND instr(lower(title), lower(?)) > 0"
    wanted = (os.fsencode(root), words)
    ((total,),) = rows(db, tuple[int], f"SELECT count(*) FROM listings WHERE {where}", wanted)
    found = rows(
        db,
        tuple[bytes, str, int, int, bytes | None],
        "SELECT info_hash, title, size, (SELECT count(*) FROM files WHERE listing = id),"
        " (SELECT path FROM files WHERE listing = id ORDER BY place LIMIT 1)"
        f" FROM listings WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?",
        (*wanted, limit, start),
    )
    return total, [
        SharedLine(
            info_hash=InfoHash(info_hash.hex()),
            title=title,
            size=Bytes(size),
            files=files,
            first=_path(first or b""),
        )
        for info_hash, title, size, files, first in found
    ]


def _path(raw: bytes) -> Path:
    return Path(os.fsdecode(raw))


def _page(db: apsw.Connection, root: Path | None, after: int) -> tuple[int, list[SharedListing]]:
    where = "id > ?" if root is None else "id > ? AND root = ?"
    values = (after,) if root is None else (after, os.fsencode(root))
    found = rows(
        db,
        _Row,
        f"SELECT {_COLUMNS} FROM listings WHERE {where} ORDER BY id LIMIT {PAGE_ROWS}",
        values,
    )
    return (found[-1].id if found else after), _listings(db, found, b"")


def _listings(db: apsw.Connection, found: Sequence[_Row], metainfo: bytes) -> list[SharedListing]:
    if not found:
        return []
    files: dict[int, list[SharedFile]] = {row.id: [] for row in found}
    shared = rows(
        db,
        _FileRow,
        "SELECT listing, path, size, mtime_ns, inode, merkle FROM files"
        " WHERE listing BETWEEN ? AND ? ORDER BY listing, place",
        (found[0].id, found[-1].id),
    )
    for row in shared:
        if row.listing in files:
            files[row.listing].append(_file(row))
    return [_listing(row, tuple(files[row.id]), metainfo) for row in found]


def _file(row: _FileRow) -> SharedFile:
    return SharedFile(
        path=_path(row.path),
        stat=FileStat(size=Bytes(row.size), mtime_ns=row.mtime_ns, inode=row.inode),
        merkle=None if row.merkle is None else FileRoot(row.merkle.hex()),
    )


def _listing(row: _Row, files: tuple[SharedFile, ...], metainfo: bytes) -> SharedListing:
    ids = (row.records[at : at + 32] for at in range(0, len(row.records), 32))
    return SharedListing(
        info_hash=InfoHash(row.info_hash.hex()),
        root=_path(row.root),
        folder=_path(row.folder),
        title=row.title,
        size=Bytes(row.size),
        metainfo=metainfo,
        records=tuple(EventId(one.hex()) for one in ids),
        files=files,
    )


def _put(db: apsw.Connection, listing: SharedListing) -> None:
    info_hash, root = bytes.fromhex(listing.info_hash), os.fsencode(listing.root)
    db.execute(
        "DELETE FROM listings WHERE info_hash = ? AND root = ?", (info_hash, root)
    ).fetchall()
    db.execute(
        "INSERT INTO listings (info_hash, root, folder, title, size, records, metainfo)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            info_hash,
            root,
            os.fsencode(listing.folder),
            listing.title,
            listing.size,
            b"".join(bytes.fromhex(one) for one in listing.records),
            listing.metainfo,
        ),
    ).fetchall()
    number = db.last_insert_rowid()
    db.executemany(
        "INSERT INTO files (listing, place, path, size, mtime_ns, inode, merkle)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [_file_values(number, place, file) for place, file in enumerate(listing.files)],
    ).fetchall()


def _file_values(
    number: int, place: int, file: SharedFile
) -> tuple[int, int, bytes, int, int, int, bytes | None]:
    merkle = None if file.merkle is None else bytes.fromhex(file.merkle)
    stat = file.stat
    return (number, place, os.fsencode(file.path), stat.size, stat.mtime_ns, stat.inode, merkle)
