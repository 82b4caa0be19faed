"""Where a message goes: the receiver's hubs, and nowhere a stranger's list may not send us (P2)."""

import asyncio

from kkiri.base.types import HubUrl, Kind
from kkiri.event import kinds
from kkiri.event.profile import UsedHub, hub_list_tags, inbox_list_tags
from kkiri.event.record import Record, Tag
from kkiri.event.verify import Signer
from kkiri.flows.network.join import add_hub
from kkiri.flows.talking import talk
from kkiri.flows.talking.inboxes import INBOX_HUBS_MAX, inboxes_of
from kkiri.flows.talking.outbox import deliver_talks
from kkiri.flows.world import Network
from tests.fakes.network import FakeNetwork, FakePeer, keeping, signer, until, urls, virtual

HOME = "ws://203.0.113.9:7447"  # reserved for documentation
A, B = "ws://8.8.8.8:4848", "ws://9.9.9.9:4848"
EVE, ANN = signer(66), signer(21)
TRAPS = (
    "ws://127.0.0.1:1",
    "ws://localhost:7447",
    "ws://10.0.0.1:80",
    "ws://192.168.1.1:443",
    "ws://169.254.169.254:80",
    "ws://[::1]:7447",
    "ws://[::ffff:127.0.0.1]:7447",
    "wss://internal.example",
    "ws://1.1.1.1:22",
    "ws://224.0.0.1:7447",
    "ws://0.0.0.0:7447",
)


def lists(network: FakeNetwork, who: Signer, kind: Kind, tags: tuple[Tag, ...]) -> Record:
    return who.sign(kind, tags, "", network.clock.now())


def public(network: FakeNetwork) -> FakePeer:
    network.hub(A, 11).befriend(network.hub(B, 12))
    own = network.hub(HOME, 1_001)
    return network.peer(1, bootstrap=[A, B], network=Network.PUBLIC, own=own)


async def ready(peer: FakePeer) -> None:
    await until(lambda: len(urls(peer)) == 3)


@virtual
async def test_a_stranger_s_list_sends_us_nowhere_it_may_not(network: FakeNetwork) -> None:
    peer = public(network)
    traps = inbox_list_tags(tuple(HubUrl(url) for url in TRAPS))
    network.hubs[HubUrl(A)].put(lists(network, EVE, kinds.DM_RELAY_LIST, traps))
    async with asyncio.TaskGroup() as tasks, keeping(peer):
        await ready(peer)
        assert await inboxes_of(peer.world, [EVE.pubkey]) == {}
        sending = tasks.create_task(deliver_talks(peer.world, lambda _: None))
        await talk.say(peer.world, [EVE.pubkey], "낚시")
        await asyncio.sleep(3_600)
        sending.cancel()
    assert not set(peer.links.touched) - {HubUrl(url) for url in (A, B, HOME)}


@virtual
async def test_hubs_that_one_uses_oneself_are_used_by_any_name(network: FakeNetwork) -> None:
    relay = network.hub("wss://relay.example", None)
    peer = public(network)
    told = inbox_list_tags((relay.url, HubUrl(A)))
    network.hubs[HubUrl(A)].put(lists(network, ANN, kinds.DM_RELAY_LIST, told))
    async with keeping(peer):
        await ready(peer)
        assert await inboxes_of(peer.world, [ANN.pubkey]) == {ANN.pubkey: (A,)}
        await add_hub(peer.world, relay.url)
        assert await inboxes_of(peer.world, [ANN.pubkey]) == {ANN.pubkey: (relay.url, A)}


@virtual
async def test_the_list_for_messages_counts_before_the_list_of_hubs(network: FakeNetwork) -> None:
    peer = public(network)
    hub = network.hubs[HubUrl(A)]
    used = (UsedHub(url=HubUrl(B)), UsedHub(url=HubUrl(A), read=False))
    hub.put(lists(network, ANN, kinds.RELAY_LIST, hub_list_tags(used)))
    async with keeping(peer):
        await ready(peer)
        assert await inboxes_of(peer.world, [ANN.pubkey, EVE.pubkey]) == {ANN.pubkey: (B,)}
        many = tuple(HubUrl(f"ws://8.8.4.{number}:4848") for number in range(1, 20))
        hub.put(lists(network, ANN, kinds.DM_RELAY_LIST, inbox_list_tags(many)))
        found = await inboxes_of(peer.world, [ANN.pubkey])
        assert found == {ANN.pubkey: many[:INBOX_HUBS_MAX]}
