"""A network of hubs in memory, honest or not, and the links of one peer to them.

Links re-check what a hub sends with the very code of the real links, so a test sees what a lying
hub can and cannot do.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import cast

from kkiri.adapters.keys.seals import KeySeals
from kkiri.adapters.links.asking import Wanted
from kkiri.base.errors import BadRecordError, HubUnprovedError, LinkLostError
from kkiri.base.types import Bytes, HubUrl, InfoHash, Kind, PubKey, Seconds, Seq, UnixTime
from kkiri.event import card, kinds
from kkiri.event.filters import Filter, matches
from kkiri.event.listing import ListedFile, Listing, PeerAddress, Sort
from kkiri.event.listing_tags import to_records_tags
from kkiri.event.record import Event, Record, Tag, decode
from kkiri.event.verify import Signer, verified
from kkiri.event.wire import Ok
from kkiri.flows.network.hubs import HubSet
from kkiri.flows.world import Network, World
from kkiri.hub.info import NIPS
from kkiri.hub.policy import travels
from kkiri.ports.links import Answer, HubInfo, HubLinks, ignore
from kkiri.ports.media import Folders, Media
from kkiri.ports.torrents import Rendezvous, Torrents
from kkiri.search.query import matches_text
from tests.fakes.meeting import FakeMeeting, FakeSeat
from tests.fakes.records import FakeStore
from tests.fakes.screening import FakeScreening, FakeStills
from tests.fakes.state import FakeState
from tests.fakes.virtual import VirtualClock, run

PAGE = 500
FOREVER = 10**9


def signer(number: int) -> Signer:
    return Signer(number.to_bytes(32))


def listing_record(
    who: Signer, title: str, at: int, *, info_hash: str | None = None, address: str = ""
) -> Record:
    """Sign a listing of one file."""
    host, _, port = address.rpartition(":")
    listing = Listing(
        title=title,
        info_hash=InfoHash(info_hash or f"{abs(hash((who.pubkey, title, at))):040x}"[-40:]),
        sort=Sort.MUSIC,
        size=Bytes(1_000),
        files=(ListedFile(path=f"{title}.mp3", size=Bytes(1_000)),),
        addresses=(PeerAddress(host=host, port=int(port)),) if address else (),
    )
    ((tags, content),) = to_records_tags(listing)
    return who.sign(kinds.LISTING, tags, content, UnixTime(at))


def deletion_of(who: Signer, record: Record, at: int) -> Record:
    tags: tuple[Tag, ...] = (("e", record.id), ("k", str(record.kind)))
    return who.sign(kinds.DELETION, tags, "", UnixTime(at))


@dataclass(eq=False)
class FakeHub:
    """One hub; the fields say how it behaves and may be changed at any time."""

    url: HubUrl
    signer: Signer | None
    """None: a foreign relay that proves nothing."""
    clock: VirtualClock
    up: bool = True
    latency: float = 0.02
    hangs: bool = False
    """Takes questions and never answers."""
    proves_wrong: bool = False
    searches: bool = True
    lie: Callable[[Sequence[Filter], list[Event]], list[Event]] = lambda _filters, events: events
    """What it sends in place of the honest answer."""
    store: FakeStore = field(default_factory=FakeStore)
    friends: list["FakeHub"] = field(default_factory=list)
    """Hubs that it syncs with, one way."""
    sees: HubUrl | None = None
    """Where it reached the peer that asks to be dialled back."""
    more: bool = False
    """Says of every answer that there is more."""
    asked: int = 0
    links: int = 0

    def __post_init__(self) -> None:
        self._followers: list[tuple[tuple[Filter, ...], asyncio.Queue[Record | None]]] = []
        self._down = asyncio.Event()

    def put(self, *records: Record) -> None:
        """Store records, pass them on and push them to who follows."""
        fresh = [r for r in records if not self.store.known(r.id)]
        self.store.put(fresh, self.clock.now())
        for record in fresh:
            for filters, queue in self._followers:
                if any(_answers(wanted, record) for wanted in filters):
                    queue.put_nowait(record)
        public = [record for record in fresh if travels(record)]
        for friend in self.friends:
            if public:
                friend.put(*public)

    def befriend(self, other: "FakeHub") -> None:
        """Sync both ways from now on, what is stored included."""
        for one, two in ((self, other), (other, self)):
            one.friends.append(two)
            two.put(*[verified(decode(raw)) for _, raw in one.store.since(_ZERO, FOREVER)])

    def card(self, since: int = 1) -> Record:
        """Sign the hub's card."""
        assert self.signer is not None
        said = card.HubCard(
            url=self.url, prefix="", depth=0, capacity=Bytes(2**31), since=UnixTime(since)
        )
        return self.signer.sign(kinds.HUB_CARD, card.to_tags(said), "", self.clock.now())

    def die(self) -> None:
        """Be gone: links are lost, dials fail."""
        self.up = False
        self._down.set()
        for _, queue in self._followers:
            queue.put_nowait(None)

    def rise(self) -> None:
        self.up = True
        self._down = asyncio.Event()

    def page(self, filters: Sequence[Filter]) -> tuple[list[Event], bool]:
        """Answer as an honest hub would, then lie."""
        found: dict[str, Event] = {}
        more = self.more
        for wanted in filters:
            asked = wanted if self.searches else replace(wanted, search=None)
            page = self.store.page(asked, self.clock.now(), PAGE, Seconds(1))
            more = more or page.more
            found |= {event.id: event for event in (decode(raw) for raw in page.records)}
        return self.lie(filters, list(found.values())), more


