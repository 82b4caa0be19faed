"""Whole libraries: asked once for many pages, and all that is missing fetched."""

import asyncio
from dataclasses import replace

from kkiri.flows.libraries import HELD_SECONDS, TAKE_MAX, Libraries, missing, size_of, take
from tests.fakes.network import FakeNetwork, keeping, listing_record, until, urls, virtual
from tests.unit.flows.test_fetch import ANN, BEN, HUB, engine_in


@virtual
async def test_a_library_is_held_for_its_pages_and_then_asked_anew(network: FakeNetwork) -> None:
    hub = network.hub(HUB, 11)
    now = network.clock.now()
    hub.put(*(listing_record(ANN, f"Song {n}", now - n, info_hash=f"{n:040x}") for n in range(3)))
    peer = network.peer(1, bootstrap=[HUB])
    libraries = Libraries()
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        found = await libraries.of(peer.world, ANN.pubkey)
        assert [one.title for one in found] == ["Song 0", "Song 1", "Song 2"]
        assert size_of(found) == sum(one.size for one in found) > 0
        hub.put(listing_record(ANN, "New", now + 1, info_hash="ee" * 20))
        assert await libraries.of(peer.world, ANN.pubkey) is found
        await asyncio.sleep(HELD_SECONDS)
        assert len(await libraries.of(peer.world, ANN.pubkey)) == 4
        assert await libraries.of(peer.world, BEN.pubkey) == []


@virtual
async def test_everything_that_is_missing_is_begun_oldest_first(network: FakeNetwork) -> None:
    hub = network.hub(HUB, 11)
    now = network.clock.now()
    hub.put(*(listing_record(ANN, f"Song {n}", now - n, info_hash=f"{n:040x}") for n in range(4)))
    peer = network.peer(1, bootstrap=[HUB])
    world, engine = engine_in(peer)
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        library = await Libraries().of(world, ANN.pubkey)
        first = [step async for step in take(world, library[:1])]
        wanted = missing(world, library)
        assert [one.title for one in wanted] == ["Song 3", "Song 2", "Song 1"]
        bad = replace(wanted[1], link="no link")
        steps = [step async for step in take(world, [wanted[0], bad, wanted[2]])]
    assert (first[-1].begun, first[-1].total) == (1, 1)
    assert [(step.begun, step.refused) for step in steps] == [(1, 0), (1, 1), (2, 1)]
    assert set(engine.specs) == {library[0].info_hash, wanted[0].info_hash, wanted[2].info_hash}
    many = [replace(library[0], info_hash=library[0].info_hash)] * (TAKE_MAX + 5)
    assert [step async for step in take(world, many)][-1].total == TAKE_MAX
