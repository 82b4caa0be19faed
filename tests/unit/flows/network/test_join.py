"""First contact by each of its ways, and what strangers cannot make us dial."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from kkiri.base.errors import HubRefusedError
from kkiri.base.types import Bytes, HubUrl, UnixTime
from kkiri.event import card, kinds
from kkiri.event.filters import Filter
from kkiri.event.listing import PeerAddress
from kkiri.event.record import Event, Record
from kkiri.flows.network.join import ENOUGH_HUBS, PRESENCE_SECONDS, Ways, join
from kkiri.flows.people import who_is_on
from kkiri.flows.world import Network
from kkiri.hub.rendezvous import day_key, dtan_key
from kkiri.ports.neighbours import Heard
from tests.fakes.network import FakeNetwork, FakePeer, signer, until, urls, virtual

A, B, C = (f"ws://127.1.0.{n}:4848" for n in (1, 2, 3))
PUBLIC = [f"ws://20.{n}.0.1:4848" for n in range(1, 9)]


@asynccontextmanager
async def joined(*peers: FakePeer, ways: Ways | None = None) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(peer.hubs.keep(peer.world)) for peer in peers]
        running += [tasks.create_task(join(peer.world, ways)) for peer in peers]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


@virtual
async def test_cards_spread_from_hub_to_hub(network: FakeNetwork) -> None:
    """A knows B by its card, B knows C: naming A is enough."""
    one, two, three = (network.hub(url, 11 + n) for n, url in enumerate((A, B, C)))
    one.put(two.card())
    two.put(three.card())
    peer = network.peer(1, bootstrap=[A])
    async with joined(peer):
        await until(lambda: {A, B, C} <= set(urls(peer)))
        late = network.hub("ws://127.1.0.9:4848", 19)
        three.put(late.card())  # comes while we listen
        await until(lambda: late.url in urls(peer))
    assert {hub.url for hub in peer.state.book.hubs()} >= {A, B, C, late.url}


@virtual
async def test_mainline_is_asked_in_the_public_network_only_while_hubs_are_few(
    network: FakeNetwork,
) -> None:
    for n, url in enumerate(PUBLIC):
        network.hub(url, 11 + n)
    addresses = [PeerAddress(host=f"20.{n}.0.1", port=4848) for n in range(1, 9)]
    network.meeting.places[day_key(network.clock.now())] = addresses[:3]
    network.meeting.places[day_key(UnixTime(network.clock.now() - 86_400))] = addresses[3:5]
    network.meeting.places[dtan_key()] = addresses[5:]
    own = network.hub("ws://21.1.0.1:4848", 99)
    peer = network.peer(1, network=Network.PUBLIC, own=own)
    async with joined(peer):
        await until(lambda: set(PUBLIC) <= set(urls(peer)))
        asked = len(network.meeting.looked_up)
        assert asked == 3
        await asyncio.sleep(600)
        assert len(network.meeting.looked_up) == asked
        for url in PUBLIC[: len(PUBLIC) - ENOUGH_HUBS + 1]:
            network.hubs[HubUrl(url)].die()
        await asyncio.sleep(120)
        assert len(network.meeting.looked_up) > asked
    assert network.meeting.announced == []
    private = network.peer(2)
    async with joined(private):
        await asyncio.sleep(200)
    assert private.links.touched == [private.own.url] * 2


@virtual
async def test_a_reachable_hub_is_announced_under_today_s_yesterday_s_and_dtan_s_key(
    network: FakeNetwork,
) -> None:
    peer = network.peer(1, network=Network.PUBLIC)
    peer.hubs.reached(HubUrl(PUBLIC[0]))
    async with joined(peer, ways=Ways(mainline=True, announce_port=4848)):
        await asyncio.sleep(3_000)
    keys = {key for key, _ in network.meeting.announced}
    assert keys == {
        day_key(network.clock.now()),
        day_key(UnixTime(network.clock.now() - 86_400)),
        dtan_key(),
    }
    assert len(network.meeting.announced) == 3 * 5  # the first may come before the node knows any


@virtual
async def test_p2_strings_of_strangers_are_never_dialled(network: FakeNetwork) -> None:
    """Inside addresses in cards, in the DHT, from neighbours: none is touched."""
    traps = [
        "ws://127.0.0.1:9000",
        "ws://10.1.2.3:9000",
        "ws://192.168.0.1:80",
        "ws://169.254.169.254:80",
        "ws://[::1]:9000",
        "ws://[::ffff:127.0.0.1]:9000",
        "ws://[64:ff9b::7f00:1]:9000",
        "ws://localhost:9000",
        "ws://rebind.evil.test:9000",
        "ws://224.0.0.1:9000",
        "ws://20.9.9.9:22",
        "ws://2130706433:9000",
    ]
    honest = network.hub(PUBLIC[0], 11)
    for n, trap in enumerate(traps):
        tags = (("address", trap), ("prefix", ""), ("depth", "0"), ("capacity", "1"))
        honest.put(
            signer(200 + n).sign(kinds.HUB_CARD, (*tags, ("since", "1")), "", network.clock.now())
        )
    inside = [PeerAddress(host=h, port=9000) for h in ("127.0.0.1", "10.0.0.1", "::1", "fe80::1")]
    network.meeting.places[dtan_key()] = inside
    peer = network.peer(1, network=Network.PUBLIC, bootstrap=[PUBLIC[0]])
    async with joined(peer):
        await until(lambda: PUBLIC[0] in urls(peer))
        await asyncio.sleep(300)
    assert set(peer.links.touched) == {peer.own.url, PUBLIC[0]}


class FakeNeighbours:
    """Multicast that a test speaks into."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[Heard] = asyncio.Queue()
        self.own: Callable[[], Record | None] = lambda: None

    async def meet(self, own_card: Callable[[], Record | None]) -> AsyncIterator[Heard]:
        self.own = own_card
        while True:
            yield await self.said.get()