_ZERO = Seq(0)


def _answers(wanted: Filter, record: Record) -> bool:
    return matches(wanted, record) and (
        wanted.search is None or matches_text(wanted.search, record)
    )


class FakeLink:
    """A link of a peer to a fake hub."""

    def __init__(self, hub: FakeHub) -> None:
        self._hub = hub

    @property
    def url(self) -> HubUrl:
        return self._hub.url

    async def ask(self, filters: Sequence[Filter], wait_seconds: Seconds) -> Answer:
        hub = self._hub
        hub.asked += 1
        if hub.hangs:
            await asyncio.sleep(wait_seconds)
            return Answer(records=(), complete=False, refused=0)
        await asyncio.sleep(hub.latency)
        if not hub.up:
            raise LinkLostError(hub.url)
        events, more = hub.page(filters)
        records, refused = checked(filters, events)
        return Answer(records=tuple(records), complete=not more, refused=refused)

    async def follow(
        self, filters: Sequence[Filter], refused: Callable[[int], None] = ignore
    ) -> AsyncIterator[Record]:
        hub = self._hub
        if hub.hangs:
            await hub._down.wait()
            raise LinkLostError(hub.url)
        queue: asyncio.Queue[Record | None] = asyncio.Queue()
        entry = (tuple(filters), queue)
        hub._followers.append(entry)
        try:
            await asyncio.sleep(hub.latency)
            for record in checked(filters, hub.page(filters)[0])[0]:
                yield record
            while (pushed := await queue.get()) is not None:
                await asyncio.sleep(hub.latency)
                good, bad = checked(filters, hub.lie(filters, [pushed]))
                if bad:
                    refused(bad)
                for record in good:
                    yield record
            raise LinkLostError(hub.url)
        finally:
            hub._followers.remove(entry)

    async def publish(self, records: Sequence[Record], wait_seconds: Seconds) -> list[Ok]:
        if self._hub.hangs:
            await asyncio.sleep(wait_seconds)
            return [Ok(id=record.id, accepted=False, reason="") for record in records]
        await asyncio.sleep(self._hub.latency)
        if not self._hub.up:
            raise LinkLostError(self._hub.url)
        self._hub.put(*records)
        return [Ok(id=record.id, accepted=True, reason="") for record in records]

    async def closed(self) -> None:
        await self._hub._down.wait()


def checked(filters: Sequence[Filter], events: Sequence[Event]) -> tuple[list[Record], int]:
    """Do what the real link does with an answer."""
    wanted = Wanted(filters, lambda text: lambda event: matches_text(text, event))
    records: dict[str, Record] = {}
    refused = 0
    for event in events:
        if not wanted.takes(event, counted=True):
            refused += 1
            continue
        try:
            records[event.id] = verified(event)
        except BadRecordError:
            refused += 1
    return list(records.values()), refused


