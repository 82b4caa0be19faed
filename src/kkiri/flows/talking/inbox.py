"""Private messages for us: read at every hub we use, what came while we were off included.

A wrap's time lies up to two days back, so each hub is asked back four days further than it was
read; what is known is passed over. Strangers are kept apart, the blocked are dropped.
Source: NIP-17, NIP-42, NIP-59; SAFETY N6, F7.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kkiri.base.errors import (
    BadRecordError,
    BadSealError,
    DiskFullError,
    LinkLostError,
    RemoteError,
)
from kkiri.base.limits import CREATED_AT_AHEAD_SECONDS_MAX, FILTER_LIMIT_MAX
from kkiri.base.types import HubUrl, PubKey, Seconds, UnixTime
from kkiri.chat import rumor as rumors
from kkiri.event import kinds
from kkiri.event.filters import Filter
from kkiri.event.profile import inbox_list_tags, read_inbox_list
from kkiri.event.record import Record
from kkiri.flows.naming import notes_of
from kkiri.flows.network.each_hub import at_each_hub
from kkiri.flows.people import newest_own
from kkiri.flows.publish import name_of, publish
from kkiri.flows.talking.inboxes import INBOX_HUBS_MAX, link_to
from kkiri.flows.talking.wrapping import BACK_SECONDS_MAX, unwrap
from kkiri.flows.world import OpenHub, World
from kkiri.ports.links import HubLink
from kkiri.ports.talks import Arrived, Taken

FIRST_SECONDS = 30 * 86_400  # how far a hub is asked back at first contact
OVERLAP_SECONDS = BACK_SECONDS_MAX + CREATED_AT_AHEAD_SECONDS_MAX  # jitter, and wrong clocks
PAGES_MAX = 200  # 100,000 wraps of one hub
PAGE_SECONDS = Seconds(20.0)  # 500 wraps of 2 kB over a bad line
OPENED_AT_ONCE = 50  # 50 ms in a thread, and 6 MB at worst
MARK_SECONDS = 600.0  # how exactly it is noted until when a hub was read; it costs a sync
VISIT_SECONDS_FIRST = 15.0  # by then the links to hubs of last time stand again
VISIT_SECONDS = 300.0  # hubs of ours without a link are looked at so often
LIST_SECONDS = 600.0  # the list is looked at so often also when no link comes or goes
HOLD_SECONDS = 3 * 86_400  # a hub that is off for a weekend stays on our list
FULL_SECONDS = 30.0  # a full disk is looked at again

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message that has just arrived."""

    said: rumors.Said
    talk: str


OnMessage = Callable[[NewMessage], None]


async def keep_inbox(world: World, on_message: OnMessage) -> None:
    """Read wraps for us at all hubs, and say which hubs keep them, for ever."""

    async def listen(hub: OpenHub) -> None:
        await _listen(world, hub, on_message)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(at_each_hub(world.hubs, world.hubs.open, listen), name="inbox")
        tasks.create_task(_visit(world, on_message), name="visit own hubs")
        tasks.create_task(_say_where(world), name="say where to write")


async def _listen(world: World, hub: OpenHub, on_message: OnMessage) -> None:
    """Follow one hub until its link is lost. Raises: LinkLostError, HubRefusedError."""
    name = _mark_name(hub)
    # a question waits for AUTH where a subscription would be closed
    await hub.link.ask([_wanted(world, None, limit=1)], PAGE_SECONDS)
    errors: list[RemoteError | TimeoutError] = []

    async def follow() -> None:
        recent = UnixTime(world.clock.now() - OVERLAP_SECONDS)
        try:
            async for record in hub.link.follow([_wanted(world, recent)]):
                await take_in(world, [record], on_message)
        except (RemoteError, TimeoutError) as error:
            errors.append(error)

    async def read() -> None:
        try:
            await _read_back(world, hub.link, name, on_message)
        except (RemoteError, TimeoutError) as error:
            errors.append(error)

    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow(), name=f"wraps at {hub.url}")
        reading = tasks.create_task(read(), name=f"missed wraps at {hub.url}")
        await asyncio.wait({reading})
        while not errors and not following.done():
            await asyncio.wait({following}, timeout=MARK_SECONDS)
            if not following.done():
                await _mark(world, name, world.clock.now())
        following.cancel()
    raise errors[0] if errors else LinkLostError(hub.url)


async def _read_back(world: World, link: HubLink, name: str, on_message: OnMessage) -> None:
    """Read what a hub has kept since it was read last. Raises: LinkLostError, HubRefusedError."""
    begun = world.clock.now()
    mark = world.talk.inbox.mark(name)
    since = begun - FIRST_SECONDS if mark is None else min(mark, begun) - OVERLAP_SECONDS
    page = _wanted(world, UnixTime(max(0, since)))
    for _ in range(PAGES_MAX):
        answer = await link.ask([page], PAGE_SECONDS)
        await take_in(world, answer.records, on_message)
        if answer.complete or not answer.records:
            if not answer.complete:
                raise LinkLostError(link.url)
            break
        oldest = min(record.created_at for record in answer.records)
        edge = oldest if page.until is None or oldest < page.until else oldest - 1
        page = _wanted(world, page.since, until=UnixTime(max(0, edge)))
    await _mark(world, name, begun)


