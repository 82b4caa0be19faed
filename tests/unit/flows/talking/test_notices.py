"""Notices: a followed person publishes, somebody follows us; once each, strangers bounded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kkiri.base.types import UnixTime
from kkiri.event import kinds
from kkiri.event.profile import Followed, follow_tags
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from kkiri.flows import people
from kkiri.flows.publish import deliver
from kkiri.flows.talking.notices import STRANGERS_AN_HOUR, run_notices
from kkiri.ports.talks import Notice
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
ANN, BEN, EVE = signer(21), signer(22), signer(66)


@asynccontextmanager
async def listening(peer: FakePeer) -> AsyncIterator[list[Notice]]:
    told: list[Notice] = []

    async def tell(notice: Notice) -> None:
        told.append(notice)

    async with asyncio.TaskGroup() as tasks, keeping(peer):
        work = [
            tasks.create_task(run_notices(peer.world, tell)),
            tasks.create_task(deliver(peer.world)),
        ]
        await until(lambda: len(urls(peer)) == 3)
        await asyncio.sleep(10)
        try:
            yield told
        finally:
            for task in work:
                task.cancel()


def met(network: FakeNetwork) -> tuple[FakePeer, FakeHub]:
    one = network.hub(A, 11)
    network.hub(B, 12)
    return network.peer(1, bootstrap=[A, B]), one


def follows(who: Signer, peer: FakePeer, at: UnixTime) -> Record:
    tags = follow_tags((Followed(pubkey=peer.signer.pubkey),))
    return who.sign(kinds.FOLLOWS, tags, "", at)


@virtual
async def test_what_a_followed_person_publishes_is_told_also_after_being_off(
    network: FakeNetwork,
) -> None:
    peer, hub = met(network)
    now = network.clock.now
    async with listening(peer) as told:
        hub.put(listing_record(ANN, "아직", now()))
        await people.follow(peer.world, ANN.pubkey)
        await asyncio.sleep(10)
        told.clear()
        hub.put(listing_record(ANN, "하나", now()), listing_record(BEN, "남의 것", now()))
        await until(lambda: [one.title for one in told] == ["하나"])
        await asyncio.sleep(120)
    await asyncio.sleep(86_400)
    hub.put(listing_record(ANN, "둘", now()), listing_record(ANN, "셋", now() + 1))
    again = network.peer(1, bootstrap=[A, B], state=peer.state, own=peer.own)
    async with listening(again) as told:
        await until(lambda: [one.title for one in told] == ["둘", "셋"])
        assert [len(one.things) for one in told] == [1, 2]
        await asyncio.sleep(60)
    again = network.peer(1, bootstrap=[A, B], state=peer.state, own=peer.own)
    async with listening(again) as told:
        await asyncio.sleep(600)
        assert told == []


@virtual
async def test_who_follows_is_told_once_and_a_crowd_of_keys_is_bounded(
    network: FakeNetwork,
) -> None:
    peer, hub = met(network)
    now = network.clock.now
    async with listening(peer) as told:
        await people.block(peer.world, EVE.pubkey)
        hub.put(follows(ANN, peer, now()), follows(EVE, peer, now()))
        await until(lambda: [one.who for one in told] == [ANN.pubkey])
        hub.put(follows(ANN, peer, UnixTime(now() + 5)))
        await asyncio.sleep(10)
        assert len(told) == 1
        hub.put(*[follows(signer(1_000 + n), peer, now()) for n in range(60)])
        await asyncio.sleep(60)
        assert len(told) == STRANGERS_AN_HOUR
        await asyncio.sleep(3_600)
        hub.put(follows(signer(5_000), peer, now()))
        await until(lambda: len(told) == STRANGERS_AN_HOUR + 1)
