"""Links to hubs: proved, kept, redialled, and closed to those who break the rules."""

import asyncio
from contextlib import aclosing

import pytest
from msgspec.structs import replace

from kkiri.base.types import HubUrl, PubKey, Seconds, Signature, UnixTime
from kkiri.event.filters import Filter
from kkiri.flows.find import follow
from kkiri.flows.network.hubs import LINKS_WANTED
from kkiri.flows.network.join import add_hub, join
from kkiri.flows.world import HubState, Network
from kkiri.hub.address import BadHubUrlError, Source
from kkiri.hub.book import BAN_SECONDS
from kkiri.ports.state import KnownHub
from kkiri.search.query import parse
from tests.fakes.network import (
    FakeNetwork,
    FakePeer,
    keeping,
    listing_record,
    signer,
    until,
    urls,
    virtual,
)

A, B, C = (f"ws://127.1.0.{n}:4848" for n in (1, 2, 3))


@virtual
async def test_bootstrap_hubs_and_the_own_one_are_opened(network: FakeNetwork) -> None:
    network.hub(A, 11)
    peer = network.peer(1, bootstrap=[A])
    async with keeping(peer):
        await until(lambda: len(peer.hubs.open()) == 2)
        assert urls(peer) == [peer.own.url, A]
        assert [hub.key for hub in peer.hubs.open()] == [
            peer.own.signer and peer.own.signer.pubkey,
            signer(11).pubkey,
        ]
        assert [known.url for known in peer.state.book.hubs()] == [A]


@virtual
async def test_a_stranger_must_prove_its_key(network: FakeNetwork) -> None:
    network.hub(A, None)
    network.hub(B, 12, proves_wrong=True)
    network.hub(C, 13)
    peer = network.peer(1)
    async with keeping(peer):
        for url in (A, B, C):
            assert peer.hubs.offer(HubUrl(url), Source.CARD)
        await until(lambda: C in urls(peer))
        await asyncio.sleep(20)
        assert urls(peer) == [peer.own.url, C]
        assert network.hubs[HubUrl(A)].links == 0


@virtual
async def test_a_hub_that_a_person_names_is_used_unproved(network: FakeNetwork) -> None:
    network.hub(A, None)
    peer = network.peer(1)
    async with keeping(peer):
        known = await add_hub(peer.world, "127.1.0.1:4848")
        assert (known.url, known.key, known.named) == (A, None, True)
        await until(lambda: A in urls(peer))
        row = next(row for row in peer.hubs.rows() if row.url == A)
        assert (row.state, row.key, row.named) == (HubState.OPEN, None, True)
        assert A in [hub.url for hub in peer.hubs.covering()]
        assert A not in peer.hubs.sync_targets()


@virtual
async def test_rubbish_is_not_a_hub(network: FakeNetwork) -> None:
    peer = network.peer(1)
    async with keeping(peer):
        with pytest.raises(BadHubUrlError):
            await add_hub(peer.world, "http://example.org")
    assert peer.links.touched in ([], [peer.own.url])


@virtual
async def test_a_dead_hub_is_redialled_and_does_not_disturb_the_others(
    network: FakeNetwork,
) -> None:
    one, _two = network.hub(A, 11), network.hub(B, 12)
    peer = network.peer(1, bootstrap=[A, B])
    async with keeping(peer):
        await until(lambda: len(peer.hubs.open()) == 3)
        one.die()
        await until(lambda: A not in urls(peer))
        assert B in urls(peer)
        await asyncio.sleep(60)
        dials = peer.links.touched.count(HubUrl(A))
        assert dials <= 20  # backoff
        one.rise()
        await until(lambda: A in urls(peer), seconds=120)


@virtual
async def test_the_own_hub_comes_back_at_once(network: FakeNetwork) -> None:
    peer = network.peer(1)
    async with keeping(peer):
        await until(lambda: len(peer.hubs.open()) == 1)
        peer.own.die()
        await asyncio.sleep(1)
        assert peer.hubs.open() == []
        peer.own.rise()
        await until(lambda: len(peer.hubs.open()) == 1, seconds=1)


