"""Keep this hub's set equal with other hubs': live first, then what was missed, both ways.

Comparison by negentropy at first contact and daily in full, on a new link over the last days.
Gift wraps and protected records stay where their people brought them. Source: NIP-77.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kkiri.base.errors import (
    BadRecordError,
    HubRefusedError,
    LinkLostError,
    LocalError,
    RemoteError,
)
from kkiri.base.limits import HUBS_DIALLED_MAX
from kkiri.base.types import EventId, HubUrl, Kind, Seconds, UnixTime
from kkiri.event import kinds
from kkiri.event.filters import Filter
from kkiri.event.record import Event, Record, decode
from kkiri.event.verify import verified
from kkiri.flows.hub.serve import Hub
from kkiri.hub.policy import Rules, only_wraps, refusal, travels
from kkiri.ports.clock import Chance, Clock
from kkiri.ports.links import SyncLink, SyncLinks
from kkiri.ports.serving import Readers

DAY_SECONDS = 86_400  # DESIGN: in full at first contact and daily
OVERLAP_SECONDS = 3 * DAY_SECONDS  # clocks are up to two days off, and a day of grace
ITEMS_MAX = 200_000  # ids in one comparison; below what a kkiri hub takes
SPLITS_MAX = 10  # spans of time are halved so often: 2^10 x 200,000 ids
FETCH_IDS = 200  # ids of one question: 13 kB, and an answer below one page
PUSH_RECORDS = 200  # records of one page that the other hub lacks
RETRY_SECONDS = 600.0  # after a comparison that was refused: a busy hub has time again
WAIT_SECONDS = Seconds(30.0)  # a busy hub lists a million ids within that
REDIAL_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0)  # then every minute: a hub may be off for a night
FOREIGN_KINDS = (
    kinds.PROFILE,
    kinds.FOLLOWS,
    kinds.DELETION,
    kinds.VANISH,
    kinds.COMMENT,
    kinds.REPORT,
    kinds.LABEL,
    kinds.LISTING,
    kinds.LISTING_COMMENT,
    kinds.RELAY_LIST,
    kinds.DM_RELAY_LIST,
    kinds.ROOM,
    kinds.ROOM_FACTS,
    kinds.ROOM_TEXT,
    kinds.ROOMS_LIST,
    kinds.HUB_CARD,
    Kind(30_023),
)
"""What is fetched from a relay that is no kkiri hub: it may hold millions of others."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of the record space by time; both ends belong to it."""

    since: UnixTime
    until: UnixTime


