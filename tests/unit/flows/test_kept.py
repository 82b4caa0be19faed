"""A kept search: new finds only, once, within seconds, from hubs that join later too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kkiri.flows.find import follow, run_kept
from kkiri.hub.address import Source
from kkiri.search.query import parse
from tests.fakes.network import (
    FakeHub,
    FakeNetwork,
    FakePeer,
    keeping,
    listing_record,
    signer,
    until,
    urls,
    virtual,
)

A, B = (f"ws://127.1.0.{n}:4848" for n in (1, 2))
ANN, BEN = signer(21), signer(22)


def met(network: FakeNetwork, *places: str) -> tuple[FakePeer, list[FakeHub]]:
    """Give a peer that is about to open links to some hubs."""
    hubs = [network.hub(url, 11 + n) for n, url in enumerate(places)]
    return network.peer(1, bootstrap=places), hubs


async def listen(peer: FakePeer, words: str, told: list[tuple[float, str]]) -> None:
    async for found in follow(peer.world, parse(words)):
        told.append((peer.world.clock.monotonic(), found.title))


@virtual
async def test_a_kept_search_tells_new_finds_only_once_and_within_5_seconds(
    network: FakeNetwork,
) -> None:
    peer, (one, two) = met(network, A, B)
    one.put(listing_record(ANN, "Silent old", network.clock.now() - 9))
    told: list[tuple[float, str]] = []
    async with keeping(peer), asyncio.TaskGroup() as tasks:
        await until(lambda: len(urls(peer)) == 3)
        listening = tasks.create_task(listen(peer, "silent", told))
        await asyncio.sleep(5)
        assert told == []
        begun = peer.world.clock.monotonic()
        new = listing_record(ANN, "Silent new", network.clock.now())
        one.put(new)
        two.put(new)
        one.put(listing_record(BEN, "Silent new", network.clock.now(), info_hash=new.value("x")))
        one.put(listing_record(ANN, "Loud new", network.clock.now()))
        await asyncio.sleep(5)
        assert [title for _, title in told] == ["Silent new"]
        assert told[0][0] - begun < 5
        listening.cancel()


@virtual
async def test_a_kept_search_hears_hubs_that_join_later(network: FakeNetwork) -> None:
    peer, (one,) = met(network, A)
    late = network.hub(B, 12)
    late.put(listing_record(ANN, "Silent stored long ago", network.clock.now() - 9_999))
    told: list[tuple[float, str]] = []
    async with keeping(peer), asyncio.TaskGroup() as tasks:
        await until(lambda: len(urls(peer)) == 2)
        listening = tasks.create_task(listen(peer, "silent", told))
        await asyncio.sleep(5)
        late.put(listing_record(ANN, "Silent meanwhile", network.clock.now()))
        peer.hubs.offer(late.url, Source.NAMED)
        await until(lambda: len(urls(peer)) == 3)
        await asyncio.sleep(5)
        late.put(listing_record(ANN, "Silent live", network.clock.now()))
        await asyncio.sleep(5)
        assert [title for _, title in told] == ["Silent meanwhile", "Silent live"]
        one.die()
        await asyncio.sleep(2)
        late.put(listing_record(ANN, "Silent after", network.clock.now()))
        await asyncio.sleep(5)
        assert told[-1][1] == "Silent after"
        listening.cancel()


@virtual
async def test_all_kept_searches_are_followed_and_dropped_ones_left(
    network: FakeNetwork,
) -> None:
    peer, (one, _) = met(network, A, B)
    told: list[tuple[str, str]] = []
    one.put(listing_record(ANN, "Silent old", network.clock.now() - 9))
    async with keeping(peer), asyncio.TaskGroup() as tasks:
        # begins before any hub is open, as at a start of the peer
        first = peer.state.people.keep("silent", peer.world.clock.now())
        running = tasks.create_task(
            run_kept(peer.world, lambda kept, found: told.append((kept.words, found.title)))
        )
        await until(lambda: len(urls(peer)) == 3)
        await asyncio.sleep(5)
        peer.state.people.keep("harbor", peer.world.clock.now())
        await asyncio.sleep(5)
        one.put(listing_record(ANN, "Silent Harbor", network.clock.now()))
        await asyncio.sleep(5)
        assert sorted(told) == [("harbor", "Silent Harbor"), ("silent", "Silent Harbor")]
        peer.state.people.unkeep(first.number)
        await asyncio.sleep(2)
        one.put(listing_record(ANN, "Silent Harbor 2", network.clock.now()))
        await asyncio.sleep(5)
        assert told[2:] == [("harbor", "Silent Harbor 2")]
        running.cancel()


@virtual
async def test_what_came_while_the_peer_was_off_is_told_at_the_next_start_and_once(
    network: FakeNetwork,
) -> None:
    first, (one,) = met(network, A)
    state = first.state
    kept = state.people.keep("silent", network.clock.now())
    one.put(listing_record(ANN, "Silent before", network.clock.now() - 600))
    told: list[str] = []

    @asynccontextmanager
    async def up(peer: FakePeer) -> AsyncIterator[None]:
        async with keeping(peer), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(
                run_kept(peer.world, lambda _, found: told.append(found.title))
            )
            await until(lambda: len(urls(peer)) == 2)
            await asyncio.sleep(5)
            yield
            running.cancel()

    async with up(first):
        one.put(listing_record(ANN, "Silent one", network.clock.now()))
        await asyncio.sleep(100)
    assert told == ["Silent one"]
    begun = network.clock.now()
    await asyncio.sleep(5 * 3_600)
    one.put(listing_record(BEN, "Silent while off", network.clock.now() - 60))
    await asyncio.sleep(3_600)
    again = network.peer(1, bootstrap=[A], state=state)
    async with up(again):
        assert told == ["Silent one", "Silent while off"]
        assert state.people.kept()[0].told_until >= begun + 6 * 3_600
    third = network.peer(1, bootstrap=[A], state=state)
    async with up(third):
        assert len(told) == 2
    one.die()
    await asyncio.sleep(8_000)
    alone = network.peer(1, bootstrap=[A], state=state)
    async with keeping(alone), asyncio.TaskGroup() as tasks:
        before = state.people.kept()[0].told_until
        running = tasks.create_task(run_kept(alone.world, lambda *_: None))
        await asyncio.sleep(200)
        assert state.people.kept()[0].told_until == before  # alone nothing is heard
        running.cancel()
    assert state.people.told(kept.number)