@virtual
async def test_we_do_not_talk_to_ourselves(network: FakeNetwork) -> None:
    peer = network.peer(1)
    alias = network.hub(A, 1_001, store=peer.own.store)
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 1)
        peer.hubs.offer(HubUrl(A), Source.CARD)
        await asyncio.sleep(30)
        assert urls(peer) == [peer.own.url]
        assert alias.links == 0
        assert peer.links.touched.count(HubUrl(A)) == 1  # asked for its key, not dialled
    assert peer.state.book.hubs() == []


@virtual
async def test_we_hang_up_on_ourselves_when_the_own_key_is_known_late(
    network: FakeNetwork,
) -> None:
    peer = network.peer(1)
    alias = network.hub(A, 1_001, store=peer.own.store)
    peer.own.up = False
    async with keeping(peer):
        peer.hubs.offer(HubUrl(A), Source.CARD)
        await until(lambda: urls(peer) == [A])
        peer.own.up = True
        await until(lambda: urls(peer) == [peer.own.url])
        assert alias.links == 0


@virtual
async def test_one_hub_with_two_addresses_is_one_link(network: FakeNetwork) -> None:
    network.hub(A, 11)
    network.hub(B, 11)
    peer = network.peer(1, bootstrap=[A])
    async with keeping(peer):
        await until(lambda: A in urls(peer))
        peer.hubs.offer(HubUrl(B), Source.CARD)
        await asyncio.sleep(30)
        assert urls(peer) == [peer.own.url, A]


@virtual
async def test_links_are_no_more_than_wanted(network: FakeNetwork) -> None:
    peer = network.peer(1)
    for n in range(30):
        network.hub(f"ws://127.2.{n}.1:4848", 100 + n)
    async with keeping(peer):
        for n in range(30):
            peer.hubs.offer(HubUrl(f"ws://127.2.{n}.1:4848"), Source.CARD)
        await asyncio.sleep(30)
        assert len(peer.hubs.open()) == 1 + LINKS_WANTED
        assert len(peer.hubs.covering()) == 3


@virtual
async def test_three_answers_with_forged_records_end_in_a_ban_that_is_told(
    network: FakeNetwork,
) -> None:
    network.hub(A, 11)
    network.hub(B, 12)
    peer = network.peer(1, bootstrap=[A, B])
    async with keeping(peer):
        await until(lambda: len(peer.hubs.open()) == 3)
        bad = next(hub for hub in peer.hubs.open() if hub.url == A)
        for _ in range(3):
            peer.hubs.answered(bad, Seconds(0.1), 5)
        await until(lambda: A not in urls(peer))
        assert A not in [hub.url for hub in peer.hubs.covering()]
        row = next(row for row in peer.hubs.rows() if row.url == A)
        assert row.state is HubState.BANNED
        assert row.refused == 15
        assert row.why == "sent 15 records that were forged or not asked for"
        await asyncio.sleep(600)
        assert A not in urls(peer)
        await add_hub(peer.world, A)  # a person may pardon
        await until(lambda: A in urls(peer))


@virtual
async def test_n5_a_hub_that_forges_in_live_subscriptions_is_banned(network: FakeNetwork) -> None:
    """By cards that nobody signed, and by finds of a kept search that it made up."""
    for number, url, by in ((11, A, "card"), (12, B, "listing")):
        hub = network.hub(url, number)
        peer = network.peer(number, bootstrap=[url])
        async with keeping(peer), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(join(peer.world))
            kept = tasks.create_task(_follow_silent(peer))
            await until(lambda url=url, peer=peer: url in urls(peer))
            await asyncio.sleep(3)
            hub.lie = lambda _, events: [replace(one, sig=Signature("0" * 128)) for one in events]
            for n in range(3):
                assert url in urls(peer)  # a burst is one strike
                at = network.clock.now() + n
                songs = [listing_record(signer(21), f"silent {n}{m}", at) for m in range(5)]
                hub.put(*([hub.card(n)] if by == "card" else songs))
                await asyncio.sleep(2)
            await until(lambda url=url, peer=peer: url not in urls(peer))
            row = next(row for row in peer.hubs.rows() if row.url == url)
            assert row.state is HubState.BANNED
            assert row.refused >= 3
            running.cancel()
            kept.cancel()


