"""The hub's shared state with links that are made up: subnets, bans, order of live and stored."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from kkiri.base.types import HubUrl, Kind, Seconds, UnixTime
from kkiri.event.filters import Filter, any_search
from kkiri.event.record import Event, as_record
from kkiri.event.verify import Signer
from kkiri.event.wire import Ask, Put, write_asked
from kkiri.flows.hub.serve import BAN_SECONDS, STRIKES_MAX, SUBNET_LINKS_MAX, Hub
from kkiri.hub.policy import Rules
from kkiri.ports.records import Page, Stored, SyncItem
from kkiri.ports.serving import Fate, Origin
from tests.fakes.records import FakeStore

ANN = Signer(bytes([1]) * 32)
URL = HubUrl("ws://192.0.2.1:7777")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def now(self) -> UnixTime:
        return UnixTime(int(self.at))

    def monotonic(self) -> Seconds:
        return Seconds(self.at)


class Visitor:
    """A link that a test speaks for."""

    def __init__(self, host: str) -> None:
        self._origin = Origin(host=host, urls=(URL,), asked=URL)
        self.says: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.heard: list[list[Any]] = []
        self.dropped = ""

    @property
    def origin(self) -> Origin:
        return self._origin

    async def messages(self) -> AsyncIterator[bytes]:
        while (message := await self.says.get()) is not None:
            yield message

    def tell(self, message: bytes) -> None:
        self.heard.append(json.loads(message))

    async def tell_all(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            self.tell(message)

    def drop(self, why: str) -> None:
        self.dropped = why
        self.says.put_nowait(None)


class Place:
    """A store in memory as intake and readers; a gate holds the readers back."""

    def __init__(self, clock: Clock) -> None:
        self.store = FakeStore()
        self.gate = asyncio.Event()
        self.gate.set()
        self._clock = clock

    def submit(self, event: Event, done: Callable[[Fate], None]) -> None:
        stored = self.store.put([as_record(event)], self._clock.now())[0]
        done(Fate.NEW if stored is Stored.NEW else Fate.DUPLICATE)

    async def page(self, wanted: Filter, now: UnixTime, limit: int, slice_seconds: Seconds) -> Page:
        page = self.store.page(wanted, now, limit, slice_seconds)
        await self.gate.wait()
        return page

    async def count(self, wanted: Filter, now: UnixTime, slice_seconds: Seconds) -> int:
        return self.store.count(wanted, now, slice_seconds)

    async def sync_items(self, wanted: Filter, now: UnixTime, items_max: int) -> list[SyncItem]:
        return self.store.sync_items(wanted, now, items_max)


def make() -> tuple[Hub, Place, Clock]:
    clock = Clock()
    place = Place(clock)
    rules = Rules(owner=None)
    hub = Hub(
        intake=place,
        readers=place,
        clock=clock,
        chance=random.Random(1),
        rules=rules,
        search=any_search,
    )
    return hub, place, clock


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_one_subnet_has_a_share_of_the_links() -> None:
    hub, _, _ = make()
    visitors = [Visitor(f"198.51.100.{number}") for number in range(SUBNET_LINKS_MAX + 1)]
    other = Visitor("198.51.101.1")
    async with asyncio.TaskGroup() as group:
        for visitor in [*visitors, other]:
            group.create_task(hub.serve(visitor), name="serve")
        await settle()
        assert [visitor.dropped != "" for visitor in visitors] == [False] * SUBNET_LINKS_MAX + [
            True
        ]
        assert other.dropped == "" and hub.links == SUBNET_LINKS_MAX + 1
        for visitor in [*visitors, other]:
            visitor.says.put_nowait(None)
    assert hub.links == 0


async def test_who_breaks_rules_stays_away_for_a_while() -> None:
    hub, _, clock = make()
    bad = Visitor("198.51.100.7")
    for _ in range(STRIKES_MAX):
        bad.says.put_nowait(b"[[[")
    await hub.serve(bad)
    assert bad.dropped == "too many broken rules"
    again, far = Visitor("198.51.100.9"), Visitor("203.0.113.1")
    for visitor in (again, far):
        visitor.says.put_nowait(None)
        await hub.serve(visitor)
    assert (again.dropped, far.dropped) == ("come back later", "")
    clock.at += BAN_SECONDS + 1
    later = Visitor("198.51.100.9")
    later.says.put_nowait(None)
    await hub.serve(later)
    assert later.dropped == ""


async def test_what_comes_while_stored_records_are_read_comes_once_and_after_them() -> None:
    hub, place, _ = make()
    old, new = (ANN.sign(Kind(1), (), text, UnixTime(900)) for text in ("old", "new"))
    place.store.put([old], UnixTime(900))
    reader, writer = Visitor("198.51.100.1"), Visitor("203.0.113.1")
    async with asyncio.TaskGroup() as group:
        for visitor in (reader, writer):
            group.create_task(hub.serve(visitor), name="serve")
        place.gate.clear()
        reader.says.put_nowait(write_asked(Ask(sub="s", filters=(Filter(),))))  # type: ignore[arg-type]
        await settle()
        writer.says.put_nowait(write_asked(Put(event=new)))
        hub.spread(old)  # also live: the page holds it already
        await settle()
        assert [parts[0] for parts in reader.heard] == ["AUTH"]
        place.gate.set()
        await settle()
        for visitor in (reader, writer):
            visitor.says.put_nowait(None)
    heard = [parts[2]["content"] if parts[0] == "EVENT" else parts[0] for parts in reader.heard]
    assert heard == ["AUTH", "old", "EOSE", "new"]


async def test_a_bug_of_ours_is_not_swallowed() -> None:
    hub, place, _ = make()

    def broken(event: Event, done: Callable[[Fate], None]) -> None:
        raise ZeroDivisionError

    place.submit = broken  # type: ignore[method-assign]
    visitor = Visitor("198.51.100.1")
    visitor.says.put_nowait(write_asked(Put(event=ANN.sign(Kind(1), (), "", UnixTime(900)))))
    with pytest.raises(ExceptionGroup) as caught:
        await hub.serve(visitor)
    assert caught.group_contains(ZeroDivisionError)
