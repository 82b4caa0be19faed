"""Answer one link's questions from the store, in short slices so that nobody waits for another.

Gift wraps leave by their receivers' links only, and are in no count and no comparison.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from kkiri.base.errors import BadMessageError
from kkiri.base.limits import FILTER_LIMIT_MAX, SYNC_FRAME_BYTES_MAX
from kkiri.base.types import EventId, PubKey, Seconds, SubId
from kkiri.event.filters import Filter
from kkiri.event.record import decode
from kkiri.event.wire import Counted, NegErr, NegMsg, Told
from kkiri.hub.conversation import Compare, CompareOn, CountUp
from kkiri.hub.negentropy import Items, items_of, respond
from kkiri.hub.policy import may_hold_wraps, may_read, only_wraps
from kkiri.ports.clock import Clock
from kkiri.ports.serving import Readers

# SAFETY N4 gives 10 ms; a question that needs more stands in line again for each longer slice
SLICES_SECONDS = (Seconds(0.010), Seconds(0.030), Seconds(0.100))
COUNT_SECONDS = Seconds(0.050)  # a count cannot be given in parts
ITEMS_MAX = 250_000  # ids of one comparison, about 55 MB; who has more compares spans of time
ITEMS_ALL_MAX = 1_000_000  # ids of all comparisons of one hub, about 220 MB
_WRAP = b'"kind":1059'


class _Named(msgspec.Struct):
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The stored records that answer a question."""

    records: tuple[bytes, ...]
    more: bool


def id_of(record: bytes) -> EventId:
    """Read the id out of a stored record's JSON."""
    return EventId(msgspec.json.decode(record, type=_Named).id)


async def read_stored(
    readers: Readers, filters: Sequence[Filter], authed: Collection[PubKey], clock: Clock
) -> Stored:
    """Read what answers the filters, each record once."""
    records: list[bytes] = []
    more = False
    for wanted in filters:
        limit = FILTER_LIMIT_MAX if wanted.limit is None else min(wanted.limit, FILTER_LIMIT_MAX)
        if limit == 0:
            continue
        found, cut = await _page(readers, wanted, limit, clock)
        more = more or cut
        records += _readable(found, authed) if may_hold_wraps(wanted) else found
    if len(filters) > 1:
        records = list({id_of(record): record for record in records}.values())
    return Stored(records=tuple(records), more=more)


async def _page(
    readers: Readers, wanted: Filter, limit: int, clock: Clock
) -> tuple[tuple[bytes, ...], bool]:
    found: tuple[bytes, ...] = ()
    for seconds in SLICES_SECONDS:
        page = await readers.page(wanted, clock.now(), limit, seconds)
        found = page.records
        if not page.more:
            return found, False
        if len(found) >= limit or (wanted.search is not None and found):
            break
    return found, True


def _readable(records: Sequence[bytes], authed: Collection[PubKey]) -> list[bytes]:
    return [record for record in records if _WRAP not in record or may_read(decode(record), authed)]


class Comparisons:
    """The item lists of all open comparisons of a hub, with a bound on their sum."""

    def __init__(self) -> None:
        self._items: dict[tuple[int, SubId], Items] = {}

    def __len__(self) -> int:
        return len(self._items)

    def forget(self, link: int, sub: SubId) -> None:
        """Drop one."""
        self._items.pop((link, sub), None)

    def forget_link(self, link: int) -> None:
        """Drop all of a link."""
        for key in [key for key in self._items if key[0] == link]:
            del self._items[key]

    async def open(self, readers: Readers, link: int, asked: Compare, clock: Clock) -> Told:
        """List our side and answer the first frame."""
        self.forget(link, asked.sub)
        taken = sum(len(items.bounds) for items in self._items.values())
        if taken >= ITEMS_ALL_MAX:
            return NegErr(sub=asked.sub, reason="blocked: too many comparisons, come back later")
        now = clock.now()
        rows = await readers.sync_items(asked.wanted, now, ITEMS_MAX + 1)
        if len(rows) > ITEMS_MAX:
            return NegErr(sub=asked.sub, reason="blocked: this query is too big")
        wraps: set[EventId] = set()
        if may_hold_wraps(asked.wanted):
            hidden = await readers.sync_items(only_wraps(asked.wanted), now, ITEMS_MAX)
            wraps = {row.id for row in hidden}
        self._items[link, asked.sub] = await asyncio.to_thread(
            lambda: items_of(
                (row.created_at, bytes.fromhex(row.id)) for row in rows if row.id not in wraps
            )
        )
        return await self.go_on(link, CompareOn(sub=asked.sub, frame=asked.frame))

    async def go_on(self, link: int, asked: CompareOn) -> Told:
        """Answer one frame."""
        items = self._items.get((link, asked.sub))
        if items is None:
            return NegErr(sub=asked.sub, reason="closed: no such comparison")
        try:
            frame = await asyncio.to_thread(respond, items, asked.frame, SYNC_FRAME_BYTES_MAX)
        except BadMessageError as error:
            return NegErr(sub=asked.sub, reason=f"invalid: {error.detail}")
        return NegMsg(sub=asked.sub, frame=frame)


async def count_up(readers: Readers, asked: CountUp, clock: Clock) -> Counted:
    """Count what answers the filters, without gift wraps; several filters are added up."""
    total = 0
    now = clock.now()
    for wanted in asked.filters:
        total += await readers.count(wanted, now, COUNT_SECONDS)
        if may_hold_wraps(wanted):
            total -= await readers.count(only_wraps(wanted), now, COUNT_SECONDS)
    return Counted(sub=asked.sub, count=max(0, total))