@virtual
async def test_neighbours_may_point_at_themselves_only(network: FakeNetwork) -> None:
    near = network.hub("ws://192.168.0.7:4848", 11)
    victim = network.hub("ws://192.168.0.1:8080", 12)
    peer = network.peer(1, network=Network.PUBLIC)
    peer.own.put(peer.own.card())
    neighbours = FakeNeighbours()
    async with joined(peer, ways=Ways(neighbours=neighbours)):
        await neighbours.said.put(Heard(card=near.card(), host="192.168.0.7"))
        await neighbours.said.put(Heard(card=victim.card(), host="192.168.0.7"))
        await until(lambda: near.url in urls(peer))
        await asyncio.sleep(60)
        own = neighbours.own()
        assert own is not None
        assert own.pubkey == (peer.own.signer and peer.own.signer.pubkey)
    assert victim.url not in peer.links.touched


@virtual
async def test_presence_is_told_refreshed_and_ends(network: FakeNetwork) -> None:
    hub = network.hub(A, 11)
    one, two = network.peer(1, bootstrap=[A]), network.peer(2, bootstrap=[A])
    async with joined(two):
        async with joined(one):
            await until(lambda: len(urls(one)) == len(urls(two)) == 2)
            await asyncio.sleep(20)
            assert await who_is_on(two.world) == [one.signer.pubkey]
            await asyncio.sleep(5 * PRESENCE_SECONDS)
            assert await who_is_on(two.world) == [one.signer.pubkey]
        await asyncio.sleep(1_000)
        assert await who_is_on(two.world) == []
    said = hub.store.total()
    assert said <= 2  # replaced, not piled up


@virtual
async def test_a_hub_that_refuses_everything_does_not_stop_the_peer(
    network: FakeNetwork,
) -> None:
    bad = network.hub(A, 11)

    def lie(filters: Sequence[Filter], events: list[Event]) -> list[Event]:
        raise HubRefusedError("blocked: no")

    bad.lie = lie
    network.hub(B, 12).put(network.hub(C, 13).card())
    peer = network.peer(1, bootstrap=[A, B])
    async with joined(peer):
        await until(lambda: C in urls(peer))
        bad.hangs = True
        await asyncio.sleep(600)
        assert C in urls(peer)


@virtual
async def test_all_cards_of_a_hub_are_read_page_by_page_up_to_a_limit(
    network: FakeNetwork,
) -> None:
    """803 cards; a page ends among 400 of one second."""
    one = network.hub(A, 11)
    now = network.clock.now()
    for n in range(803):
        one.put(_card_of(n, now - (600 if 300 <= n < 700 else n)))
    peer = network.peer(1, bootstrap=[A])
    taken = _taken_cards(peer)
    async with joined(peer):
        await until(lambda: A in urls(peer))
        await asyncio.sleep(30)
        assert len(taken) == 803
        asked = one.asked
        await asyncio.sleep(600)
        assert one.asked - asked < 30  # read whole once


@virtual
async def test_a_hub_that_makes_up_cards_without_end_is_not_read_for_ever(
    network: FakeNetwork,
) -> None:
    one = network.hub(A, 11)
    made: list[Event] = []

    def lie(filters: Sequence[Filter], events: list[Event]) -> list[Event]:
        if filters[0].kinds != (kinds.HUB_CARD,):
            return events
        last = filters[0].until or network.clock.now()
        made.append(_card_of(len(made), last - 1))
        return made[-1:]

    one.lie, one.more = lie, True
    peer = network.peer(1, bootstrap=[A])
    taken = _taken_cards(peer)
    async with joined(peer):
        await until(lambda: A in urls(peer))
        await asyncio.sleep(60)
        assert A in urls(peer)  # not a lie that shows
    assert 30 < len(taken) <= 60  # 40 pages, and what follows


def _card_of(number: int, at: int) -> Record:
    said = card.HubCard(
        url=HubUrl(f"ws://127.{2 + number // 250}.{number % 250}.1:4848"),
        prefix="",
        depth=0,
        capacity=Bytes(2**31),
        since=UnixTime(1),
    )
    return signer(5_000 + number).sign(kinds.HUB_CARD, card.to_tags(said), "", UnixTime(at))


def _taken_cards(peer: FakePeer) -> set[str]:
    """Give the keys of the cards that the peer learns, as they come."""
    taken: set[str] = set()
    learn = peer.hubs.learn

    def note(one: card.HubCard) -> None:
        taken.add(str(one.key))
        learn(one)

    vars(peer.hubs)["learn"] = note
    return taken
