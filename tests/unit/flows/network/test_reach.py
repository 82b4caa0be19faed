"""Whether strangers reach our hub: a leaf until it is shown, and announced only then."""

import asyncio

from kkiri.base.types import HubUrl
from kkiri.flows.network.join import Ways, join
from kkiri.flows.network.reach import FAILURES_MAX, HUB_AGAIN_SECONDS, watch_reach
from kkiri.flows.world import Network
from kkiri.hub.address import Source
from tests.fakes.network import FakeNetwork, FakePeer, keeping, until, urls, virtual

PUBLIC = [f"ws://20.{n}.0.1:4848" for n in range(1, 5)]
OUTSIDE = HubUrl("ws://21.5.5.5:4848")


def public_peer(network: FakeNetwork) -> FakePeer:
    for n, url in enumerate(PUBLIC):
        network.hub(url, 11 + n)
    return network.peer(1, network=Network.PUBLIC, bootstrap=PUBLIC)


@virtual
async def test_a_hub_is_announced_and_told_only_once_others_have_dialled_it(
    network: FakeNetwork,
) -> None:
    peer = public_peer(network)
    told: list[HubUrl | None] = []
    async with keeping(peer), asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(watch_reach(peer.world, 4848, told.append)),
            tasks.create_task(join(peer.world, Ways(mainline=True, announce_port=4848))),
        ]
        await until(lambda: len(urls(peer)) == 5)
        await asyncio.sleep(300)
        assert peer.hubs.address() is None  # nobody reaches us
        assert network.meeting.announced == []
        network.hubs[HubUrl(PUBLIC[0])].sees = HubUrl("ws://9.9.9.9:4848")  # one liar
        await asyncio.sleep(300)
        assert (peer.hubs.address(), network.meeting.announced) == (None, [])
        for url in PUBLIC[1:]:
            network.hubs[HubUrl(url)].sees = OUTSIDE
        await until(lambda: peer.hubs.address() == OUTSIDE, 200)
        await asyncio.sleep(1)
        assert len(network.meeting.announced) == 3
        assert not peer.hubs.offer(OUTSIDE, Source.DHT)  # ourselves
        for url in PUBLIC:
            network.hubs[HubUrl(url)].sees = None
        await asyncio.sleep(HUB_AGAIN_SECONDS)
        assert peer.hubs.address() == OUTSIDE  # one bad moment is no change
        await asyncio.sleep(HUB_AGAIN_SECONDS * FAILURES_MAX)
        assert peer.hubs.address() is None
        assert told == [OUTSIDE, None]
        for task in running:
            task.cancel()


@virtual
async def test_a_leaf_keeps_several_hubs_and_asks_two_of_them(network: FakeNetwork) -> None:
    peer = public_peer(network)
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 5)
        assert peer.hubs.address() is None
        assert len(peer.hubs.homes(peer.signer.pubkey)) >= 3
        asked = [hub.url for hub in peer.hubs.covering() if not hub.own]
        assert len(asked) == 2  # a home and one that checks it
        private = network.peer(2)
        assert private.hubs.address() == private.own.url
