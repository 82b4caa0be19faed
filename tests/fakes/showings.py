"""People who watch together over hubs that are slow and uneven, in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import cast

from kkiri.adapters.keys.locks import SharedLocks
from kkiri.base.errors import LinkLostError
from kkiri.base.types import HubUrl, InfoHash, Seconds, UnixTime
from kkiri.event.filters import Filter, matches
from kkiri.event.record import Record
from kkiri.event.verify import verified
from kkiri.event.wire import Ok
from kkiri.flows.talking.together import ShowingView, Together
from kkiri.flows.world import World
from kkiri.play.invite import Invite, write_invite
from kkiri.play.note import Millis
from kkiri.play.together import moves, position
from kkiri.ports.links import Answer, HubInfo, HubLinks, ignore
from tests.fakes.network import FakeNetwork

FILM = InfoHash("c12fe1c06bba254a9dc9f519b335aa7c1367a88a")
LOOK_SECONDS = 0.1  # what static/together.js does
JUMP_SECONDS = 0.8
STEER_SECONDS = 0.03
STEER_MOST = 0.12


@dataclass(eq=False)
class UnevenHub:
    """Passes records on, each on its own time; late, out of order and twice as it pleases."""

    url: HubUrl
    chance: Random
    least: float = 0.01
    uneven: float = 0.08
    twice: float = 0.1
    up: bool = True
    passed: int = 0
    seen: list[Record] = field(default_factory=list)
    _followers: list[tuple[tuple[Filter, ...], asyncio.Queue[Record | None]]] = field(
        default_factory=list
    )
    _down: asyncio.Event = field(default_factory=asyncio.Event)

    def delay(self) -> float:
        slow = self.chance.random() < 0.05
        return self.least + self.uneven * self.chance.random() * (6 if slow else 1)

    def die(self) -> None:
        self.up = False
        self._down.set()
        for _, queue in self._followers:
            queue.put_nowait(None)

    def put(self, record: Record) -> None:
        self.seen.append(record)
        loop = asyncio.get_running_loop()
        for filters, queue in self._followers:
            if any(matches(wanted, record) for wanted in filters):
                for _ in range(2 if self.chance.random() < self.twice else 1):
                    self.passed += 1
                    loop.call_later(self.delay(), queue.put_nowait, record)

    @property
    def link(self) -> "UnevenLink":
        return UnevenLink(self)


class UnevenLink:
    """A link to such a hub."""

    def __init__(self, hub: UnevenHub) -> None:
        self._hub = hub

    @property
    def url(self) -> HubUrl:
        return self._hub.url

    async def ask(self, filters: Sequence[Filter], wait_seconds: Seconds) -> Answer:
        return Answer(records=(), complete=True, refused=0)

    async def follow(
        self, filters: Sequence[Filter], refused: Callable[[int], None] = ignore
    ) -> AsyncIterator[Record]:
        queue: asyncio.Queue[Record | None] = asyncio.Queue()
        entry = (tuple(filters), queue)
        self._hub._followers.append(entry)
        try:
            while self._hub.up and (record := await queue.get()) is not None:
                yield verified(record)
            raise LinkLostError(self._hub.url)
        finally:
            self._hub._followers.remove(entry)

    async def publish(self, records: Sequence[Record], wait_seconds: Seconds) -> list[Ok]:
        await asyncio.sleep(self._hub.delay())
        if not self._hub.up:
            raise LinkLostError(self._hub.url)
        for record in records:
            self._hub.put(record)
        return [Ok(id=record.id, accepted=True, reason="") for record in records]

    async def closed(self) -> None:
        await self._hub._down.wait()


class UnevenLinks:
    """Dials them."""

    def __init__(self, hubs: Sequence[UnevenHub]) -> None:
        self._hubs = {hub.url: hub for hub in hubs}
        self.dialled: list[HubUrl] = []

    @asynccontextmanager
    async def dial(self, url: HubUrl) -> AsyncIterator[UnevenLink]:
        self.dialled.append(url)
        hub = self._hubs.get(url)
        await asyncio.sleep(0.02 if hub is None else hub.delay())
        if hub is None or not hub.up:
            raise LinkLostError(url)
        yield hub.link

    async def info(self, url: HubUrl, wait_seconds: Seconds) -> HubInfo:
        raise LinkLostError(url)


class OwnClock:
    """A machine's clock: off by minutes, and a little too quick or too slow."""

    def __init__(self, skew_seconds: float, wander_ppm: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._skew = skew_seconds
        self._pace = 1 + wander_ppm / 1e6

    def now(self) -> UnixTime:
        return UnixTime(int(1_800_000_000 + self._skew + self._loop.time()))

    def monotonic(self) -> Seconds:
        return Seconds(5_000 + self._skew + self._loop.time() * self._pace)


class Watcher:
    """One person: the flow, and a player that steers as the page's does."""

    def __init__(self, world: World, name: str, chance: Random) -> None:
        self.name = name
        self.together = Together(world, SharedLocks(chance))
        self.place = 0.0
        self.rate = 0.0
        self.dry_until = 0.0
        """The player has nothing to show until then."""
        self.id = ""
        self.told: list[ShowingView] = []
        self._speed = 1.0

    async def live(self, link: str) -> None:
        """Join and watch for ever."""
        self.id = self.together.open(link).id
        self.together.rename(self.id, self.name)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.together.keep(self.told.append), name="keep")
            tasks.create_task(self._watch(), name="player")

    @property
    def view(self) -> ShowingView:
        return self.together.view(self.id)

    def fact(self) -> float:
        """Give where the player is now: it plays on between two looks."""
        return self.place + self.rate * (asyncio.get_running_loop().time() - self._at)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        self._at = loop.time()
        looks = 0
        while self.id:
            now = loop.time()
            self.place = self.fact()
            self._at = now
            self._steer(now < self.dry_until)
            if looks % 10 == 0 or (now < self.dry_until) != self.view.waiting:
                place = Millis(round(self.place * 1000))
                self.together.report(self.id, place, now < self.dry_until)
            looks += 1
            await asyncio.sleep(LOOK_SECONDS)

    def _steer(self, dry: bool) -> None:
        view = self.view
        if view.course is None:
            return
        target = position(view.course, view.clock) / 1000
        drift = self.place - target
        if dry or not moves(view.course, view.clock):
            self.rate = 0.0
            if not dry and abs(drift) > STEER_SECONDS:
                self.place = target
            return
        pace = view.course.speed / 100
        if abs(drift) > JUMP_SECONDS:
            self.place, self.rate = target, pace
        elif abs(drift) > STEER_SECONDS:
            self.rate = pace * (1 - max(-STEER_MOST, min(STEER_MOST, drift * 0.8)))
        else:
            self.rate = pace


