"""The SQLite file itself: its tables, how it is opened, and typed reading of rows."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import apsw

from kkiri.base.errors import NotFoundError

FORMAT = 1  # raised when an older file cannot be read any more
WRITER_CACHE_KIB = 64 * 1024  # holds the index pages of some 200,000 records
READER_CACHE_KIB = 32 * 1024
READER_MMAP_BYTES = 1 << 30  # the page cache is shared between the readers instead of copied
BUSY_MILLISECONDS = 5_000  # a checkpoint of a large WAL takes up to a second on a slow disk
KEY_BYTES = 16
PAGE_BYTES = 4096  # what disks and memory use; SQLite's own default

Value = int | bytes | str | None

SCHEMA = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE author(no INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
CREATE TABLE record(
    moment INTEGER PRIMARY KEY, id BLOB NOT NULL, author INTEGER NOT NULL, kind INTEGER NOT NULL,
    seq INTEGER NOT NULL, expires INTEGER, hot INTEGER);
CREATE INDEX record_id ON record(substr(id, 1, 8));
CREATE INDEX record_author ON record(author, kind);
CREATE INDEX record_kind ON record(kind);
CREATE INDEX record_seq ON record(seq);
CREATE INDEX record_expires ON record(expires) WHERE expires IS NOT NULL;
CREATE INDEX record_hot ON record(hot) WHERE hot IS NOT NULL;
CREATE TABLE body(seq INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE tag(
    mark INTEGER, kind INTEGER, moment INTEGER, PRIMARY KEY(mark, kind, moment)) WITHOUT ROWID;
CREATE TABLE grave(mark INTEGER PRIMARY KEY, until INTEGER NOT NULL, id BLOB);
CREATE VIRTUAL TABLE words USING fts5(
    tokens, content='', contentless_delete=1, detail=none, tokenize='ascii');
CREATE TABLE spelled(no INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, records INTEGER NOT NULL);
CREATE TABLE form(mark INTEGER, word INTEGER, PRIMARY KEY(mark, word)) WITHOUT ROWID;
"""


class Database:
    """One connection, with rows typed."""

    def __init__(self, path: Path, *, writes: bool, vfs: str = "") -> None:
        flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if writes else 0)
        self.connection = apsw.Connection(
            str(path), flags=flags, vfs=vfs or None, statementcachesize=256
        )
        self.connection.set_busy_timeout(BUSY_MILLISECONDS)

    def run(self, sql: str, values: Sequence[Value] = ()) -> None:
        """Run a statement that answers nothing."""
        self.connection.execute(sql, values)

    def run_many(self, sql: str, values: Iterable[Sequence[Value]]) -> None:
        """Run a statement that answers nothing for each row of values."""
        self.connection.executemany(sql, values)

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[tuple[Value, ...]]:
        """Run a statement and give all rows."""
        return cast(list[tuple[Value, ...]], self.connection.execute(sql, values).fetchall())

    def ints(self, sql: str, values: Sequence[Value] = ()) -> list[int]:
        """Run a statement and give the first column, which holds whole numbers."""
        found = cast(list[tuple[int, ...]], self.connection.execute(sql, values).fetchall())
        return [row[0] for row in found]

    def number(self, sql: str, values: Sequence[Value] = ()) -> int | None:
        """Run a statement and give the first column of the first row."""
        row = self.connection.execute(sql, values).fetchone()
        return None if row is None else cast(int | None, row[0])

    def pair(self, sql: str, values: Sequence[Value] = ()) -> tuple[int, int]:
        """Run a statement that answers one row of two whole numbers."""
        return cast(tuple[int, int], self.connection.execute(sql, values).fetchall()[0])

    def total_changes(self) -> int:
        """Give how many rows were changed since opening."""
        return self.connection.total_changes()

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def open_for_writing(path: Path, *, key: bytes, vfs: str = "", sync: str = "FULL") -> Database:
    """Open or make the file; `key` is used only for a new one.

    A named VFS gets an exclusive lock, as it has no shared memory.
    """
    database = Database(path, writes=True, vfs=vfs)
    if vfs:
        database.run("PRAGMA locking_mode=EXCLUSIVE")
    database.run(f"PRAGMA page_size={PAGE_BYTES}")
    database.run("PRAGMA journal_mode=WAL")
    database.run(f"PRAGMA synchronous={sync}")
    database.run(f"PRAGMA cache_size=-{WRITER_CACHE_KIB}")
    if not database.number("SELECT count(*) FROM sqlite_schema"):
        database.run("BEGIN IMMEDIATE")
        database.run(SCHEMA)
        for name, value in (("format", FORMAT), ("key", key), ("seq", 0), ("total", 0)):
            database.run("INSERT INTO meta VALUES(?, ?)", (name, value))
        database.run("COMMIT")
    return database


def open_for_reading(path: Path) -> Database:
    """Open a file that a writer has made; nothing can be changed through it.

    Raises: NotFoundError when there is none.
    """
    if not path.exists():
        raise NotFoundError(path.name)
    database = Database(path, writes=False)
    database.run("PRAGMA query_only=1")
    database.run(f"PRAGMA cache_size=-{READER_CACHE_KIB}")
    database.run(f"PRAGMA mmap_size={READER_MMAP_BYTES}")
    return database


def hash_key(database: Database) -> bytes:
    """Give the file's secret key for tag hashes."""
    return cast(bytes, database.rows("SELECT value FROM meta WHERE name='key'")[0][0])