async def _follow_silent(peer: FakePeer) -> None:
    async with aclosing(follow(peer.world, parse("silent"))) as finds:
        async for _ in finds:
            pass


@virtual
async def test_bans_survive_a_restart_and_end_after_a_week(network: FakeNetwork) -> None:
    network.hub(A, 11)
    network.hub(B, 12)
    peer = network.peer(1, bootstrap=[A, B])
    async with keeping(peer):
        await until(lambda: len(peer.hubs.open()) == 3)
        bad = next(hub for hub in peer.hubs.open() if hub.url == A)
        for _ in range(3):
            peer.hubs.answered(bad, Seconds(0.1), 1)
        await until(lambda: A not in urls(peer))
    again = network.peer(1, bootstrap=[A, B], state=peer.state, own=peer.own)
    again.hubs.offer(HubUrl(C), Source.CARD)
    network.hub(C, 11)  # the same key at another address
    async with keeping(again):
        await asyncio.sleep(600)
        assert urls(again) == [peer.own.url, B]
        row = next(row for row in again.hubs.rows() if row.url == A)
        assert (row.state, row.why) == (
            HubState.BANNED,
            "sent 3 records that were forged or not asked for",
        )
        await asyncio.sleep(BAN_SECONDS)
        await until(lambda: A in urls(again), 100)


@virtual
async def test_n2_anchors_are_kept_over_a_restart(network: FakeNetwork) -> None:
    network.hub(A, 11)
    peer = network.peer(1)
    async with keeping(peer):
        peer.hubs.offer(HubUrl(A), Source.CARD)
        await until(lambda: A in urls(peer))
    again = network.peer(1, state=peer.state, own=peer.own)
    async with keeping(again):
        await until(lambda: A in urls(again))


@virtual
async def test_p2_a_book_on_disk_with_inside_addresses_is_not_dialled(
    network: FakeNetwork,
) -> None:
    peer = network.peer(1, network=Network.PUBLIC)
    for url in (A, "ws://10.0.0.1:9000", "ws://8.8.8.8:4848"):
        peer.state.book.put_hub(
            KnownHub(
                url=HubUrl(url),
                key=PubKey("aa" * 32),
                named=False,
                first_seen=UnixTime(1),
                last_good=UnixTime(1),
                failures=0,
            )
        )
    async with keeping(peer):
        await asyncio.sleep(30)
    assert set(peer.links.touched) == {peer.own.url, "ws://8.8.8.8:4848"}


@virtual
async def test_a_hub_that_hangs_becomes_the_last_choice(network: FakeNetwork) -> None:
    for url, n in ((A, 11), (B, 12), (C, 13)):
        network.hub(url, n)
    peer = network.peer(1, bootstrap=[A, B, C])
    async with keeping(peer):
        await until(lambda: len(peer.hubs.open()) == 4)
        slow = peer.hubs.covering()[1]
        for _ in range(5):
            peer.hubs.answered(slow, Seconds(2.0), 0)
        assert slow.url not in [hub.url for hub in peer.hubs.covering()]


@virtual
async def test_a_link_to_a_hub_is_one_conversation(network: FakeNetwork) -> None:
    hub = network.hub(A, 11)
    peer = network.peer(1, bootstrap=[A])
    async with keeping(peer):
        await until(lambda: len(peer.hubs.open()) == 2)
        link = next(h.link for h in peer.hubs.open() if h.url == A)
        answer = await link.ask([Filter(limit=1)], Seconds(1))
        assert answer.complete
        assert hub.links == 1
    assert hub.links == 0
