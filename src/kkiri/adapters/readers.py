"""A hub's readers in threads: a question takes a slice of one, first come first served."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from kkiri.base.types import Seconds, UnixTime
from kkiri.event.filters import Filter
from kkiri.ports.records import Page, RecordReader, SyncItem

T = TypeVar("T")


class ReaderThreads:
    """Gives each question a reader that nobody else uses meanwhile."""

    def __init__(self, readers: Sequence[RecordReader]) -> None:
        self._readers = readers
        self._free: SimpleQueue[RecordReader] = SimpleQueue()
        for reader in readers:
            self._free.put(reader)
        self._threads = ThreadPoolExecutor(len(readers), thread_name_prefix="reader")

    async def page(self, wanted: Filter, now: UnixTime, limit: int, slice_seconds: Seconds) -> Page:
        """Answer one filter."""
        return await self._with(lambda reader: reader.page(wanted, now, limit, slice_seconds))

    async def count(self, wanted: Filter, now: UnixTime, slice_seconds: Seconds) -> int:
        """Count what answers one filter."""
        return await self._with(lambda reader: reader.count(wanted, now, slice_seconds))

    async def sync_items(self, wanted: Filter, now: UnixTime, items_max: int) -> list[SyncItem]:
        """List what answers one filter."""
        return await self._with(lambda reader: reader.sync_items(wanted, now, items_max))

    async def total(self) -> int:
        """Give the number of records kept."""
        return await self._with(lambda reader: reader.total())

    def close(self) -> None:
        """Wait for what runs and close the readers."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for reader in self._readers:
            reader.close()

    async def _with(self, question: Callable[[RecordReader], T]) -> T:
        def run() -> T:
            reader = self._free.get()
            try:
                return question(reader)
            finally:
                self._free.put(reader)

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)
