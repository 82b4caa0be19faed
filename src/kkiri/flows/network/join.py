"""First contact with the network, and staying known in it.

Hubs come from bootstrap addresses, the peer book, neighbours on the local network, Mainline's
meeting keys, and then the cards that hubs pass on; `flows.network.hubs` proves each before it is
believed.
Source: docs/protocol/finding-hubs.md.
"""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial

from kkiri.base.errors import BadRecordError, NotReachableError, RefusedError, RemoteError
from kkiri.base.limits import FILTER_LIMIT_MAX
from kkiri.base.types import EventId, HubUrl, Seconds, UnixTime
from kkiri.event import card as cards
from kkiri.event import kinds, presence
from kkiri.event.filters import Filter
from kkiri.event.listing import PeerAddress
from kkiri.event.record import Record
from kkiri.flows.network.each_hub import at_each_hub
from kkiri.flows.network.hub_book import as_known
from kkiri.flows.network.proving import prove_named
from kkiri.flows.world import Network, OpenHub, World
from kkiri.hub.address import BadHubUrlError, Source, host_of, hub_url
from kkiri.hub.book import PROVED_MAX, Entry
from kkiri.hub.rendezvous import meeting_keys
from kkiri.ports.neighbours import Neighbours
from kkiri.ports.state import KnownHub

ENOUGH_HUBS = 4  # three homes and one to check them: the DHT is not asked any more
LOOKUP_SECONDS_MAX = 10.0  # a Mainline lookup takes 2-5 s over the internet
LOOKUP_SECONDS_FIRST = 2.0  # a node that has just started knows nobody yet; doubled each time
LOOKUP_AGAIN_SECONDS = 60.0  # while alone; three keys a minute is nothing to Mainline
ANNOUNCE_SECONDS_FIRST = (5.0, 60.0)  # ... and one that knows nobody tells nobody
ANNOUNCE_AGAIN_SECONDS = 1_200.0  # nodes keep an endpoint 45 min; one announce may be lost
PRESENCE_SECONDS = 240  # one small record in four minutes
PRESENCE_LIVES_SECONDS = 600  # two refreshes may be lost; a peer that died is gone in ten minutes
PRESENCE_LOOKS_SECONDS = 10.0  # how soon a changed torrent address is told
PUBLISH_SECONDS_MAX = 5.0  # a home that takes longer gets the next refresh
CARDS_MAX = PROVED_MAX  # more have no place in the book; 10,000 are about 6 MB on the wire
CARD_PAGES_MAX = 2 * CARDS_MAX // FILTER_LIMIT_MAX  # a hub that gives half pages is still read
CARDS_SECONDS_MAX = 10.0  # a page of 500 is 0.3 MB
CARDS_PAUSE_SECONDS = 0.2  # no hurry: eight links are found on the first page
READ_WHOLE_MAX = 3  # hubs read to the end: what one hides the others tell
OWN_CARD_LOOKS_SECONDS = 30.0  # the own hub signs its card at its start, and when its shard changes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Which ways of first contact are open beside bootstrap, book and cards."""

    mainline: bool = False
    """The DHT is the public one, or a private one was given."""
    announce_port: int | None = None
    """The own hub's port as strangers dial it, once it is known to be reachable; None: never."""
    neighbours: Neighbours | None = None
    """None: no multicast on the local network."""


async def join(world: World, ways: Ways | None = None) -> None:
    """Meet the network for ever; without `ways`, Mainline is asked in the public network only."""
    if ways is None:
        ways = Ways(mainline=world.network is Network.PUBLIC)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_gossip(world), name="gossip")
        tasks.create_task(_be_present(world), name="presence")
        if ways.mainline:
            tasks.create_task(_look_up(world), name="lookup")
            if ways.announce_port is not None:
                tasks.create_task(_announce(world, ways.announce_port), name="announce")
        if ways.neighbours is not None:
            tasks.create_task(_meet(world, ways.neighbours), name="neighbours")


async def add_hub(world: World, text: str) -> KnownHub:
    """Take a hub that a person names; it is used even when it cannot prove its key.

    Raises: BadHubUrlError, RefusedError when it may not be dialled.
    """
    url = hub_url(text)
    if not world.hubs.offer(url, Source.NAMED):
        raise RefusedError(f"{url} is our own hub or not an address to dial")
    info = await prove_named(world.links, url)
    known = next((hub for hub in world.book.hubs() if hub.url == url), None)
    now = world.clock.now()
    entry = Entry(
        url=url,
        source=Source.NAMED,
        first_seen=now if known is None else known.first_seen,
        key=info.proved,
        last_good=now if info.proved is not None else None,
    )
    world.book.put_hub(as_known(entry))
    return as_known(entry)


async def _gossip(world: World) -> None:
    wanted = Filter(kinds=(kinds.HUB_CARD,), limit=FILTER_LIMIT_MAX)

    whole: set[HubUrl] = set()

    async def listen(hub: OpenHub) -> None:
        refused = partial(world.hubs.refused, hub)
        if hub.key is not None and hub.url not in whole and len(whole) < READ_WHOLE_MAX:
            whole.add(hub.url)
            if not await _read_cards(world, hub):
                whole.discard(hub.url)  # another takes its place
        async for record in hub.link.follow([wanted], refused):
            take_card(world, record)

    await at_each_hub(world.hubs, world.hubs.open, listen)


