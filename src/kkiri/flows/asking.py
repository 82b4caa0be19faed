"""Ask several hubs the same thing at once; the quick ones are waited for, stragglers are not.

An answer is complete enough when the own hub and one hub of each need have answered and a short
grace is over: the grace lets a second hub show what a hub that lies in haste has left out.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kkiri.base.errors import RemoteError
from kkiri.base.types import EventId, HubUrl, PubKey, Seconds, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.kinds import DELETION, address_of, deleted_ids, is_newer, replace_key
from kkiri.event.record import Record
from kkiri.flows.world import OpenHub, SearchPlan, World
from kkiri.ports.links import Answer

GRACE_SECONDS = 0.25  # a hub on the same continent answers in a fifth of it


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What the hubs gave, each record once."""

    records: dict[EventId, Record] = field(default_factory=dict)
    answered: set[HubUrl] = field(default_factory=set)
    failed: set[HubUrl] = field(default_factory=set)
    partial: dict[HubUrl, UnixTime] = field(default_factory=dict)
    """Those of which there is more than they gave, each with its oldest record's second."""

    def take(self, hub: OpenHub, answer: Answer) -> None:
        """Add one hub's answer; a hub that ran out of time without a record is no answer."""
        if not answer.complete and not answer.records:
            self.failed.add(hub.url)
            return
        self.answered.add(hub.url)
        if not answer.complete:
            self.partial[hub.url] = min(record.created_at for record in answer.records)
        for record in answer.records:
            self.records.setdefault(record.id, record)


async def ask_hubs(
    world: World,
    plan: SearchPlan,
    filters_of: Callable[[OpenHub], Sequence[Filter]],
    wait_seconds: Seconds,
    gathered: Gathered | None = None,
    progress: Callable[[Gathered], None] | None = None,
) -> Gathered:
    """Ask all hubs of the plan and give what came in time, added to what was gathered before.

    `progress` sees each new answer.
    """
    gathered = gathered if gathered is not None else Gathered()
    news = asyncio.Event()

    async def ask(hub: OpenHub) -> None:
        begun = world.clock.monotonic()
        refused = 0
        try:
            async with asyncio.timeout(wait_seconds):
                answer = await hub.link.ask(filters_of(hub), wait_seconds)
            refused = answer.refused
            gathered.take(hub, answer)
            if progress is not None:
                progress(gathered)
        except (RemoteError, TimeoutError):
            gathered.failed.add(hub.url)
        finally:
            # a straggler that is cut off here is noted as slow too
            world.hubs.answered(hub, Seconds(world.clock.monotonic() - begun), refused)
            news.set()

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(ask(hub), name=f"ask {hub.url}") for hub in plan.hubs]
        await _enough(plan, gathered, news, wait_seconds)
        if running:
            await asyncio.wait(running, timeout=GRACE_SECONDS)
        for task in running:
            task.cancel()
    return gathered


async def _enough(
    plan: SearchPlan, gathered: Gathered, news: asyncio.Event, wait_seconds: Seconds
) -> None:
    try:
        async with asyncio.timeout(wait_seconds):
            while not _settled(plan, gathered):
                news.clear()
                await news.wait()
    except TimeoutError:
        return


def _settled(plan: SearchPlan, gathered: Gathered) -> bool:
    own = frozenset(hub.url for hub in plan.hubs if hub.own)
    return all(
        need & gathered.answered or need <= gathered.failed for need in (own, *plan.needs) if need
    )


def standing(records: Iterable[Record]) -> list[Record]:
    """Leave out what its own author deleted or replaced, whichever hub each record came from.

    Source: NIP-01 (replaceable), NIP-09: a deletion counts for its author's records only; an
    address is taken back up to the deletion's second.
    """
    everything = {record.id: record for record in records}.values()
    gone: set[tuple[PubKey, EventId]] = set()
    gone_until: dict[tuple[PubKey, str], UnixTime] = {}
    for record in everything:
        if record.kind == DELETION:
            gone |= {(record.pubkey, event_id) for event_id in deleted_ids(record)}
            for address in record.values("a"):
                named = (record.pubkey, address)
                gone_until[named] = max(gone_until.get(named, UnixTime(0)), record.created_at)
    newest: dict[object, Record] = {}
    for record in everything:
        key = replace_key(record) or record.id
        if (record.pubkey, record.id) in gone:
            continue
        until = gone_until.get((record.pubkey, address_of(record) or ""))
        if until is not None and record.created_at <= until:
            continue
        known = newest.get(key)
        if known is None or is_newer(record, known):
            newest[key] = record
    return list(newest.values())
