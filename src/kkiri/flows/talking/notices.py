"""Notices: a followed person publishes something, somebody follows us.

Followed at the covering hubs, what came while this peer was off included; each told once, kept
over restarts, and no stranger can fill the list.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from kkiri.base.errors import BadRecordError, DiskFullError
from kkiri.base.limits import FILTER_LIMIT_MAX, FILTER_VALUES_MAX
from kkiri.base.types import PubKey, Seconds, UnixTime
from kkiri.event import kinds
from kkiri.event.filters import Filter
from kkiri.event.listing_tags import from_event
from kkiri.event.profile import read_follows
from kkiri.event.record import Record
from kkiri.flows.naming import notes_of
from kkiri.flows.network.each_hub import at_each_hub
from kkiri.flows.world import OpenHub, World
from kkiri.ports.links import ignore
from kkiri.ports.talks import Notice

MARK = "notices"
OVERLAP_SECONDS = 3_600  # made so long before, it may have come to the hubs after we went
OLDEST_SECONDS = 30 * 86_400  # who was away for longer looks around by themselves
LOOK_SECONDS = 5.0  # how soon somebody newly followed is listened to
MARK_SECONDS = 60.0  # how exactly it is noted until when notices were followed
ASK_SECONDS = Seconds(5.0)  # 500 records over a slow line
HOUR_SECONDS = 3_600
STRANGERS_AN_HOUR = 20  # who follow us; a thousand keys cost nothing

log = logging.getLogger(__name__)

OnNotice = Callable[[Notice], Awaitable[None]]


class _Pace:
    """How many strangers have been told of within an hour."""

    def __init__(self) -> None:
        self._times: deque[Seconds] = deque(maxlen=STRANGERS_AN_HOUR)

    def is_full(self, now: Seconds) -> bool:
        """Say whether that is enough for now."""
        return len(self._times) == STRANGERS_AN_HOUR and self._times[0] > now - HOUR_SECONDS

    def count(self, now: Seconds) -> None:
        """Count one."""
        self._times.append(now)


async def run_notices(world: World, on_notice: OnNotice) -> None:
    """Listen for ever to those who are followed, and to who follows us."""
    pace = _Pace()
    running: asyncio.Task[None] | None = None
    listened: frozenset[PubKey] | None = None
    marked = world.clock.monotonic()
    async with asyncio.TaskGroup() as tasks:
        while True:
            followed = _followed(world)
            if followed != listened:
                if running is not None:
                    running.cancel()
                listened = followed
                work = _listen(world, followed, await _since(world), pace, on_notice)
                running = tasks.create_task(work, name="notices")
            linked = any(not hub.own for hub in world.hubs.open())
            if linked and world.clock.monotonic() - marked >= MARK_SECONDS:
                marked = world.clock.monotonic()
                await _mark(world, world.clock.now())
            await asyncio.sleep(LOOK_SECONDS)


async def _listen(
    world: World,
    followed: frozenset[PubKey],
    since: UnixTime,
    pace: _Pace,
    on_notice: OnNotice,
) -> None:
    wanted = [
        Filter(
            kinds=(kinds.FOLLOWS,),
            tags=(("p", (world.signer.pubkey,)),),
            since=since,
            limit=FILTER_LIMIT_MAX,
        )
    ]
    if followed:
        authors = tuple(sorted(followed))[:FILTER_VALUES_MAX]
        wanted.append(
            Filter(kinds=(kinds.LISTING,), authors=authors, since=since, limit=FILTER_LIMIT_MAX)
        )

    async def listen(hub: OpenHub) -> None:
        stored = await hub.link.ask(wanted, ASK_SECONDS)
        for record in sorted(stored.records, key=lambda record: record.created_at):
            await _take(world, record, followed, pace, on_notice)
        refused = ignore if hub.key is None else partial(world.hubs.refused, hub)
        async for record in hub.link.follow(wanted, refused):
            await _take(world, record, followed, pace, on_notice)

    await at_each_hub(world.hubs, world.hubs.covering, listen)


async def _take(
    world: World,
    record: Record,
    followed: frozenset[PubKey],
    pace: _Pace,
    on_notice: OnNotice,
) -> None:
    at = UnixTime(min(record.created_at, world.clock.now()))
    try:
        if record.kind == kinds.LISTING:
            notice = await _published(world, record, at)
        else:
            notice = await _follows(world, record, at, followed, pace)
    except BadRecordError:
        return
    except DiskFullError:
        log.warning("a notice found no room on the disk", extra={"id": record.id})
        return
    if notice is not None:
        await on_notice(notice)


async def _published(world: World, record: Record, at: UnixTime) -> Notice | None:
    listing = from_event(record)
    put = world.talk.notices.publishes
    return await asyncio.to_thread(put, record.pubkey, listing.info_hash, listing.title, at)


async def _follows(
    world: World, record: Record, at: UnixTime, followed: frozenset[PubKey], pace: _Pace
) -> Notice | None:
    me, who = world.signer.pubkey, record.pubkey
    note = notes_of(world).get(who)
    if who == me or (note is not None and note.blocked):
        return None
    if not any(one.pubkey == me for one in read_follows(record)):
        return None
    strange, now = who not in followed, world.clock.monotonic()
    if strange and pace.is_full(now):
        return None
    notice = await asyncio.to_thread(world.talk.notices.follows, who, at)
    if strange and notice is not None:
        pace.count(now)
    return notice


def _followed(world: World) -> frozenset[PubKey]:
    notes = notes_of(world)
    return frozenset(key for key, note in notes.items() if note.followed and not note.blocked)


async def _since(world: World) -> UnixTime:
    """Give from when on something is news: since we listened last, or from now at first."""
    now = world.clock.now()
    mark = await asyncio.to_thread(world.talk.inbox.mark, MARK)
    if mark is None:
        await _mark(world, now)
        return now
    return UnixTime(max(now - OLDEST_SECONDS, min(mark, now) - OVERLAP_SECONDS))


async def _mark(world: World, at: UnixTime) -> None:
    try:
        await asyncio.to_thread(world.talk.inbox.put_mark, MARK, at)
    except DiskFullError:
        return  # told again from further back; each is told once anyhow
