"""Links to hubs, kept open: one task a hub, and a hub's failure ends its own task only.

A hub that nobody named is believed only after it has proved its key; one that a person named is
used without, and shown as unproved. Whoever sends forged or unasked records is struck, and after
three strikes banned with a sentence that `kkiri status` shows.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from kkiri.base.errors import BadRecordError, HubUnprovedError, RemoteError
from kkiri.base.limits import HUBS_DIALLED_MAX
from kkiri.base.types import HubUrl, PubKey, Seconds
from kkiri.event.card import HubCard
from kkiri.flows.network.hub_book import restore, save
from kkiri.flows.network.proving import prove, prove_named, prove_own
from kkiri.flows.world import HubRow, HubState, Network, OpenHub, SearchPlan, World
from kkiri.hub.address import BadHubUrlError, Source, hub_url
from kkiri.hub.book import PROVED_MAX, Entry, PeerBook
from kkiri.hub.cover import OpenPlace, covering, homes
from kkiri.hub.shard import Shard, read_prefix
from kkiri.ports.links import HubInfo

LINKS_WANTED = 8  # three homes, a covering set of two, and spare for those that go
DIAL_SECONDS_MAX = 10.0  # TCP, TLS and the websocket greeting over a bad line
STEADY_SECONDS = 30.0  # a link that stood so long was no accident: its failures are forgotten
OWN_RETRY_SECONDS = 0.25  # the own hub process is on this machine and starts within a second
WAKE_SECONDS_MAX = 30.0  # looks at the book anew so often, whatever happens
LATENCY_WEIGHT = 0.3  # of the newest answer: five answers forget a bad moment
BURST_SECONDS = 1.0  # what a subscription brings within it is one answer
ROWS_MAX = 200  # lines of `kkiri status`; open and named hubs come first
SYNC_TARGETS_MAX = 8  # each record reaches every hub over some of them

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Talk:
    """What we know of one hub while it is in use."""

    url: HubUrl
    own: bool
    named: bool
    hub: OpenHub | None = None
    """The open link; None while dialling."""
    latency: Seconds = Seconds(0.05)
    lot: float = 0.0
    refused: int = 0
    why: str = ""


class HubSet:
    """The hubs this peer talks to."""

    def __init__(self, own: HubUrl, network: Network) -> None:
        self._own = own
        self._public = network is Network.PUBLIC
        self._book = PeerBook(public=self._public)
        self._talks: dict[HubUrl, _Talk] = {}
        self._refused: dict[HubUrl, int] = {}
        self._burst: dict[HubUrl, Seconds] = {}
        self._trouble: dict[HubUrl, str] = {}
        self._cards: dict[PubKey, HubCard] = {}
        self._address = None if self._public else own
        self._wake = asyncio.Event()
        self._change = asyncio.Event()
        self._offered: list[tuple[HubUrl, Source]] = []
        self._world: World | None = None

    # ---- what the other flows ask

    def open(self) -> Sequence[OpenHub]:
        """Give every open link, the own hub first."""
        hubs = [talk.hub for talk in self._talks.values() if talk.hub is not None]
        return sorted(hubs, key=lambda hub: not hub.own)

    def covering(self) -> Sequence[OpenHub]:
        """Give the covering set for a search: the own hub, and two for each shard."""
        return self.plan().hubs

    def plan(self) -> SearchPlan:
        """Give the covering set with what a search must wait for."""
        leaf = self._address is None
        cover = covering(self._places(), public=self._public, leaf=leaf)
        return SearchPlan(hubs=self._hubs(cover.places), needs=cover.needs)

    def homes(self, author: PubKey) -> Sequence[OpenHub]:
        """Give the hubs that should hold the author's records."""
        return self._hubs(homes(self._places(), author))

    def sync_targets(self) -> list[HubUrl]:
        """Give the hubs that the own hub process should sync with: open, proved, not the own."""
        places = sorted(self._places(), key=lambda place: (not place.named, place.latency))
        urls = [p.url for p in places if not p.own and p.key is not None]
        return urls[:SYNC_TARGETS_MAX]

    def rows(self) -> list[HubRow]:
        """Give every hub in use or in the book for a person to see, the own hub first."""
        used = [self._row(talk, self._book.entry(talk.url)) for talk in self._talks.values()]
        rest = [self._row(None, e) for e in self._book.entries() if e.url not in self._talks]
        order = list(HubState)
        rows = [row for row in (*used, *rest) if row is not None]
        rows.sort(key=lambda row: (not row.own, order.index(row.state), not row.named, row.url))
        return rows[:ROWS_MAX]

    async def changed(self) -> None:
        """Wait until a link was opened or lost."""
        await self._change.wait()

    def address(self) -> HubUrl | None:
        """Give where strangers dial our hub; None for a leaf."""
        return self._address

    # ---- what the other flows tell

    def reached(self, address: HubUrl | None) -> None:
        """Note where strangers dial our hub, or that they do not."""
        self._address = address
        self._tell()

    def offer(self, url: HubUrl, source: Source) -> bool:
        """Take an address that may be a hub; False when it may not be dialled."""
        if url in {self._own, self._address}:
            return False
        if self._world is None:
            self._offered.append((url, source))
            return True
        taken = self._book.heard(url, source, self._world.clock.now())
        talk = self._talks.get(url)
        if talk is not None and source is Source.NAMED:
            talk.named = True
        self._wake.set()
        return taken

    def learn(self, card: HubCard) -> None:
        """Take a hub's card: a candidate, and the shard of one that has proved its key."""
        if card.key is None or card.key == self._own_key():
            return
        known = self._cards.get(card.key)
        if known is not None and (known.created_at or 0) >= (card.created_at or 0):
            return
        try:
            url = hub_url(card.url)
        except BadHubUrlError:
            return
        if known is not None or len(self._cards) < PROVED_MAX:
            self._cards[card.key] = card
        self.offer(url, Source.CARD)

    def answered(self, hub: OpenHub, seconds: Seconds, refused: int) -> None:
        """Note an answer's time, and how many records in it were forged or not asked for."""
        talk = self._talks.get(hub.url)
        if talk is None or talk.hub is None or talk.hub.link is not hub.link:
            return
        talk.latency = Seconds(talk.latency + LATENCY_WEIGHT * (seconds - talk.latency))
        if refused:
            self._strike(hub, refused)

    def refused(self, hub: OpenHub, count: int) -> None:
        """Note what a live subscription brought of such: a burst is one strike, as an answer is."""
        if self._world is None:
            return
        now = self._world.clock.monotonic()
        if now - self._burst.get(hub.url, -BURST_SECONDS) >= BURST_SECONDS:
            self._burst[hub.url] = now
            self._strike(hub, count)

    def _strike(self, hub: OpenHub, count: int) -> None:
        if hub.own or self._world is None:
            return
        self._refused[hub.url] = self._refused.get(hub.url, 0) + count
        why = f"sent {self._refused[hub.url]} records that were forged or not asked for"
        self._trouble[hub.url] = why
        log.warning("a hub broke the rules", extra={"hub": hub.url, "refused": count})
        if self._book.strike(hub.url, why, self._world.clock.now()):
            log.warning("a hub is banned", extra={"hub": hub.url, "why": why})
            self._wake.set()
            self._tell()

    # ---- the work

    async def keep(self, world: World) -> None:
        """Dial, prove, redial for ever; the book on disk follows."""
        self._world = world
        saved = restore(self._book, world.book)
        self._trouble |= {entry.url: entry.ban for entry in self._book.entries() if entry.ban}
        for url in world.bootstrap:
            known = self._book.entry(url)
            if known is None or not known.ban:  # a setting from before the ban is no pardon
                self.offer(url, Source.NAMED)
        for url, source in self._offered:
            self.offer(url, source)
        self._offered.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_own(world), name="own hub")
            while True:
                self._wake.clear()
                self._book.expire(world.clock.now())
                for entry in self._due(world):
                    talk = _Talk(url=entry.url, own=False, named=entry.named)
                    talk.lot = world.chance.random()
                    self._talks[entry.url] = talk
                    tasks.create_task(self._keep_one(world, talk), name=f"hub {entry.url}")
                save(self._book, world.book, saved)
                await self._sleep(world)

    async def _keep_own(self, world: World) -> None:
        talk = _Talk(url=self._own, own=True, named=False)
        self._talks[self._own] = talk
        while True:
            try:
                await self._talk(world, talk)
            except (RemoteError, TimeoutError) as error:
                talk.why = str(error)
            await asyncio.sleep(OWN_RETRY_SECONDS)

    async def _keep_one(self, world: World, talk: _Talk) -> None:
        url = talk.url
        try:
            await self._talk(world, talk)
            self._trouble.setdefault(url, talk.why or "the connection was lost")
        except RemoteError as error:
            self._trouble[url] = str(error)
        except TimeoutError:
            self._trouble[url] = "did not answer in time"
        finally:
            del self._talks[url]
            self._book.failed(url, world.clock.monotonic(), world.chance.random())
            if self._book.entry(url) is None:
                self._trouble.pop(url, None)
                self._refused.pop(url, None)
                self._burst.pop(url, None)
            self._wake.set()

    async def _talk(self, world: World, talk: _Talk) -> None:
        """Prove, dial, stay until the link is lost or the hub banned.

        Raises: RemoteError, TimeoutError.
        """
        info = await self._prove(world, talk)
        if info is None:
            return
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(DIAL_SECONDS_MAX):
                link = await stack.enter_async_context(world.links.dial(talk.url))
            talk.hub = OpenHub(
                url=talk.url,
                key=info.proved,
                link=link,
                own=talk.own,
                searches=50 in info.nips or info.proved is not None,
            )
            log.info("a hub is open", extra={"hub": talk.url, "key": info.proved})
            self._trouble.pop(talk.url, None)
            self._tell()
            try:
                await self._stay(world, talk, talk.hub)
            finally:
                talk.hub = None
                self._tell()

    async def _prove(self, world: World, talk: _Talk) -> HubInfo | None:
        """Give what the hub says and proved; None when it is ourselves or known elsewhere.

        Raises: RemoteError, TimeoutError.
        """
        url = talk.url
        if talk.own:
            return await prove_own(world.links, url)
        info = await (prove_named if talk.named else prove)(world.links, url)
        if info.proved is not None and info.proved == self._own_key():
            self._book.forget(url)  # one of our own addresses
            return None
        if not self._book.proved(url, info.proved, world.clock.now()):
            raise HubUnprovedError(f"{url} is banned")
        same = (o.url for o in self.open() if o.key is not None and o.key == info.proved)
        if (other := next(same, None)) is not None:
            talk.why = f"the same hub as {other}"
            return None
        return info

    async def _stay(self, world: World, talk: _Talk, hub: OpenHub) -> None:
        async with asyncio.TaskGroup() as tasks:
            lost = tasks.create_task(hub.link.closed(), name=f"wait {talk.url}")
            banned = tasks.create_task(self._until_unwanted(hub), name=f"ban {talk.url}")
            done, _ = await asyncio.wait(
                {lost, banned}, timeout=STEADY_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                self._book.steady(talk.url, world.clock.now())
                await asyncio.wait({lost, banned}, return_when=asyncio.FIRST_COMPLETED)
            lost.cancel()
            banned.cancel()

    async def _until_unwanted(self, hub: OpenHub) -> None:
        """Wait until the hub is banned, forgotten, or turns out to be our own."""
        while True:
            entry = self._book.entry(hub.url)
            if not hub.own and (entry is None or entry.ban):
                return
            if not hub.own and hub.key is not None and hub.key == self._own_key():
                self._book.forget(hub.url)
                return
            await self.changed()

    def _due(self, world: World) -> list[Entry]:
        now = world.clock.monotonic()
        busy = [self._book.entry(url) for url in self._talks]
        taken = [entry for entry in busy if entry is not None]
        own = self._own_key()
        if own is not None:
            first = world.clock.now()
            taken.append(Entry(url=self._own, source=Source.NAMED, first_seen=first, key=own))
        strangers = sum(not entry.named for entry in taken)
        room = HUBS_DIALLED_MAX - len(self._talks)
        wanted = max(0, LINKS_WANTED - strangers)
        return self._book.due(now, taken, wanted, lambda n: world.chance.randrange(0, n))[:room]

    async def _sleep(self, world: World) -> None:
        due = self._book.next_due(self._talks)
        wait = WAKE_SECONDS_MAX
        if due is not None and due > world.clock.monotonic():
            wait = min(wait, due - world.clock.monotonic())
        try:
            async with asyncio.timeout(wait):
                await self._wake.wait()
        except TimeoutError:
            return

    def _tell(self) -> None:
        """Wake all that wait in `changed`, now and only once."""
        self._change.set()
        self._change = asyncio.Event()
        self._wake.set()

    def _own_key(self) -> PubKey | None:
        talk = self._talks.get(self._own)
        return talk.hub.key if talk is not None and talk.hub is not None else None

    def _places(self) -> list[OpenPlace]:
        places: list[OpenPlace] = []
        for talk in self._talks.values():
            entry = self._book.entry(talk.url)
            if talk.hub is None or (entry is not None and entry.ban):
                continue
            places.append(
                OpenPlace(
                    url=talk.url,
                    key=talk.hub.key,
                    shard=self._shard(talk.hub.key),
                    own=talk.own,
                    named=talk.named,
                    latency=talk.latency,
                    lot=talk.lot,
                    strikes=entry.strikes if entry is not None else 0,
                )
            )
        return places

    def _shard(self, key: PubKey | None) -> Shard:
        card = self._cards.get(key) if key is not None else None
        try:
            return Shard() if card is None else read_prefix(card.prefix, card.depth)
        except BadRecordError:
            return Shard()

    def _hubs(self, places: Sequence[OpenPlace]) -> tuple[OpenHub, ...]:
        hubs = (self._talks[place.url].hub for place in places)
        return tuple(hub for hub in hubs if hub is not None)

    def _row(self, talk: _Talk | None, entry: Entry | None) -> HubRow | None:
        url = talk.url if talk is not None else entry.url if entry is not None else None
        if url is None:
            return None
        hub = talk.hub if talk is not None else None
        state = HubState.WAITING
        if entry is not None and entry.ban:
            state = HubState.BANNED
        elif talk is not None:
            state = HubState.OPEN if hub is not None else HubState.DIALLING
        why = self._trouble.get(url, talk.why if talk is not None and hub is None else "")
        return HubRow(
            url=url,
            key=hub.key if hub is not None else entry.key if entry is not None else None,
            state=state,
            own=url == self._own,
            named=entry.named if entry is not None else False,
            latency_ms=round(talk.latency * 1000) if talk is not None and hub else None,
            refused=self._refused.get(url, 0),
            why=why,
        )
