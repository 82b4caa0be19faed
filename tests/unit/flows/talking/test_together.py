"""Showings of one peer: opened, joined, bounded, left; and which hubs a link may make it dial."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import cast

import pytest

from kkiri.adapters.keys.locks import SharedLocks
from kkiri.base.errors import BadLinkError
from kkiri.base.types import Bytes, HubUrl, InfoHash, PubKey
from kkiri.event.listing import PeerAddress
from kkiri.flows.talking.together import (
    SHOWINGS_MAX,
    NoMeetingPlaceError,
    NotInItError,
    ShowingView,
    Together,
    TooManyShowingsError,
)
from kkiri.flows.world import Network, World
from kkiri.play.invite import Invite, read_invite, write_invite
from kkiri.play.note import Doing, Millis
from kkiri.ports.links import HubLinks
from kkiri.ports.state import Transfer
from kkiri.ports.torrents import Progress, TransferState
from tests.fakes.network import FakeNetwork, FakePeer
from tests.fakes.showings import FILM, UnevenHub, UnevenLinks
from tests.fakes.virtual import run

MAGNET = f"magnet:?xt=urn:btih:{FILM}&dn=Winter%20Sea&xl=77&x.pe=127.0.0.1:7000"


class FakeEngine:
    """The torrent engine as far as a showing asks it."""

    address = PeerAddress(host="127.0.0.1", port=6001)

    def __init__(self) -> None:
        self.known: dict[InfoHash, Progress] = {}

    def progress_of(self, info_hash: InfoHash) -> Progress | None:
        return self.known.get(info_hash)


def made(
    peer: FakePeer, *hubs: UnevenHub, network: Network = Network.PRIVATE
) -> tuple[Together, World, UnevenLinks]:
    links = UnevenLinks(hubs)
    world = replace(
        peer.world,
        network=network,
        torrents=cast("World", FakeEngine()),  # type: ignore[arg-type]
        links=cast("HubLinks", links),
    )
    return Together(world, SharedLocks(Random(1))), world, links


@asynccontextmanager
async def kept(together: Together, told: list[ShowingView]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(together.keep(told.append))
        try:
            yield
        finally:
            task.cancel()


def test_a_new_showing_stands_at_the_beginning_and_its_link_says_all() -> None:
    async def main() -> None:
        network = FakeNetwork()
        together, _, _ = made(network.peer(1))
        view = together.open(MAGNET, 2)
        assert view.course is not None
        assert (view.course.doing, view.course.position, view.course.file) == (Doing.PAUSE, 0, 2)
        invite = read_invite(view.link)
        assert (invite.film, invite.file, invite.name, invite.size) == (FILM, 2, "Winter Sea", 77)
        assert [str(one) for one in invite.addresses] == ["127.0.0.1:6001", "127.0.0.1:7000"]
        assert invite.hubs == ("ws://127.0.1.1:4848",)
        assert together.open(view.link).id == view.id, "twice is once"
        assert together.open(MAGNET).id != view.id, "another showing of the same film"
        assert view.film.startswith(f"magnet:?xt=urn:btih:{FILM}")

    run(main())


def test_what_is_known_here_of_a_film_goes_into_the_link() -> None:
    async def main() -> None:
        together, world, _ = made(FakeNetwork().peer(1))
        cast("FakeEngine", world.torrents).known[FILM] = Progress(
            info_hash=FILM,
            name="겨울 바다.mkv",
            state=TransferState.SEEDING,
            size=Bytes(9),
            done=Bytes(9),
            down_rate=0,
            up_rate=0,
            peers=0,
            seeds=0,
            sources=(),
            pieces=b"",
        )
        world.transfers.put_transfer(
            Transfer(
                info_hash=FILM,
                name=FILM,
                folder=world.incoming,
                addresses=(PeerAddress(host="10.1.2.3", port=9),),
                added_at=world.clock.now(),
            )
        )
        invite = read_invite(together.open(FILM).link)
        assert (invite.name, invite.size) == ("겨울 바다.mkv", 9)
        assert [str(one) for one in invite.addresses] == ["127.0.0.1:6001", "10.1.2.3:9"]

    run(main())


def test_what_cannot_be_opened() -> None:
    async def main() -> None:
        together, world, _ = made(FakeNetwork().peer(1))
        for text in ("", "kkiri:together1qqqqqq", "https://example.com", "바다"):
            with pytest.raises(BadLinkError):
                together.open(text)
        for _ in range(SHOWINGS_MAX):
            together.open(MAGNET)
        with pytest.raises(TooManyShowingsError):
            together.open(MAGNET)
        together.leave(together.views()[0].id)
        together.open(MAGNET)
        with pytest.raises(NotInItError):
            together.view("0" * 32)
        leaf = FakeNetwork().peer(2)
        leaf.hubs.reached(None)
        with pytest.raises(NoMeetingPlaceError):
            made(leaf)[0].open(MAGNET)

    run(main())


@pytest.mark.parametrize(
    ("network", "dialled"),
    [
        (Network.PRIVATE, ["ws://127.0.0.1:4848", "ws://192.168.0.9:4848", "ws://8.8.4.4:4848"]),
        (Network.PUBLIC, ["ws://8.8.4.4:4848"]),
    ],
)
def test_p2_a_link_never_makes_a_public_peer_dial_loopback_or_private_ranges(
    network: Network, dialled: list[str]
) -> None:
    async def main() -> None:
        together, _, links = made(FakeNetwork().peer(1, network=network), network=network)
        hubs = ("ws://127.0.0.1:4848", "ws://192.168.0.9:4848", "ws://8.8.4.4:4848")
        more = ("ws://hub.evil.test:25", "ws://8.8.4.4:25")
        for chosen in (hubs, more):
            invite = Invite(
                secret=bytes([len(chosen)]) * 32,
                film=FILM,
                hubs=tuple(HubUrl(url) for url in chosen),
            )
            together.open(write_invite(invite))
        async with kept(together, []):
            await asyncio.sleep(5)
        assert sorted(set(links.dialled)) == sorted(dialled)

    run(main())


def test_two_over_one_hub_and_one_leaves() -> None:
    async def main() -> None:
        network = FakeNetwork()
        hub = UnevenHub(HubUrl("ws://127.0.1.1:4848"), Random(3))
        told: list[ShowingView] = []
        one, _, _ = made(network.peer(1), hub)
        two, _, _ = made(network.peer(2), hub)
        view = one.open(MAGNET)
        two.open(view.link)
        async with kept(one, told), kept(two, []):
            await asyncio.sleep(2)
            one.rename(view.id, "  보라 \n")
            two.say(view.id, " 안녕 ")
            two.say(view.id, "   ")
            two.report(view.id, Millis(400), False)
            await asyncio.sleep(1)
            (member,) = one.view(view.id).members
            assert abs((member.drift or 0) - 400) < 50
            assert [line.text for line in one.view(view.id).talk] == ["안녕"]
            assert [other.name for other in two.view(view.id).members] == ["보라"]
            assert told[-1].members, "pages are told"
            two.report(view.id, Millis(400), True)
            await asyncio.sleep(1)
            assert one.view(view.id).members[0].waiting
            await asyncio.sleep(10)  # the page was closed without a word
            (member,) = one.view(view.id).members
            assert (member.waiting, member.drift) == (False, None)
            two.leave(view.id)
            await asyncio.sleep(1)
            assert one.view(view.id).members == ()
            with pytest.raises(NotInItError):
                two.view(view.id)
            two.open(view.link)
            await asyncio.sleep(2)
            assert len(one.view(view.id).members) == 1, "and comes again"
            keys: set[PubKey] = {record.pubkey for record in hub.seen}
            assert len(keys) == 3, "with a new key"

    run(main())