async def _read_cards(world: World, hub: OpenHub) -> bool:
    """Read all cards a hub has, page by page from the newest, up to what the book holds.

    False when it did not answer to the end.
    """
    seen: set[EventId] = set()
    until: UnixTime | None = None
    for _ in range(CARD_PAGES_MAX):
        page = Filter(kinds=(kinds.HUB_CARD,), until=until, limit=FILTER_LIMIT_MAX)
        try:
            answer = await hub.link.ask([page], Seconds(CARDS_SECONDS_MAX))
        except RemoteError:
            return False
        if answer.refused:
            world.hubs.refused(hub, answer.refused)
        fresh = [record for record in answer.records if record.id not in seen]
        for record in fresh[: CARDS_MAX - len(seen)]:
            seen.add(record.id)
            take_card(world, record)
        if answer.complete or len(seen) >= CARDS_MAX:
            return True
        if not answer.records:
            return False
        oldest = min(record.created_at for record in answer.records)
        # cards of one second may stand on two pages; a page of known ones only is passed over
        until = oldest if fresh else UnixTime(max(0, oldest - 1))
        await asyncio.sleep(CARDS_PAUSE_SECONDS)
    return True


def take_card(world: World, record: Record) -> None:
    """Learn from a hub card; a bad one teaches nothing."""
    try:
        world.hubs.learn(cards.from_event(record))
    except BadRecordError:
        log.debug("a hub card was not valid", extra={"id": record.id})


async def _be_present(world: World) -> None:
    told: dict[HubUrl, OpenHub] = {}
    record: Record | None = None
    while True:
        now = world.clock.now()
        address = world.torrents.address
        if record is None or _is_stale(record, address, now):
            record, told = _presence(world, address, now), {}
        for hub in world.hubs.homes(world.signer.pubkey):
            before = told.get(hub.url)
            if before is None or before.link is not hub.link:
                told[hub.url] = hub
                await _tell(hub, record)
        try:
            async with asyncio.timeout(PRESENCE_LOOKS_SECONDS):
                await world.hubs.changed()
        except TimeoutError:
            continue


def _presence(world: World, address: PeerAddress | None, now: UnixTime) -> Record:
    said = presence.Presence(
        addresses=() if address is None else (address,),
        until=UnixTime(now + PRESENCE_LIVES_SECONDS),
    )
    aux = world.chance.randbytes(32)
    return world.signer.sign(kinds.PRESENCE, presence.to_tags(said), "", now, aux)


def _is_stale(record: Record, address: PeerAddress | None, now: UnixTime) -> bool:
    said = record.value("address")
    moved = said != (None if address is None else str(address))
    # a clock that was put back counts as well
    return moved or not 0 <= now - record.created_at < PRESENCE_SECONDS


async def _tell(hub: OpenHub, record: Record) -> None:
    try:
        async with asyncio.timeout(PUBLISH_SECONDS_MAX):
            await hub.link.publish([record], Seconds(PUBLISH_SECONDS_MAX))
    except (RemoteError, TimeoutError):
        log.debug("a hub did not take our presence", extra={"hub": hub.url})


async def _look_up(world: World) -> None:
    wait = LOOKUP_SECONDS_FIRST
    while True:
        others = [hub for hub in world.hubs.open() if not hub.own and hub.key is not None]
        if len(others) < ENOUGH_HUBS:
            # at once: a key at which nobody is takes the whole time of a lookup
            async with asyncio.TaskGroup() as tasks:
                for key in meeting_keys(world.clock.now()):
                    tasks.create_task(_look_up_one(world, key), name="look up one")
        await asyncio.sleep(wait)
        wait = min(wait * 2, LOOKUP_AGAIN_SECONDS)


async def _look_up_one(world: World, key: bytes) -> None:
    for address in await world.rendezvous.lookup(key, Seconds(LOOKUP_SECONDS_MAX)):
        try:
            world.hubs.offer(hub_url(f"ws://{address}"), Source.DHT)
        except BadHubUrlError:
            continue


async def _announce(world: World, port: int) -> None:
    waits = iter(ANNOUNCE_SECONDS_FIRST)
    while True:
        while world.hubs.address() is None:  # a hub that nobody reaches is not announced
            await world.hubs.changed()
        for key in meeting_keys(world.clock.now()):
            await world.rendezvous.announce(key, port)
        await asyncio.sleep(next(waits, ANNOUNCE_AGAIN_SECONDS))


async def _meet(world: World, neighbours: Neighbours) -> None:
    card: Record | None = None

    async def learn_own() -> None:
        nonlocal card
        while True:
            card = await _own_card(world) or card
            try:
                async with asyncio.timeout(OWN_CARD_LOOKS_SECONDS):
                    await world.hubs.changed()
            except TimeoutError:
                continue

    async def listen() -> None:
        try:
            async for heard in neighbours.meet(lambda: card):
                _take_neighbour(world, heard.card, heard.host)
        except NotReachableError:
            log.info("no local network to meet neighbours on")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(learn_own(), name="own card")
        tasks.create_task(listen(), name="listen")


def _take_neighbour(world: World, record: Record, host: str) -> None:
    """Take a neighbour's card; a neighbour may point us to itself only."""
    try:
        url = hub_url(cards.from_event(record).url)
    except (BadRecordError, BadHubUrlError):
        return
    if host_of(url) == host:
        world.hubs.offer(url, Source.LAN)


async def _own_card(world: World) -> Record | None:
    own = next((hub for hub in world.hubs.open() if hub.own and hub.key is not None), None)
    if own is None or own.key is None:
        return None
    wanted = Filter(kinds=(kinds.HUB_CARD,), authors=(own.key,), limit=1)
    try:
        answer = await own.link.ask([wanted], Seconds(PUBLISH_SECONDS_MAX))
    except (RemoteError, TimeoutError):
        return None
    return next(iter(answer.records), None)
