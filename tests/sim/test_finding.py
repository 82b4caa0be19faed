"""Whole networks in virtual time: recall among Sybils, gossip, and delivery; seeds in a file."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from kkiri.base.types import HubUrl, Seconds
from kkiri.event.listing import PeerAddress
from kkiri.flows.find import find, follow
from kkiri.flows.network.join import join
from kkiri.flows.world import Network
from kkiri.hub.address import Source, neighbourhood
from kkiri.hub.cover import OpenPlace, covering
from kkiri.hub.rendezvous import day_key
from kkiri.hub.shard import Shard
from kkiri.search.query import parse
from tests.fakes.network import (
    FakeNetwork,
    FakePeer,
    listing_record,
    signer,
    until,
    urls,
)
from tests.fakes.virtual import run

SEEDS = json.loads((Path(__file__).parent / "seeds_finding.json").read_text())
HONEST, FAKE, FAKE_NETS = 20, 100, 5
PEERS = 24
ANN = signer(21)


def sybil_network(seed: int) -> tuple[FakeNetwork, FakePeer]:
    """20 honest hubs, each in its own /16, and 100 quick ones in five, that hide what they have."""
    network = FakeNetwork()
    record = listing_record(ANN, "Silent Harbor", network.clock.now() - 99)
    places = []
    for n in range(HONEST):
        network.hub(f"ws://20.{n}.0.1:4848", 100 + n, latency=0.15).put(record)
        places.append(PeerAddress(host=f"20.{n}.0.1", port=4848))
    for n in range(FAKE):
        where = f"30.{n % FAKE_NETS}.{n}.1"
        network.hub(f"ws://{where}:4848", 1_000 + n, latency=0.001)
        places.append(PeerAddress(host=where, port=4848))
    Random(seed).shuffle(places)
    network.meeting.places[day_key(network.clock.now())] = places
    own = network.hub("ws://40.1.0.1:4848", 99)
    peer = network.peer(1_000_000 + seed, network=Network.PUBLIC, own=own)
    return network, peer


@asynccontextmanager
async def joined(*peers: FakePeer) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        work = [(peer.hubs.keep(peer.world), join(peer.world)) for peer in peers]
        running = [tasks.create_task(one) for pair in work for one in pair]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


@pytest.mark.parametrize("seed", SEEDS["sybils"])
def test_n2_a_search_among_100_sybils_finds_what_honest_hubs_have(seed: int) -> None:
    async def main() -> None:
        _, peer = sybil_network(seed)
        async with joined(peer):
            await until(lambda: len(urls(peer)) >= 8, seconds=120)
            nets = [neighbourhood(hub.url) for hub in peer.hubs.open()]
            assert len(nets) == len(set(nets))
            found = await find(peer.world, parse("silent"))
            assert [one.title for one in found] == ["Silent Harbor"]

    run(main())


def test_n2_the_rule_of_one_hub_a_16_is_what_helps() -> None:
    """Two of 120 by lot alone, as a baseline beside the covering set, 2,000 draws each."""
    chance = Random(1)
    others = [place(f"ws://20.{n}.0.1:4848", 100 + n) for n in range(HONEST)]
    others += [place(f"ws://30.{n % FAKE_NETS}.{n}.1:4848", 1_000 + n) for n in range(FAKE)]
    plain = ruled = 0
    for _ in range(2_000):
        plain += any(p.url.startswith("ws://20.") for p in chance.sample(others, 2))
        # as the book draws links: a neighbourhood first, then one hub of it
        nets: dict[str, list[OpenPlace]] = {}
        for one in others:
            nets.setdefault(neighbourhood(one.url), []).append(one)
        links = [chance.choice(nets[net]) for net in chance.sample(sorted(nets), 8)]
        drawn = [replace(one, lot=chance.random()) for one in links]
        ruled += any(p.url.startswith("ws://20.") for p in covering(drawn, public=True).places)
    assert plain / 2_000 < 0.40
    assert ruled / 2_000 > 0.94


def place(url: str, number: int) -> OpenPlace:
    return OpenPlace(
        url=HubUrl(url),
        key=signer(number).pubkey,
        shard=Shard(),
        own=False,
        named=False,
        latency=Seconds(0.1),
        lot=0.0,
    )


async def sync_for_ever(peers: list[FakePeer], network: FakeNetwork) -> None:
    """Stand in for the hub processes: each syncs with what its peer tells it to."""
    met: set[frozenset[str]] = set()
    while True:
        for peer in peers:
            for url in peer.hubs.sync_targets():
                pair = frozenset({peer.own.url, url})
                if pair not in met and url in network.hubs:
                    met.add(pair)
                    peer.own.befriend(network.hubs[url])
        await asyncio.sleep(2)


@pytest.mark.parametrize("seed", SEEDS["gossip"])
def test_strangers_that_know_one_hub_each_become_one_network(seed: int) -> None:
    """Each peer knows one earlier hub. In two minutes all know all; a listing reaches everybody."""

    async def main() -> None:
        network, chance = FakeNetwork(), Random(seed)
        peers: list[FakePeer] = []
        for n in range(1, PEERS + 1):
            first = [chance.choice(peers).own.url] if peers else []
            peers.append(network.peer(n, bootstrap=first))
        for peer in peers:
            peer.own.put(peer.own.card())
        told: list[float] = []

        async def listen(peer: FakePeer) -> None:
            async for _ in follow(peer.world, parse("silent")):
                told.append(peer.world.clock.monotonic())

        async with joined(*peers), asyncio.TaskGroup() as tasks:
            syncing = tasks.create_task(sync_for_ever(peers, network))
            await asyncio.sleep(120)
            assert min(len(peer.hubs.open()) for peer in peers) >= 8
            assert min(len(peer.hubs.rows()) for peer in peers) >= PEERS - 1
            listening = [tasks.create_task(listen(peer)) for peer in peers]
            await asyncio.sleep(10)
            begun = peers[0].world.clock.monotonic()
            chance.choice(peers).own.put(listing_record(ANN, "Silent", network.clock.now()))
            await asyncio.sleep(10)
            found = [len(await find(peer.world, parse("silent"))) for peer in peers]
            for task in (syncing, *listening):
                task.cancel()
        assert found == [1] * PEERS
        assert len(told) == PEERS
        assert max(told) - begun < 5
        # a search asks the covering set, the few others when it gives little, and follow-ups
        touched = [len(peer.links.touched) for peer in peers]
        assert max(touched) < 150

    run(main())


def test_one_hub_dies_and_searching_goes_on() -> None:
    async def main() -> None:
        network = FakeNetwork()
        first = ["ws://127.0.1.1:4848"]
        peers = [network.peer(n, bootstrap=first if n > 1 else []) for n in range(1, 6)]
        for peer in peers:
            peer.own.put(peer.own.card())
        async with joined(*peers), asyncio.TaskGroup() as tasks:
            syncing = tasks.create_task(sync_for_ever(peers, network))
            await asyncio.sleep(30)
            peers[2].own.put(listing_record(ANN, "Silent", network.clock.now()))
            await asyncio.sleep(5)
            peers[2].own.die()
            for peer in (peers[0], peers[1], peers[3], peers[4]):
                begun = peer.world.clock.monotonic()
                assert len(await find(peer.world, parse("silent"))) == 1
                assert peer.world.clock.monotonic() - begun < 3
            syncing.cancel()

    run(main())


@pytest.mark.parametrize("seed", SEEDS["sybils"][:5])
def test_n2_anchors_bring_a_peer_back_among_a_thousand_new_sybils(seed: int) -> None:
    """After a restart strangers name 1,000 new Sybils; half the links go to hubs of before."""

    async def main() -> None:
        network, peer = sybil_network(seed)
        async with joined(peer):
            await until(lambda: len(urls(peer)) >= 8, seconds=120)
            await asyncio.sleep(60)
        key = day_key(network.clock.now())
        sybils = [
            network.hub(f"ws://31.{n % 64}.{n % 250}.1:4848", 5_000 + n) for n in range(1_000)
        ]
        network.meeting.places[key] = []
        again = network.peer(
            2_000_000 + seed, network=Network.PUBLIC, state=peer.state, own=peer.own
        )
        async with joined(again):
            for one in sybils:
                again.hubs.offer(one.url, Source.DHT)
            await until(lambda: len(urls(again)) >= 9, seconds=120)
            before = {
                hub.url for hub in peer.state.book.hubs() if not hub.url.startswith("ws://31")
            }
            assert len(before & set(urls(again))) >= 4
            found = await find(again.world, parse("silent"))
            assert [one.title for one in found] == ["Silent Harbor"]

    run(main())