@dataclass
class Evening:
    """Some watchers and the hubs between them."""

    hubs: list[UnevenHub]
    link: str
    chance: Random
    watchers: list[Watcher] = field(default_factory=list)
    network: FakeNetwork = field(default_factory=FakeNetwork)

    def watcher(self, name: str) -> Watcher:
        """Add one with a machine of its own."""
        number = len(self.watchers) + 1
        peer = self.network.peer(number)
        skew = self.chance.uniform(-600, 600)
        world = replace(
            peer.world,
            clock=OwnClock(skew, self.chance.uniform(-50, 50)),
            links=cast("HubLinks", UnevenLinks(self.hubs)),
            chance=Random(self.chance.random()),
        )
        one = Watcher(world, name, Random(self.chance.random()))
        self.watchers.append(one)
        return one

    def drift(self, *but: Watcher) -> float:
        """Give how many seconds the first and the last player are apart."""
        places = [one.fact() for one in self.watchers if one.id and one not in but]
        return max(places) - min(places)


def evening(seed: int, hubs: int = 2, **how: float) -> Evening:
    """Make hubs and a link into a showing that meets there."""
    chance = Random(seed)
    made = [
        UnevenHub(
            HubUrl(f"ws://10.{n}.0.1:4848"),
            Random(chance.random()),
            **how,  # type: ignore[arg-type]
        )
        for n in range(hubs)
    ]
    invite = Invite(secret=chance.randbytes(32), film=FILM, hubs=tuple(hub.url for hub in made))
    return Evening(hubs=made, link=write_invite(invite), chance=chance)
