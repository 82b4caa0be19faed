"""A hub's records in one SQLite file: one writer, any number of readers."""

from kkiri.adapters.store.reader import SqliteReader
from kkiri.adapters.store.writer import SqliteWriter

__all__ = ["SqliteReader", "SqliteWriter"]
