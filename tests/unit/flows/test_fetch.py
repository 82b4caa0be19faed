"""Fetch: durable before it returns, dialled at the right places, resumed, told when finished."""

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kkiri.base.errors import BadLinkError, NotFoundError, UnsafeFolderError
from kkiri.base.types import EventId, InfoHash, UnixTime
from kkiri.event import kinds, nip19
from kkiri.event.listing import PeerAddress
from kkiri.event.nip19 import EventPointer
from kkiri.event.presence import Presence, to_tags
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from kkiri.flows.fetch import (
    LOOK_AGAIN_SECONDS,
    cancel,
    fetch,
    pause,
    resume,
    transfers,
    wait,
    watch_transfers,
)
from kkiri.flows.world import Network, World
from kkiri.ports.torrents import TransferState
from kkiri.swarm.magnet import write_link
from tests.fakes.engine import FakeEngine
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

HUB = "ws://127.1.0.1:4848"
X = InfoHash("ab" * 20)
ANN, BEN = signer(21), signer(22)


def at(text: str) -> PeerAddress:
    host, _, port = text.rpartition(":")
    return PeerAddress(host=host, port=int(port))


def engine_in(peer: FakePeer) -> tuple[World, FakeEngine]:
    engine = FakeEngine(address=at("127.0.0.1:6000"))
    return replace(peer.world, torrents=engine), engine


def is_on(who: Signer, now: int, address: str, seconds: int) -> Record:
    said = Presence(addresses=(at(address),), until=UnixTime(now + seconds))
    return who.sign(kinds.PRESENCE, to_tags(said), "", UnixTime(now - 10))


@virtual
async def test_the_link_the_listings_and_their_authors_say_where(network: FakeNetwork) -> None:
    hub = network.hub(HUB, 11)
    now = network.clock.now()
    hub.put(
        listing_record(ANN, "Silent Harbor", now - 5, info_hash=X, address="127.0.0.5:1"),
        listing_record(BEN, "Silent Harbor", now - 9, info_hash=X, address="127.0.0.6:1"),
        listing_record(BEN, "Other", now, info_hash="cd" * 20, address="127.0.0.7:1"),
        is_on(ANN, now, "127.0.0.8:1", 600),
        is_on(BEN, now, "127.0.0.9:1", -1),
    )
    peer = network.peer(1, bootstrap=[HUB])
    world, engine = engine_in(peer)
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        link = write_link(X, "", None, [at("127.0.0.4:1"), at("127.0.0.1:6000")])
        found = await fetch(world, link)
    assert engine.specs[X].addresses == (at("127.0.0.4:1"),)  # at once, and never ourselves
    wanted = {at(f"127.0.0.{n}:1") for n in (4, 5, 6, 8)}
    assert set(engine.dialled) == wanted
    assert set(found.addresses) == wanted
    assert found.name == "Silent Harbor"
    assert world.transfers.transfers() == [found]
    assert found.folder == world.incoming


@virtual
async def test_in_public_only_the_open_internet_is_dialled(network: FakeNetwork) -> None:
    peer = network.peer(1, network=Network.PUBLIC)
    world, engine = engine_in(peer)
    peer.own.put(
        listing_record(ANN, "a", network.clock.now(), info_hash=X, address="192.168.0.1:80"),
        listing_record(BEN, "a", network.clock.now(), info_hash=X, address="8.8.4.4:1"),
    )
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 1)
        await fetch(world, write_link(X, "", None, [at("127.0.0.1:22"), at("8.8.8.8:1")]))
    assert engine.specs[X].addresses == (at("8.8.8.8:1"),)
    assert set(engine.dialled) == {at("8.8.8.8:1"), at("8.8.4.4:1")}


@virtual
async def test_a_nostr_link_to_a_listing_is_enough(network: FakeNetwork) -> None:
    peer = network.peer(1)
    world, engine = engine_in(peer)
    record = listing_record(ANN, "Song", network.clock.now(), info_hash=X, address="127.0.0.5:1")
    peer.own.put(record)
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 1)
        found = await fetch(world, f"nostr:{nip19.encode(EventPointer(id=record.id))}")
        assert (found.info_hash, found.name) == (X, "Song")
        with pytest.raises(NotFoundError):
            await fetch(world, nip19.encode(EventPointer(id=EventId("00" * 32))))
        for bad in ("소리바다", nip19.npub(ANN.pubkey), ""):
            with pytest.raises(BadLinkError):
                await fetch(world, bad)
    assert list(engine.specs) == [X]