class FakeLinks:
    """`HubLinks` into the fake network; every address that was touched is noted."""

    def __init__(self, network: "FakeNetwork") -> None:
        self._network = network
        self.touched: list[HubUrl] = []

    @asynccontextmanager
    async def dial(self, url: HubUrl) -> AsyncIterator[FakeLink]:
        self.touched.append(url)
        hub = self._network.hubs.get(url)
        await asyncio.sleep(0.01 if hub is None else hub.latency)
        if hub is None or not hub.up:
            raise LinkLostError(url)
        hub.links += 1
        try:
            yield FakeLink(hub)
        finally:
            hub.links -= 1

    async def info(self, url: HubUrl, wait_seconds: Seconds) -> HubInfo:
        self.touched.append(url)
        hub = self._network.hubs.get(url)
        await asyncio.sleep(0.01 if hub is None else hub.latency)
        if hub is None or not hub.up:
            raise LinkLostError(url)
        if hub.proves_wrong:
            raise HubUnprovedError("nonce")
        return HubInfo(
            url=url,
            proved=None if hub.signer is None else hub.signer.pubkey,
            name="",
            software="",
            nips=frozenset(NIPS) if hub.searches else frozenset({1}),
            limit_max=PAGE,
        )

    async def dial_back(
        self, url: HubUrl, port: int, key: PubKey, wait_seconds: Seconds
    ) -> HubUrl | None:
        hub = self._network.hubs[url]
        await asyncio.sleep(hub.latency)
        return hub.sees


@dataclass
class FakePeer:
    """One peer: its world, its own hub, what it has dialled."""

    world: World
    hubs: HubSet
    own: FakeHub
    links: FakeLinks
    state: FakeState
    signer: Signer

    def publish(self, kind: Kind, tags: tuple[Tag, ...], content: str, at: int) -> Record:
        """Sign a record and put it on the own hub."""
        record = self.signer.sign(kind, tags, content, UnixTime(at))
        self.own.put(record)
        return record


class FakeNetwork:
    """All hubs by address."""

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock(1_800_000_000)
        self.hubs: dict[HubUrl, FakeHub] = {}
        self.meeting = FakeMeeting()

    def hub(self, url: str, number: int | None, **how: object) -> FakeHub:
        """Add a hub whose key is made of the number; None for a foreign relay."""
        key = None if number is None else signer(number)
        made = FakeHub(HubUrl(url), key, self.clock, **how)  # type: ignore[arg-type]
        self.hubs[made.url] = made
        return made

    def peer(
        self,
        number: int,
        *,
        bootstrap: Sequence[str] = (),
        network: Network = Network.PRIVATE,
        state: FakeState | None = None,
        own: FakeHub | None = None,
    ) -> FakePeer:
        """Add a peer with a hub of its own."""
        own = own or self.hub(f"ws://127.0.{number}.1:4848", 1_000 + number)
        hubs = HubSet(own.url, network)
        links = FakeLinks(self)
        state = state or FakeState()
        who = signer(number)
        world = World(
            network=network,
            signer=who,
            incoming=Path("/in"),
            shared=Path("/shared"),
            own_hub=own.url,
            bootstrap=tuple(HubUrl(url) for url in bootstrap),
            clock=self.clock,
            chance=Random(number),
            hubs=hubs,
            links=cast("HubLinks", links),
            torrents=cast("Torrents", FakeSeat(6_000 + number)),
            rendezvous=cast("Rendezvous", self.meeting),
            media=cast("Media", None),
            screening=FakeScreening(),
            stills=FakeStills(),
            folders=cast("Folders", None),
            library=state.library,
            journal=state.journal,
            transfers=state.transfers,
            book=state.book,
            people=state.people,
            talk=state.talk,
            sealing=KeySeals(number.to_bytes(32), Random(number)),
        )
        return FakePeer(world, hubs, own, links, state, who)


def keys_of(hubs: Sequence[FakeHub]) -> set[PubKey]:
    return {hub.signer.pubkey for hub in hubs if hub.signer is not None}


@asynccontextmanager
async def keeping(*peers: FakePeer) -> AsyncIterator[None]:
    """Keep the links of some peers while the block lasts."""
    async with asyncio.TaskGroup() as tasks:
        kept = [tasks.create_task(peer.hubs.keep(peer.world)) for peer in peers]
        try:
            yield
        finally:
            for task in kept:
                task.cancel()


async def until(check: Callable[[], bool], seconds: float = 30.0) -> None:
    """Look every 50 virtual milliseconds until something is so."""
    for _ in range(int(seconds / 0.05)):
        if check():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


def urls(peer: FakePeer) -> list[str]:
    """Give where a peer has links to."""
    return [hub.url for hub in peer.hubs.open()]


def virtual(test: Callable[[FakeNetwork], Awaitable[None]]) -> Callable[[], None]:
    """Run a test in virtual time with a fresh network."""

    def wrapped() -> None:
        async def main() -> None:
            await test(FakeNetwork())

        run(main())

    wrapped.__name__ = test.__name__
    return wrapped
