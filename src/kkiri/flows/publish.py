"""Our own records: signed, journalled, then handed to hubs until each has taken them.

Acknowledged means in the journal, durable. Each hub has a cursor in it; what a hub refuses for
good is passed over for that hub alone, what it refuses for now is offered again.
"""

import asyncio
import logging
from collections.abc import Sequence
from enum import Enum

from kkiri.base.errors import DiskFullError, NotReachableError
from kkiri.base.types import EventId, Kind, Seconds, Seq, UnixTime
from kkiri.event import kinds
from kkiri.event.record import Record, Tag
from kkiri.event.wire import Ok
from kkiri.flows.network.each_hub import at_each_hub
from kkiri.flows.world import OpenHub, World

DELIVER_RECORDS = 200  # about 240 kB in flight; a lost link repeats at most these
OK_SECONDS_MAX = Seconds(20.0)  # a hub under load on a slow disk; then the record is offered again
AGAIN_SECONDS_FIRST = 1.0  # a token bucket has some room again after a second
AGAIN_SECONDS_MAX = 60.0
TRIES_MAX = 8  # `error:` may pass (a full disk), but must not hold up the rest for ever
PATIENCE_SECONDS = 60.0  # `delivered` gives up when nothing moved for so long
LISTINGS_A_SECOND = 400  # below a page of 500: a library is read page by page, by second
LOOK_SECONDS = 1.0  # links come and go without a bell of ours

log = logging.getLogger(__name__)


class Fate(Enum):
    """What a hub made of a record."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"
    """Not now: a limit, an error, no answer."""
    WAITING = "waiting"
    """Not now for a reason that always passes: a rate limit."""


def fate(ok: Ok) -> Fate:
    """Read an answer. Source: NIP-01, From relay to client (prefixes of OK)."""
    prefix = ok.reason.partition(":")[0]
    if ok.accepted or prefix == "duplicate":
        return Fate.TAKEN
    match prefix:
        case "rate-limited":
            return Fate.WAITING
        case "invalid" | "blocked" | "restricted" | "pow" | "mute" | "unsupported":
            return Fate.REFUSED
        case _:
            return Fate.LATER


async def publish(world: World, kind: Kind, tags: tuple[Tag, ...], content: str) -> Record:
    """Sign a record and journal it; it is durable when this returns, and delivered soon after.

    Raises: DiskFullError.
    """
    record = sign(world, kind, tags, content)
    await publish_records(world, [record])
    return record


async def publish_records(world: World, records: Sequence[Record]) -> None:
    """Journal records of our own, durable when this returns.

    Raises: DiskFullError.
    """
    await asyncio.to_thread(world.journal.append, records)
    world.bells.journal.ring()


def sign(
    world: World,
    kind: Kind,
    tags: tuple[Tag, ...],
    content: str,
    *,
    not_before: UnixTime | None = None,
) -> Record:
    """Sign a record with the person's key, at a second that keeps the order of our own records.

    Two replaceable records of one second would be ordered by id, and a record made again in the
    second of its deletion would have the deleted id.
    """
    now = UnixTime(max(world.clock.now(), not_before or 0))
    if kinds.is_replaceable(kind) or kinds.is_addressable(kind) or kind == kinds.LISTING:
        now = UnixTime(max(now, world.bells.made_last + 1))
    if kind == kinds.LISTING:
        now = world.bells.next_listing(now, LISTINGS_A_SECOND)
    else:
        world.bells.made_last = max(world.bells.made_last, now, world.bells.listed_at)
    return world.signer.sign(kind, tags, content, now, world.chance.randbytes(32))


async def deliver(world: World) -> None:
    """Hand the journal to the own hub and to the hubs that keep our shard, for ever."""

    async def one(hub: OpenHub) -> None:
        await _deliver_to(world, hub)

    def chosen() -> list[OpenHub]:
        return _takers(world)

    await at_each_hub(world.hubs, chosen, one)


async def delivered(world: World, seq: Seq) -> None:
    """Wait until the own hub has all records up to a number, and one other hub if one is open.

    Raises: NotReachableError when nothing has moved for PATIENCE_SECONDS.
    """
    moved_at, best = world.clock.monotonic(), Seq(-1)
    while True:
        rung = world.bells.delivered.next()
        places = [(hub.own, world.journal.cursor(name_of(hub))) for hub in _takers(world)]
        own = max((cursor for mine, cursor in places if mine), default=Seq(-1))
        others = [cursor for mine, cursor in places if not mine]
        if own >= seq and (not others or max(others) >= seq):
            return
        total = Seq(own + sum(others))
        if total > best:
            moved_at, best = world.clock.monotonic(), total
        elif world.clock.monotonic() - moved_at > PATIENCE_SECONDS:
            raise NotReachableError
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await rung.wait()
        except TimeoutError:
            continue


def name_of(hub: OpenHub) -> str:
    """Give the name under which a hub's cursor is kept: its key, else its address."""
    return hub.key or hub.url


def _takers(world: World) -> list[OpenHub]:
    homes = world.hubs.homes(world.signer.pubkey)
    return [*(hub for hub in world.hubs.open() if hub.own), *(hub for hub in homes if not hub.own)]


async def _deliver_to(world: World, hub: OpenHub) -> None:
    """Deliver to one hub until its link is lost. Raises: LinkLostError."""
    tries: dict[EventId, int] = {}
    wait = AGAIN_SECONDS_FIRST
    while True:
        rung = world.bells.journal.next()
        cursor = world.journal.cursor(name_of(hub))
        rows = await asyncio.to_thread(world.journal.after, cursor, DELIVER_RECORDS)
        if not rows:
            tries.clear()
            await rung.wait()
            continue
        oks = await hub.link.publish([record for _, record in rows], OK_SECONDS_MAX)
        settled = _settled(hub, rows, oks, tries)
        if settled > cursor:
            await _advance(world, hub, settled)
            wait = AGAIN_SECONDS_FIRST
        if settled < rows[-1][0]:
            await asyncio.sleep(wait)
            wait = min(wait * 2, AGAIN_SECONDS_MAX)


def _settled(
    hub: OpenHub,
    rows: Sequence[tuple[Seq, Record]],
    oks: Sequence[Ok],
    tries: dict[EventId, int],
) -> Seq:
    """Give the number up to which nothing has to be offered again; 0 for nothing."""
    answers = {ok.id: ok for ok in oks}
    settled = Seq(0)
    for seq, record in rows:
        ok = answers.get(record.id, Ok(id=record.id, accepted=False, reason="error: no answer"))
        outcome = fate(ok)
        if outcome is Fate.WAITING:
            break
        if outcome is Fate.LATER:
            tries[record.id] = tries.get(record.id, 0) + 1
            if tries[record.id] < TRIES_MAX:
                break
            outcome = Fate.REFUSED
        if outcome is Fate.REFUSED:
            log.warning(
                "a hub does not take a record of ours",
                extra={"hub": hub.url, "id": record.id, "kind": record.kind, "reason": ok.reason},
            )
        settled = seq
    return settled


async def _advance(world: World, hub: OpenHub, seq: Seq) -> None:
    try:
        await asyncio.to_thread(world.journal.advance, name_of(hub), seq)
    except DiskFullError:
        # the hub has them; they are offered once more when there is room
        await asyncio.sleep(AGAIN_SECONDS_MAX)
        return
    world.bells.delivered.ring()
