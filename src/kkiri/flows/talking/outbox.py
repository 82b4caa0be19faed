"""Private messages of ours on their way: kept durably first, then handed to the receiver's hubs.

A wrap is settled when every hub of its receiver has it, or enough time has passed; until then it
is offered again, ever more slowly, and at once when another hub is reached.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kkiri.base.errors import DiskFullError, RemoteError
from kkiri.base.types import EventId, HubUrl, PubKey, Seconds
from kkiri.flows.publish import Fate, fate
from kkiri.flows.talking.inboxes import inboxes_of, link_to
from kkiri.flows.world import World
from kkiri.ports.talks import Outgoing

OUTGOING_MAX = 2_000  # wraps looked at in one round, about 4 MB
AGAIN_SECONDS_FIRST = 4.0  # a hub that was busy has room again
AGAIN_SECONDS_MAX = 300.0  # a receiver whose hubs are all off costs one dial in five minutes
KNOWN_SECONDS = 600.0  # how long a list of hubs is believed: people change theirs once a year
HAND_SECONDS_MAX = 20.0  # dialling and an OK, over a bad line
HUBS_AT_ONCE = 8  # dials of one round: a group of twenty has some forty hubs
ENOUGH_SECONDS = 2 * 86_400  # one hub has it and the others have been off for two days
TOO_LATE_SECONDS = 30 * 86_400  # nobody asks hubs back for longer

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Round:
    """What one run of deliveries remembers between its rounds."""

    inboxes: dict[PubKey, tuple[Seconds, tuple[HubUrl, ...]]] = field(default_factory=dict)
    due: dict[EventId, Seconds] = field(default_factory=dict)
    waits: dict[EventId, float] = field(default_factory=dict)
    refused: set[tuple[EventId, HubUrl]] = field(default_factory=set)
    open: frozenset[HubUrl] = frozenset()


async def deliver_talks(world: World, on_delivered: Callable[[EventId], None]) -> None:
    """Hand private messages to their receivers' hubs, for ever; `on_delivered` hears of each."""
    memory = _Round()
    while True:
        rung = world.bells.outbox.next()
        await _look(world, memory, on_delivered)
        seconds: float | None = None
        if memory.due:
            seconds = max(0.0, min(memory.due.values()) - world.clock.monotonic())
        await _until(world, rung, seconds)


async def _until(world: World, rung: asyncio.Event, seconds: float | None) -> None:
    """Wait for a new message, for a hub that comes or goes, or as long as that."""
    async with asyncio.TaskGroup() as tasks:
        waits = {
            tasks.create_task(rung.wait(), name="a new message"),
            tasks.create_task(_changed(world), name="hubs change"),
        }
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()


async def _changed(world: World) -> bool:
    await world.hubs.changed()
    return True


async def _look(world: World, memory: _Round, on_delivered: Callable[[EventId], None]) -> None:
    waiting = await asyncio.to_thread(world.talk.outbox.outgoing, OUTGOING_MAX)
    now = world.clock.monotonic()
    there = frozenset(hub.url for hub in world.hubs.open())
    if there - memory.open:
        memory.due.clear()
    memory.open = there
    wraps = {one.wrap.id for one in waiting}
    memory.due = {wrap: at for wrap, at in memory.due.items() if wrap in wraps}
    memory.waits = {wrap: wait for wrap, wait in memory.waits.items() if wrap in wraps}
    memory.refused = {pair for pair in memory.refused if pair[0] in wraps}
    due = [one for one in waiting if memory.due.get(one.wrap.id, now) <= now]
    if not due:
        return
    places = await _places(world, memory, due)
    taken = await _hand_over(world, memory, due, places)
    for one in due:
        _again_later(memory, one.wrap.id, now)
        hubs = (*one.taken, *taken.get(one.wrap.id, ()))
        settled = _is_settled(world, memory, one, hubs, places[one.receiver])
        if not settled and hubs == one.taken:
            continue
        try:
            await asyncio.to_thread(
                world.talk.outbox.mark_taken, one.wrap.id, hubs, settled=settled
            )
        except DiskFullError:
            continue  # they are offered once more: hubs know them already
        on_delivered(one.message)


def _again_later(memory: _Round, wrap: EventId, now: Seconds) -> None:
    wait = memory.waits.get(wrap, AGAIN_SECONDS_FIRST)
    memory.due[wrap] = Seconds(now + wait)
    memory.waits[wrap] = min(wait * 2, AGAIN_SECONDS_MAX)


def _is_settled(
    world: World,
    memory: _Round,
    one: Outgoing,
    hubs: Sequence[str],
    places: Sequence[HubUrl],
) -> bool:
    age = world.clock.now() - one.made_at
    if age > TOO_LATE_SECONDS or (hubs and age > ENOUGH_SECONDS):
        return True
    if one.receiver not in memory.inboxes:
        return False  # hubs that may not be theirs have it: they may still name theirs
    left = [url for url in places if url not in hubs and (one.wrap.id, url) not in memory.refused]
    return bool(hubs) and not left


async def _places(
    world: World, memory: _Round, due: Sequence[Outgoing]
) -> Mapping[PubKey, tuple[HubUrl, ...]]:
    """Give where each receiver's wraps go: the hubs they name, else those that hold their part."""
    now = world.clock.monotonic()
    receivers = list(dict.fromkeys(one.receiver for one in due))
    unknown = [
        key
        for key in receivers
        if key not in memory.inboxes or memory.inboxes[key][0] + KNOWN_SECONDS < now
    ]
    if unknown:
        said = await inboxes_of(world, unknown)
        for key in unknown:
            if key in said:
                memory.inboxes[key] = (now, said[key])
    places: dict[PubKey, tuple[HubUrl, ...]] = {}
    for key in receivers:
        named = memory.inboxes[key][1] if key in memory.inboxes else ()
        if key == world.signer.pubkey:
            named = tuple(dict.fromkeys((world.own_hub, *named)))
            memory.inboxes.setdefault(key, (Seconds(now - KNOWN_SECONDS), named))
        # our own hub is no use there: who names no hubs does not know of it
        places[key] = named or tuple(hub.url for hub in world.hubs.homes(key) if not hub.own)
    return places


async def _hand_over(
    world: World,
    memory: _Round,
    due: Sequence[Outgoing],
    places: Mapping[PubKey, tuple[HubUrl, ...]],
) -> dict[EventId, list[HubUrl]]:
    at_hub: dict[HubUrl, list[Outgoing]] = {}
    for one in due:
        for url in places[one.receiver]:
            if url not in one.taken and (one.wrap.id, url) not in memory.refused:
                at_hub.setdefault(url, []).append(one)
    taken: dict[EventId, list[HubUrl]] = {}
    room = asyncio.Semaphore(HUBS_AT_ONCE)

    async def hand(url: HubUrl, wraps: Sequence[Outgoing]) -> None:
        try:
            async with room, asyncio.timeout(HAND_SECONDS_MAX), link_to(world, url) as link:
                oks = await link.publish([one.wrap for one in wraps], Seconds(HAND_SECONDS_MAX))
        except (RemoteError, TimeoutError):
            return
        for ok in oks:
            match fate(ok):
                case Fate.TAKEN:
                    taken.setdefault(ok.id, []).append(url)
                case Fate.REFUSED:
                    memory.refused.add((ok.id, url))
                    log.info("a hub does not take a message", extra={"hub": url})
                case Fate.LATER | Fate.WAITING:
                    pass

    async with asyncio.TaskGroup() as tasks:
        for url, wraps in at_hub.items():
            tasks.create_task(hand(url, wraps), name=f"messages to {url}")
    return taken
