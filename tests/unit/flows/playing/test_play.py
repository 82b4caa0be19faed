"""Play: what is shared is read where it stands, anything else is begun once and told in order."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from kkiri.base.errors import BadLinkError, NotFoundError, NotReachableError
from kkiri.base.types import Bytes, InfoHash
from kkiri.event.listing import PeerAddress, Sort
from kkiri.flows.fetch import cancel, fetch
from kkiri.flows.playing.play import KNOWN_SECONDS_MAX, play, playlist
from kkiri.flows.world import World
from kkiri.ports.state import SharedListing
from tests.contract.torrents_kit import hash_of, torrent_of
from tests.fakes.engine import FakeEngine
from tests.fakes.network import FakeNetwork, until, virtual
from tests.fakes.screening import FakeScreening

FILES = [
    (("10 끝.mp3",), b"a" * 90),
    (("2 둘.mp3",), b"b" * 80),
    (("표지.jpg",), b"c" * 7),
    (("1 하나.mp3",), b"d" * 60),
]
TORRENT = torrent_of("앨범", FILES)
X = hash_of(TORRENT)
ORDER = ["1 하나.mp3", "2 둘.mp3", "10 끝.mp3", "표지.jpg"]


def _world(network: FakeNetwork, *, known: bool = True) -> tuple[World, FakeEngine]:
    engine = FakeEngine(address=PeerAddress(host="127.0.0.1", port=6000))
    if known:
        engine.metainfos[X] = TORRENT
    return replace(network.peer(1).world, torrents=engine), engine


@virtual
async def test_a_link_becomes_files_in_the_order_of_the_album(network: FakeNetwork) -> None:
    world, engine = _world(network)
    found = await play(world, X)
    assert (found.info_hash, found.name) == (X, "앨범")
    assert [file.path for file in found.files] == ORDER
    assert [file.index for file in found.files] == [3, 1, 0, 2]
    assert [file.size for file in found.files] == [60, 80, 90, 7]
    assert [file.sort for file in found.files] == [Sort.MUSIC] * 3 + [Sort.PICTURE]
    assert [one.info_hash for one in world.transfers.transfers()] == [X]
    assert X in engine.specs
    assert (await playlist(world, X)) == found


@virtual
async def test_what_is_played_first_is_asked_for_at_once(network: FakeNetwork) -> None:
    world, engine = _world(network)
    screening = FakeScreening()
    await play(replace(world, screening=screening), X)
    assert (engine.opened, screening.prepared) == ([(X, 3)], 1)
    await cancel(world, X)
    await play(replace(world, screening=screening), X, only=("표지.jpg", "10 끝.mp3"))
    assert engine.opened == [(X, 3), (X, 0)]


@virtual
async def test_what_was_chosen_stays_chosen(network: FakeNetwork) -> None:
    world, engine = _world(network)
    await fetch(world, X, only=("2 둘.mp3",))
    await play(world, X)
    assert engine.specs[X].only == ("2 둘.mp3",)
    await play(world, X, only=("1 하나.mp3",))
    assert set(engine.specs[X].only or ()) == {"1 하나.mp3", "2 둘.mp3"}


@virtual
async def test_a_swarm_that_tells_nothing_is_not_waited_for_for_ever(network: FakeNetwork) -> None:
    world, _ = _world(network, known=False)
    begun = world.clock.monotonic()
    with pytest.raises(NotReachableError):
        await play(world, X)
    assert world.clock.monotonic() - begun <= KNOWN_SECONDS_MAX + 5
    assert [one.info_hash for one in world.transfers.transfers()] == [X]  # it may come yet


@virtual
async def test_one_who_waits_hears_that_it_was_cancelled(network: FakeNetwork) -> None:
    world, engine = _world(network, known=False)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(_refusal(world))
        await until(lambda: X in engine.specs)
        await cancel(world, X)
    assert isinstance(waiting.result(), NotFoundError)


async def _refusal(world: World) -> Exception | None:
    try:
        await play(world, X)
    except NotFoundError as error:
        return error
    return None


@virtual
async def test_what_is_shared_begins_nothing(network: FakeNetwork) -> None:
    world, engine = _world(network, known=False)
    shared = SharedListing(
        info_hash=X,
        root=Path("/shared"),
        folder=Path("/shared"),
        title="앨범",
        size=Bytes(237),
        metainfo=TORRENT,
        records=(),
        files=(),
    )
    world.library.put_listings([shared], [])
    found = await play(world, f"magnet:?xt=urn:btih:{X}")
    assert [file.path for file in found.files] == ORDER
    assert not engine.specs
    assert not world.transfers.transfers()


@virtual
async def test_no_link_and_nothing_here(network: FakeNetwork) -> None:
    world, _ = _world(network)
    with pytest.raises(BadLinkError):
        await play(world, "https://example.org/film")
    with pytest.raises(NotFoundError):
        await playlist(world, InfoHash("0" * 40))