class HubSync:
    """The hubs that this one keeps equal with."""

    def __init__(
        self,
        *,
        hub: Hub,
        readers: Readers,
        links: SyncLinks,
        rules: Rules,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._hub = hub
        self._readers = readers
        self._links = links
        self._rules = rules
        self._clock = clock
        self._chance = chance
        self._wanted: tuple[HubUrl, ...] = ()
        self._changed = asyncio.Event()
        self._compared_at: dict[HubUrl, UnixTime] = {}
        self._card: Record | None = None
        self._newer_card = asyncio.Event()

    def choose(self, urls: Iterable[HubUrl]) -> None:
        """Take these hubs in place of those before."""
        self._wanted = tuple(dict.fromkeys(urls))[:HUBS_DIALLED_MAX]
        self._changed.set()

    def spread(self, card: Record) -> None:
        """Hand our newest card to every kkiri hub we are linked to, now and later.

        A hub that does not dial us follows us on no subscription, and compares once a day.
        """
        self._card = card
        self._newer_card.set()
        self._newer_card = asyncio.Event()

    async def run(self) -> None:
        """Keep equal with the chosen hubs until cancelled."""
        tasks: dict[HubUrl, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                for url in set(tasks) - set(self._wanted):
                    tasks.pop(url).cancel()
                for url in self._wanted:
                    if url not in tasks:
                        tasks[url] = group.create_task(self._keep(url), name=f"sync {url}")
                self._changed.clear()
                await self._changed.wait()

    async def _keep(self, url: HubUrl) -> None:
        tries = 0
        while True:
            begun = self._clock.monotonic()
            try:
                await self._once(url)
            except (RemoteError, TimeoutError) as error:
                log.debug("sync ended", extra={"hub": url, "why": str(error)})
            lasted = self._clock.monotonic() - begun > REDIAL_SECONDS[-1]
            tries = 0 if lasted else tries
            seconds = REDIAL_SECONDS[min(tries, len(REDIAL_SECONDS) - 1)]
            tries += 1
            await asyncio.sleep(seconds * (0.5 + self._chance.random()))

    async def _once(self, url: HubUrl) -> None:
        """Stay with one hub until its link is lost.

        Raises: RemoteError.
        """
        is_ours = await self._is_ours(url)
        wanted = Filter() if is_ours else Filter(kinds=FOREIGN_KINDS)
        async with self._links.dial(url) as link:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._follow(link, wanted), name=f"follow {url}")
                    comparing = self._compare_daily(link, wanted, push=is_ours)
                    group.create_task(comparing, name=f"compare {url}")
                    if is_ours:
                        group.create_task(self._tell_card(link), name=f"card to {url}")
            except* RemoteError as errors:
                raise _first(errors) from None

    async def _is_ours(self, url: HubUrl) -> bool:
        """Say whether it is a kkiri hub; a relay need not even have a document.

        Raises: HubUnprovedError.
        """
        try:
            return (await self._links.info(url, WAIT_SECONDS)).proved is not None
        except LinkLostError:
            return False

    async def _tell_card(self, link: SyncLink) -> None:
        while True:
            newer = self._newer_card
            if self._card is not None:
                await link.publish([self._card], WAIT_SECONDS)
            await newer.wait()

    async def _follow(self, link: SyncLink, wanted: Filter) -> None:
        async for record in link.follow([replace(wanted, limit=0)]):
            if self._welcome(record):
                await self._hub.take_in(record)

    async def _compare_daily(self, link: SyncLink, wanted: Filter, *, push: bool) -> None:
        while True:
            now = self._clock.now()
            last = self._compared_at.get(link.url)
            in_full = last is None or now - last >= DAY_SECONDS
            since = UnixTime(0) if last is None or in_full else UnixTime(last - OVERLAP_SECONDS)
            until = UnixTime(now + 2 * OVERLAP_SECONDS)
            span = Span(since=since, until=until)
            try:
                await self._compare(link, wanted, span, push=push, splits=0)
            except HubRefusedError as error:
                # a relay without NIP-77, or a busy one: the live subscription goes on
                log.debug("not compared", extra={"hub": link.url, "why": error.detail})
                in_full = False
            if in_full:
                self._compared_at[link.url] = now
            await asyncio.sleep(DAY_SECONDS if link.url in self._compared_at else RETRY_SECONDS)

    async def _compare(
        self, link: SyncLink, wanted: Filter, span: Span, *, push: bool, splits: int
    ) -> None:
        part = replace(wanted, since=span.since, until=span.until)
        items = await self._items(part)
        if len(items) <= ITEMS_MAX:
            try:
                found = await link.compare(part, items, WAIT_SECONDS)
            except HubRefusedError as error:
                if not error.detail.startswith("blocked") or splits >= SPLITS_MAX:
                    raise
            else:
                await self._fetch(link, sorted(found.need))
                if push:
                    await self._push(link, sorted(found.have))
                return
        if splits >= SPLITS_MAX or span.since >= span.until:
            raise HubRefusedError("too many records of one time")
        middle = _middle(items, span)
        for half in (
            Span(since=span.since, until=middle),
            Span(since=UnixTime(middle + 1), until=span.until),
        ):
            await self._compare(link, wanted, half, push=push, splits=splits + 1)

    async def _items(self, wanted: Filter) -> list[tuple[UnixTime, EventId]]:
        now = self._clock.now()
        rows = await self._readers.sync_items(wanted, now, ITEMS_MAX + 1)
        hidden: set[EventId] = set()
        if wanted.kinds is None:
            wraps = await self._readers.sync_items(only_wraps(wanted), now, ITEMS_MAX + 1)
            hidden = {row.id for row in wraps}
        return [(row.created_at, row.id) for row in rows if row.id not in hidden]

    async def _fetch(self, link: SyncLink, ids: Sequence[EventId]) -> None:
        for start in range(0, len(ids), FETCH_IDS):
            missing = set(ids[start : start + FETCH_IDS])
            while missing:
                part = tuple(sorted(missing))
                answer = await link.ask([Filter(ids=part, limit=len(part))], WAIT_SECONDS)
                async with asyncio.TaskGroup() as group:
                    for record in answer.records:
                        if self._welcome(record):
                            group.create_task(self._take_in(record), name="take in")
                missing -= {record.id for record in answer.records}
                if answer.complete or not answer.records:
                    break

    async def _take_in(self, record: Record) -> None:
        await self._hub.take_in(record)

    async def _push(self, link: SyncLink, ids: Sequence[EventId]) -> None:
        for start in range(0, len(ids), PUSH_RECORDS):
            part = tuple(ids[start : start + PUSH_RECORDS])
            wanted = Filter(ids=part, limit=len(part))
            page = await self._readers.page(wanted, self._clock.now(), len(part), WAIT_SECONDS)
            records = [_own(raw) for raw in page.records]
            await link.publish([one for one in records if self._welcome(one)], WAIT_SECONDS)

    def _welcome(self, event: Event) -> bool:
        """Say whether a record travels between hubs, and is good for this one."""
        return travels(event) and refusal(event, (), self._rules, self._clock.now()) is None


def _own(raw: bytes) -> Record:
    """Read a record of our own store; it is verified after load too (SAFETY N5)."""
    try:
        return verified(decode(raw))
    except BadRecordError as error:
        raise LocalError("a record in the store is damaged") from error


def _middle(items: Sequence[tuple[UnixTime, EventId]], span: Span) -> UnixTime:
    """Give the second that halves our records of a span, or the span when we have none."""
    middle = items[len(items) // 2][0] if items else UnixTime((span.since + span.until) // 2)
    return UnixTime(min(max(middle, span.since), span.until - 1))


def _first(errors: BaseExceptionGroup[RemoteError]) -> RemoteError:
    one: BaseException = errors
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return one if isinstance(one, RemoteError) else RemoteError(str(one))