def _wanted(
    world: World,
    since: UnixTime | None,
    *,
    until: UnixTime | None = None,
    limit: int = FILTER_LIMIT_MAX,
) -> Filter:
    return Filter(
        kinds=(kinds.GIFT_WRAP,),
        tags=(("p", (world.signer.pubkey,)),),
        since=since,
        until=until,
        limit=limit,
    )


async def take_in(world: World, records: Sequence[Record], on_message: OnMessage) -> None:
    """Open wraps and keep what they held, durably; each once, whichever hub it came from."""
    for at in range(0, len(records), OPENED_AT_ONCE):
        part = records[at : at + OPENED_AT_ONCE]
        unknown = await asyncio.to_thread(world.talk.inbox.unknown, [one.id for one in part])
        fresh = [record for record in part if record.id in unknown]
        if not fresh:
            continue
        arrived = await asyncio.to_thread(_opened, world, fresh)
        for one, taken in zip(arrived, await _keep(world, arrived), strict=True):
            if taken is Taken.NEW and one.said is not None:
                on_message(NewMessage(said=one.said, talk=one.talk))


async def _keep(world: World, arrived: Sequence[Arrived]) -> list[Taken]:
    while True:
        try:
            return await asyncio.to_thread(world.talk.inbox.take, arrived, world.clock.now())
        except DiskFullError:
            log.warning("messages wait for room on the disk")
            await asyncio.sleep(FULL_SECONDS)


def _opened(world: World, records: Sequence[Record]) -> list[Arrived]:
    notes = notes_of(world)
    known = {key for key, note in notes.items() if note.followed or note.petname}
    blocked = {key for key, note in notes.items() if note.blocked}
    return [_open(world, record, known, blocked) for record in records]


def _open(world: World, record: Record, known: set[PubKey], blocked: set[PubKey]) -> Arrived:
    me, now = world.signer.pubkey, world.clock.now()
    try:
        rumor = unwrap(world, record)
        said = None if rumors.is_too_early(rumor, now) else rumors.said(rumor, now)
    except (BadRecordError, BadSealError) as error:
        log.debug("a wrap held nothing for us", extra={"id": record.id, "why": error.detail})
        said = None
    if said is None or said.author in blocked or me not in said.people or not said.text:
        return Arrived(wrap=record.id)
    return Arrived(
        wrap=record.id,
        said=said,
        talk=rumors.talk_id(said.people, me),
        own=said.author == me,
        known=said.author in known,
    )


async def _mark(world: World, name: str, at: UnixTime) -> None:
    try:
        await asyncio.to_thread(world.talk.inbox.put_mark, name, at)
    except DiskFullError:
        return  # read again from further back


def _mark_name(hub: OpenHub) -> str:
    return f"wraps {name_of(hub)}"


# ---- which hubs keep our messages


async def _visit(world: World, on_message: OnMessage) -> None:
    """Read at hubs of our own list to which no link stands."""
    wait = VISIT_SECONDS_FIRST
    while True:
        await asyncio.sleep(wait)
        wait = VISIT_SECONDS
        there = {hub.url for hub in world.hubs.open()}
        for url in await _listed(world):
            if url in there or url == world.hubs.address():
                continue
            try:
                async with link_to(world, url) as link:
                    await _read_back(world, link, f"wraps {url}", on_message)
            except (RemoteError, TimeoutError):
                log.info("a hub that keeps our messages is not reached", extra={"hub": url})


async def _say_where(world: World) -> None:
    """Publish the list of hubs that keep our messages whenever it changes."""
    while True:
        if any(hub.own for hub in world.hubs.open()):
            listed = await _listed(world)
            wanted = _chosen(world, listed)
            if wanted and set(wanted) != set(listed):
                try:
                    await publish(world, kinds.DM_RELAY_LIST, inbox_list_tags(wanted), "")
                except DiskFullError:
                    log.warning("the list of our hubs waits for room on the disk")
        try:
            async with asyncio.timeout(LIST_SECONDS):
                await world.hubs.changed()
        except TimeoutError:
            continue


async def _listed(world: World) -> tuple[HubUrl, ...]:
    record = await newest_own(world, kinds.DM_RELAY_LIST)
    return () if record is None else read_inbox_list(record)


def _chosen(world: World, listed: Sequence[HubUrl]) -> tuple[HubUrl, ...]:
    """Choose the hubs that keep our messages: our own when others reach it, and three others.

    Those of the list stay while they are there, or were of late: what is on its way goes there.
    """
    own = world.hubs.address()
    there = {hub.url for hub in world.hubs.open() if not hub.own}
    since = world.clock.now() - HOLD_SECONDS
    lately = {h.url for h in world.book.hubs() if not h.ban and (h.last_good or 0) >= since}
    kept = [url for url in listed if url in there or (url in lately and url != own)]
    homes = [hub.url for hub in world.hubs.homes(world.signer.pubkey) if not hub.own]
    others = list(dict.fromkeys((*kept, *homes)))[: INBOX_HUBS_MAX - 1]
    return (*others, own) if own is not None else tuple(others)