@virtual
async def test_what_the_engine_refuses_is_not_kept(network: FakeNetwork) -> None:
    world, engine = engine_in(network.peer(1))
    engine.refuses = UnsafeFolderError("a link")
    with pytest.raises(UnsafeFolderError):
        await fetch(world, X)
    assert world.transfers.transfers() == []


@virtual
async def test_finished_is_noted_once_and_a_restart_goes_on(network: FakeNetwork) -> None:
    world, engine = engine_in(network.peer(1))
    other = InfoHash("cd" * 20)
    await fetch(world, X, to=Path("/to"), only=["a.mp3"])
    await fetch(world, other)
    await pause(world, other, True)
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watch_transfers(world))
        waiting = tasks.create_task(wait(world, X))
        await asyncio.sleep(5)
        assert engine.saves >= 2
        engine.finish(X)
        found = await waiting
        await asyncio.sleep(5)
        watching.cancel()
    assert found.path == Path("/to/song.mp3")
    assert found.finished_at is not None
    assert await wait(world, X) == found
    assert {view.transfer.info_hash: view.transfer for view in transfers(world)}[X] == found
    again = FakeEngine()
    world = replace(world, torrents=again)
    await resume(world)
    assert list(again.specs) == [other]
    assert again.states[other] is TransferState.PAUSED
    await pause(world, other, False)
    assert again.states[other] is TransferState.FETCHING


def _song_in(folder: str) -> Path:
    song = Path(folder, "song.mp3")
    song.touch()
    return song


@virtual
async def test_what_is_here_is_fetched_again_to_another_folder(network: FakeNetwork) -> None:
    world, engine = engine_in(network.peer(1))
    with TemporaryDirectory() as first:
        await fetch(world, X, to=Path(first))
        engine.finish(X)
        (begun,) = world.transfers.transfers()
        song = _song_in(first)
        done = replace(begun, finished_at=begun.added_at, path=song)
        world.transfers.put_transfer(done)
        assert await fetch(world, X) == await fetch(world, X, to=Path(first)) == done
        assert engine.specs[X].folder == Path(first)
        again = await fetch(world, X, to=Path("/second"))
        assert (again.folder, again.path) == (Path("/second"), None)
        assert engine.specs[X].folder == Path("/second")


@virtual
async def test_more_of_one_that_runs_keeps_its_folder(network: FakeNetwork) -> None:
    world, engine = engine_in(network.peer(1))
    await fetch(world, X, to=Path("/first"), only=["a.mp3"])
    await fetch(world, X, to=Path("/second"), only=["b.mp3"])
    assert engine.specs[X].folder == Path("/first")
    assert engine.specs[X].only == ("a.mp3", "b.mp3")
    await fetch(world, X)
    assert engine.specs[X].only is None
    await cancel(world, X)
    assert (engine.specs, world.transfers.transfers()) == ({}, [])
    for unknown in (cancel(world, X), wait(world, X), pause(world, X, True)):
        with pytest.raises(NotFoundError):
            await unknown


@virtual
async def test_a_transfer_without_peers_asks_for_new_addresses(network: FakeNetwork) -> None:
    peer = network.peer(1)
    world, engine = engine_in(peer)
    async with asyncio.TaskGroup() as tasks, keeping(peer):
        await until(lambda: len(urls(peer)) == 1)
        await fetch(world, X)
        assert engine.dialled == []
        peer.own.put(
            listing_record(ANN, "a", network.clock.now(), info_hash=X, address="127.0.0.5:1")
        )
        watching = tasks.create_task(watch_transfers(world))
        await asyncio.sleep(LOOK_AGAIN_SECONDS + 10)
        watching.cancel()
    assert set(engine.dialled) == {at("127.0.0.5:1")}
