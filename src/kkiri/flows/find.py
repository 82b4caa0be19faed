"""Find: a question to the covering set, its answers checked, merged by torrent and ranked.

Nothing that a hub says is taken on its word: links verify, the query is checked again here, and
what its author deleted is left out as soon as one hub of the set knows the deletion.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from kkiri.base.errors import DiskFullError, NotFoundError
from kkiri.base.hexes import is_hex32
from kkiri.base.limits import FILTER_LIMIT_MAX, KEPT_NEWS_SECONDS
from kkiri.base.types import InfoHash, PubKey, Seconds, UnixTime
from kkiri.event import kinds
from kkiri.event.filters import Filter
from kkiri.event.record import Record
from kkiri.flows.asking import Gathered, ask_hubs
from kkiri.flows.finds import Found, ranked
from kkiri.flows.learning import learn_more
from kkiri.flows.naming import known_from, notes_of
from kkiri.flows.network.each_hub import at_each_hub
from kkiri.flows.people import resolve
from kkiri.flows.world import OpenHub, SearchPlan, World
from kkiri.ports.links import ignore
from kkiri.ports.state import KeptSearch
from kkiri.search.matching import answers
from kkiri.search.query import Query, asked_of, parse, to_search
from kkiri.search.tokens import Searchable
from kkiri.trust.blocks import sift

FIND_SECONDS = Seconds(2.0)  # a search that takes longer has lost the person's attention
FEW = 5  # finds; below it a person would look again, so we do at once
WIDER_SECONDS = Seconds(0.7)  # for the other open hubs when the covering set gave little
MORE_PAGES_MAX = 8  # of FILTER_LIMIT_MAX or what a busy hub gives, for who asks for more
FOUND_MAX = 200  # as many as a person scrolls; who wants more asks for more
KEPT_WAITING_MAX = 1_000  # records of a kept search not yet shown; more are a flood, and dropped
KEPT_SEEN_MAX = 100_000  # info-hashes, about 10 MB; older ones could be told twice
KEPT_LOOKS_SECONDS = 1.0  # how soon a search that was kept or dropped is followed or left
KEPT_MARK_SECONDS = 60.0  # how exactly it is noted until when searches were followed
KEPT_AGAIN_SECONDS = 3_600  # records made so long before that may have come to the hubs after it
STREAM_WAITING_MAX = 8  # improved lists not yet read; the newest holds all that older ones did

log = logging.getLogger(__name__)


async def find(
    world: World, query: Query, wait_seconds: Seconds = FIND_SECONDS, limit: int = FOUND_MAX
) -> list[Found]:
    """Search once; best first.

    Raises: NotFoundError, BadKeyError, RefusedError when `by:` names nobody, or several.
    """
    query = await with_keys(world, query)
    gathered = await _search(world, query, wait_seconds, limit)
    found = await _settle(world, query, gathered.records.values(), forgiving=True)
    return found[:limit]


async def find_stream(
    world: World, query: Query, wait_seconds: Seconds = FIND_SECONDS, limit: int = FOUND_MAX
) -> AsyncGenerator[list[Found], None]:
    """Give lists that improve as hubs answer, the last one final; iterate in one task and close."""
    query = await with_keys(world, query)
    lists: asyncio.Queue[list[Record]] = asyncio.Queue(STREAM_WAITING_MAX)

    def improved(gathered: Gathered) -> None:
        if lists.full():
            lists.get_nowait()
        lists.put_nowait(list(gathered.records.values()))

    async with asyncio.TaskGroup() as tasks:
        work = _search(world, query, wait_seconds, limit, improved)
        search = tasks.create_task(work, name="search")
        while not search.done():
            news = tasks.create_task(lists.get(), name="improved")
            await asyncio.wait({search, news}, return_when=asyncio.FIRST_COMPLETED)
            try:
                if news.done():
                    yield (await _settle(world, query, news.result(), forgiving=False))[:limit]
            except GeneratorExit:
                search.cancel()
                return  # the group would wrap it
            finally:
                news.cancel()
    records = search.result().records.values()
    yield (await _settle(world, query, records, forgiving=True))[:limit]


async def follow(
    world: World, query: Query, since: UnixTime | None = None, told: Iterable[InfoHash] = ()
) -> AsyncGenerator[Found, None]:
    """Give new finds only, also from hubs that join later; close it when done.

    What a hub has stored when it is first asked is no news, save what was made since `since`, or
    since we began, and is not among those `told`.
    """
    query = await with_keys(world, query)
    begun = world.clock.now() if since is None else since
    seen: OrderedDict[str, None] = OrderedDict.fromkeys(told)
    waiting: asyncio.Queue[Record] = asyncio.Queue(KEPT_WAITING_MAX)

    def is_new(record: Record) -> bool:
        info_hash = (record.value("x") or "").lower()
        new = info_hash not in seen
        seen[info_hash] = None
        if len(seen) > KEPT_SEEN_MAX:
            seen.popitem(last=False)
        return new

    async def listen(hub: OpenHub) -> None:
        wanted = _filter(query, hub)
        missed = replace(wanted, since=max(begun, wanted.since or begun))
        stored = await hub.link.ask([wanted, missed], FIND_SECONDS)
        news = [record for record in stored.records if is_new(record)]
        for record in (record for record in news if record.created_at >= begun):
            _offer(waiting, record)
        # a foreign relay may not apply a search to what is new: that is no lie
        refused = ignore if hub.key is None else partial(world.hubs.refused, hub)
        async for record in hub.link.follow([wanted], refused):
            if record.created_at >= begun - KEPT_NEWS_SECONDS and is_new(record):
                _offer(waiting, record)

    async with asyncio.TaskGroup() as tasks:
        feeding = tasks.create_task(
            at_each_hub(world.hubs, world.hubs.covering, listen), name="kept search"
        )
        try:
            while True:
                news = [await waiting.get()]
                while not waiting.empty():
                    news.append(waiting.get_nowait())
                for found in await _settle(world, query, news, forgiving=False):
                    yield found
        except GeneratorExit:
            return  # the group would wrap it
        finally:
            feeding.cancel()


async def find_one(world: World, info_hash: InfoHash) -> Found:
    """Give what is known of one torrent, all its files with it.

    Raises: NotFoundError when nobody lists it.
    """
    listed = Filter(kinds=(kinds.LISTING,), tags=(("x", (info_hash,)),), limit=FILTER_LIMIT_MAX)
    gathered = await ask_hubs(world, world.hubs.plan(), lambda _: [listed], FIND_SECONDS)
    found = await _settle(world, Query(), gathered.records.values(), forgiving=False)
    if not found:
        raise NotFoundError(info_hash)
    return found[0]


async def run_kept(world: World, on_found: Callable[[KeptSearch, Found], None]) -> None:
    """Follow every kept search for ever, those kept later included.

    What came while the peer was off is told first: until when each search was followed is on disk,
    and what it told. A crash may tell the finds of its last second twice, and loses none.
    """
    running: dict[int, asyncio.Task[None]] = {}
    fresh: dict[int, set[InfoHash]] = {}
    marked = world.clock.monotonic()

    async def one(kept: KeptSearch) -> None:
        since = max(kept.created_at, UnixTime(kept.told_until - KEPT_AGAIN_SECONDS))
        told = world.people.told(kept.number)
        async with aclosing(follow(world, parse(kept.words), since, told)) as finds:
            async for found in finds:
                on_found(kept, found)
                fresh[kept.number].add(found.info_hash)

    async with asyncio.TaskGroup() as tasks:
        try:
            while True:
                wanted = {kept.number: kept for kept in world.people.kept()}
                for number in running.keys() - wanted.keys():
                    running.pop(number).cancel()
                    fresh.pop(number)
                for number in wanted.keys() - running.keys():
                    fresh[number] = set()
                    work = one(wanted[number])
                    running[number] = tasks.create_task(work, name=f"kept {number}")
                late = world.clock.monotonic() - marked >= KEPT_MARK_SECONDS
                if late:
                    marked = world.clock.monotonic()
                _mark(world, fresh, everyone=late)
                await asyncio.sleep(KEPT_LOOKS_SECONDS)
        finally:
            _mark(world, fresh, everyone=False)


def _mark(world: World, fresh: dict[int, set[InfoHash]], *, everyone: bool) -> None:
    """Note what was told, and that nothing was missed until now."""
    linked = any(not hub.own for hub in world.hubs.open())
    until = world.clock.now()
    before = {kept.number: kept.told_until for kept in world.people.kept()}
    for number, told in fresh.items():
        if number not in before or not (told or (everyone and linked)):
            continue
        try:
            # alone we hear nothing: what others publish meanwhile is still to be told
            world.people.mark_told(number, until if linked else before[number], told)
        except DiskFullError:
            return  # told twice after a restart rather than not at all
        told.clear()


def _offer(waiting: asyncio.Queue[Record], record: Record) -> None:
    if waiting.full():
        log.warning("a kept search is flooded", extra={"id": record.id})
    else:
        waiting.put_nowait(record)


async def _search(
    world: World,
    query: Query,
    wait_seconds: Seconds,
    limit: int,
    progress: Callable[[Gathered], None] | None = None,
) -> Gathered:
    """Ask the covering set; when it gives little, ask the other open hubs too.

    Both others of the set may be one liar's; that all open hubs are is far less likely.
    """
    plan = world.hubs.plan()

    def filters(hub: OpenHub) -> list[Filter]:
        return [_filter(query, hub, limit)]

    gathered = await ask_hubs(world, plan, filters, wait_seconds, progress=progress)
    pages = 1
    while FILTER_LIMIT_MAX < limit > len(gathered.records) and pages < MORE_PAGES_MAX:
        pages += 1
        if not await _next_page(world, plan, filters, wait_seconds, gathered):
            break
        if progress is not None:
            progress(gathered)
    asked = {hub.url for hub in plan.hubs}
    rest = tuple(hub for hub in world.hubs.open() if hub.url not in asked and not hub.own)
    if rest and len(gathered.records) < FEW:
        wider = SearchPlan(hubs=rest, needs=(frozenset(hub.url for hub in rest),))
        await ask_hubs(
            world,
            wider,
            lambda hub: [_filter(query, hub, limit)],
            WIDER_SECONDS,
            gathered,
            progress,
        )
    return gathered


async def _next_page(
    world: World,
    plan: SearchPlan,
    filters: Callable[[OpenHub], list[Filter]],
    wait_seconds: Seconds,
    gathered: Gathered,
) -> bool:
    """Ask for what is older than all that a hub gave; False when that brought nothing more.

    A hub gives its best, and the best are mostly the newest: what is lost in between ranks low.
    """
    edges, before = gathered.partial, len(gathered.records)
    left = tuple(hub for hub in plan.hubs if hub.url in edges)

    def older(hub: OpenHub) -> list[Filter]:
        return [replace(one, until=edges[hub.url]) for one in filters(hub)]

    rest = SearchPlan(hubs=left, needs=tuple(frozenset({hub.url}) for hub in left))
    page = await ask_hubs(world, rest, older, wait_seconds) if left else Gathered()
    gathered.records |= page.records
    gathered.partial = page.partial
    return len(gathered.records) > before


async def with_keys(world: World, query: Query) -> Query:
    """Turn names after `by:` into keys, as hubs know keys only.

    Raises: NotFoundError, BadKeyError, RefusedError as `people.resolve`.
    """
    keys = [key if is_hex32(key) else await resolve(world, key) for key in query.by]
    return replace(query, by=tuple(keys))


def _filter(query: Query, hub: OpenHub, limit: int = FOUND_MAX) -> Filter:
    """Give the question for a hub; a relay without NIP-50 gives its newest, and we search those."""
    asked = Filter(
        kinds=(kinds.LISTING,),
        authors=tuple(PubKey(key) for key in query.by) or None,
        since=query.after,
        until=None if query.before is None else UnixTime(max(0, query.before - 1)),
    )
    text = to_search(query)
    if not text or not hub.searches:
        return replace(asked, limit=FILTER_LIMIT_MAX)
    return replace(asked, search=text, limit=min(limit, FILTER_LIMIT_MAX))


async def _settle(
    world: World, query: Query, records: Iterable[Record], *, forgiving: bool
) -> list[Found]:
    """Check against the query, learn more of what is left, and rank."""
    blocked = frozenset(key for key, note in notes_of(world).items() if note.blocked)
    # matching and ranking 200 records takes 20 ms: in a thread
    hits, near = await asyncio.to_thread(_hits, query, list(records), blocked, forgiving)
    if not hits:
        return []
    more = await learn_more(world, hits)
    hashes = frozenset((record.value("x") or "").lower() for record in hits)
    everybody, now = known_from(world, more), world.clock.now()
    found = await asyncio.to_thread(ranked, more, query, everybody, hashes, now)
    return [replace(one, near=True) for one in found] if near else found


def _hits(
    query: Query, records: Sequence[Record], blocked: frozenset[PubKey], forgiving: bool
) -> tuple[list[Record], bool]:
    """Give the listings that answer, and whether only a typing error forgiven made them."""
    listings = sift((r for r in records if r.kind == kinds.LISTING), blocked).shown
    asked = asked_of(query)
    hits = [record for record in listings if answers(asked, Searchable(record))]
    if hits or not forgiving:
        return hits, False
    # hubs forgive typing errors when they find nothing else, and so do we
    return [r for r in listings if answers(asked, Searchable(r), forgiving=True)], True
