"""A look into a swarm: persons by their addresses, files by number, and careful removal."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from kkiri.base.errors import NotFoundError
from kkiri.base.types import Bytes, InfoHash, PubKey
from kkiri.event import kinds
from kkiri.flows.fetch import fetch
from kkiri.flows.swarms import (
    FACES_SECONDS,
    Face,
    Faces,
    FilesUnknownError,
    SharedHereError,
    choose,
    erase,
    face_of,
    look,
)
from kkiri.ports.state import Library
from kkiri.ports.swarms import Origin, Swarm, SwarmFile, SwarmPeer
from tests.fakes.network import FakeNetwork, keeping, signer, until, urls, virtual
from tests.unit.flows.test_fetch import ANN, BEN, HUB, X, at, engine_in, is_on

FILES = tuple(
    SwarmFile(
        index=number, path=f"{number}.mp3", size=Bytes(5), done=Bytes(0), wanted=True, first=False
    )
    for number in (0, 2, 3)  # 1 is padding
)
SWARM = Swarm(
    info_hash=X,
    peers=(),
    peers_total=0,
    piece_bytes=Bytes(16384),
    pieces=b"",
    availability=b"",
    files=FILES,
    uploaded=Bytes(0),
    downloaded=Bytes(0),
)
A, B = Face(key=PubKey("a" * 64), name="a"), Face(key=PubKey("b" * 64), name="b")


def a_peer(address: str, origin: Origin) -> SwarmPeer:
    return SwarmPeer(
        address=at(address),
        client="",
        progress=0.0,
        down_rate=0,
        up_rate=0,
        origin=origin,
        encrypted=False,
        utp=False,
    )


def test_whose_peer_it_is() -> None:
    faces = {at("10.0.0.1:1"): A, at("10.0.0.2:1"): A, at("10.0.0.2:2"): B}
    for address, dialled, came in (
        ("10.0.0.1:1", A, A),
        ("10.0.0.1:40000", None, A),  # another program there, or theirs under another port
        ("10.0.0.2:2", B, B),
        ("10.0.0.2:40000", None, None),  # two persons are there
        ("10.0.0.3:1", None, None),
    ):
        assert face_of(faces, a_peer(address, Origin.NAMED)) == dialled
        assert face_of(faces, a_peer(address, Origin.INCOMING)) == came


@virtual
async def test_who_is_on_is_asked_now_and_then_only(network: FakeNetwork) -> None:
    hub = network.hub(HUB, 11)
    hub.put(is_on(ANN, network.clock.now(), "127.0.0.8:1", 600))
    peer = network.peer(1, bootstrap=[HUB])
    faces = Faces()
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        found = await faces.look(peer.world)
        assert [(str(place), face.key) for place, face in found.items()] == [
            ("127.0.0.8:1", ANN.pubkey)
        ]
        now = network.clock.now()
        hub.put(
            is_on(BEN, now, "127.0.0.9:1", 600),
            BEN.sign(kinds.PROFILE, (), '{"name":"Ben"}', now),
            is_on(signer(1), now, "127.0.0.1:1", 600),
        )
        assert len(await faces.look(peer.world)) == 1
        await asyncio.sleep(FACES_SECONDS)
        later = await faces.look(peer.world)
    assert {face.name for face in later.values()} == {ANN.pubkey[:8], "Ben"}


@virtual
async def test_files_are_chosen_by_number_and_kept(network: FakeNetwork) -> None:
    peer = network.peer(1)
    world, engine = engine_in(peer)
    with pytest.raises(NotFoundError):
        await look(world, X)
    await fetch(world, X)
    assert (await look(world, X))[1].files == ()  # not known yet
    engine.swarms.held[X] = SWARM
    await choose(world, X, {2, 3, 99}, {3})
    assert engine.swarms.chosen[X] == (("2.mp3", "3.mp3"), ("3.mp3",))
    assert world.transfers.transfers()[0].only == ("2.mp3", "3.mp3")
    await choose(world, X, {0, 2, 3}, set())
    assert engine.swarms.chosen[X] == (None, ())
    assert world.transfers.transfers()[0].only is None
    with pytest.raises(NotFoundError):
        await choose(world, X, {1}, set())
    with pytest.raises(NotFoundError):
        await choose(world, InfoHash("cd" * 20), {0}, set())


class _SharesAll:
    """A library that has everything."""

    def listing(self, info_hash: InfoHash) -> object:
        return info_hash


@virtual
async def test_what_is_shared_or_unknown_is_not_deleted(network: FakeNetwork) -> None:
    peer = network.peer(1)
    world, engine = engine_in(peer)
    await fetch(world, X)
    engine.swarms.stays = 2
    assert await erase(world, X) == 2
    assert (engine.swarms.erased, world.transfers.transfers()) == ([X], [])

    await fetch(world, X)
    done = replace(world.transfers.transfers()[0], finished_at=network.clock.now(), path=Path("/x"))
    world.transfers.put_transfer(done)
    engine.specs.clear()
    with pytest.raises(FilesUnknownError):
        await erase(world, X)
    assert len(world.transfers.transfers()) == 1
    world.transfers.put_transfer(replace(done, finished_at=None))
    assert await erase(world, X) == 0
    assert (engine.swarms.erased, world.transfers.transfers()) == ([X], [])

    await fetch(world, X)
    with pytest.raises(SharedHereError):
        await erase(replace(world, library=cast("Library", _SharesAll())), X)
    assert (engine.swarms.erased, len(world.transfers.transfers())) == ([X], 1)
