"""A real folder on a real disk: edited while it is fetched (F3), killed while it is shared."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import cast

import libtorrent
import pytest

from kkiri.adapters.folders import DiskFolders
from kkiri.adapters.keys.seals import KeySeals
from kkiri.adapters.media import MediaWorker
from kkiri.adapters.state.peer_db import PeerState
from kkiri.adapters.system import SystemClock
from kkiri.adapters.torrents.session import open_session
from kkiri.adapters.torrents.settings import SessionSettings
from kkiri.base.types import Seq
from kkiri.event import kinds
from kkiri.event.verify import Signer
from kkiri.flows.sharing.share import follow_folders, reseed, share
from kkiri.flows.world import Network, World
from kkiri.ports.clock import Clock
from kkiri.ports.links import HubLinks
from kkiri.ports.torrents import Rendezvous, Torrents
from tests.fakes.screening import FakeScreening, FakeStills
from tests.fakes.world import OWN_HUB, FakeHubs, FakeTorrents

REPO = Path(__file__).parents[2]
WITHDRAWN_SECONDS_MAX = 5.0  # SAFETY F3
MB = 1_000_000


def world_of(home: Path, state: PeerState, torrents: Torrents, media: MediaWorker) -> World:
    """Make a world with the real disk, state and media, and no hubs."""
    return World(
        network=Network.PRIVATE,
        signer=Signer(bytes([7]) * 32),
        incoming=home / "incoming",
        shared=home / "shared",
        own_hub=OWN_HUB,
        bootstrap=(),
        clock=cast("Clock", SystemClock()),
        chance=Random(1),
        hubs=FakeHubs(),
        links=cast("HubLinks", None),
        torrents=torrents,
        rendezvous=cast("Rendezvous", None),
        media=media,
        screening=FakeScreening(),
        stills=FakeStills(),
        folders=DiskFolders(home),
        library=state.library,
        journal=state.journal,
        transfers=state.transfers,
        book=state.book,
        people=state.people,
        talk=state.talk,
        sealing=KeySeals(bytes([7]) * 32, Random(1)),
    )


@asynccontextmanager
async def peer(home: Path) -> AsyncIterator[World]:
    """Run the sharing half of a peer."""
    state, media = PeerState(home / "peer.db"), MediaWorker()
    async with open_session(SessionSettings(state=home / "resume")) as torrents:
        world = world_of(home, state, torrents, media)
        await reseed(world)
        async with asyncio.TaskGroup() as group:
            following = group.create_task(follow_folders(world))
            yield world
            following.cancel()
    await media.close()
    state.close()


async def until(true: Callable[[], bool], seconds: float = 20.0) -> float:
    """Wait until it is true; gives how long that took."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < seconds, "it did not come true"
        await asyncio.sleep(0.02)
    return time.monotonic() - begin


class Leech:
    """A plain libtorrent session that fetches from one address."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.failures: list[str] = []
        self._session = libtorrent.session(
            {
                "listen_interfaces": "127.0.0.1:0",
                "enable_dht": False,
                "enable_lsd": False,
                "enable_upnp": False,
                "enable_natpmp": False,
                "enable_outgoing_utp": False,
                "allow_multiple_connections_per_ip": True,
                "alert_mask": libtorrent.alert_category.status
                | libtorrent.alert_category.peer
                | libtorrent.alert_category.error,
            }
        )

    def fetch(self, world: World, metainfo: bytes, pieces: list[int]) -> libtorrent.torrent_handle:
        found = libtorrent.add_torrent_params()
        found.ti = libtorrent.load_torrent_buffer(metainfo).ti
        found.save_path = str(self._folder)
        found.piece_priorities = pieces
        address = world.torrents.address
        assert address is not None
        found.peers = [(address.host, address.port)]
        return self._session.add_torrent(found)

    def look(self) -> None:
        for alert in self._session.pop_alerts():
            if alert.what() in {"hash_failed", "peer_ban"}:
                self.failures.append(alert.message())


def metainfo_of(world: World, title: str) -> bytes:
    """Give the torrent of the one listing with that title."""
    (listing,) = (one for one in world.library.listings() if one.title == title)
    found = world.library.listing(listing.info_hash)
    assert found is not None
    return found.metainfo


@pytest.mark.parametrize("change", ["edit", "truncate", "replace"])
async def test_a_file_edited_while_it_is_fetched(tmp_path: Path, change: str) -> None:
    """The leecher keeps trusting the seeder: it gets no wrong piece, and then the new file."""
    folder = tmp_path / "music"
    folder.mkdir()
    (tmp_path / "home").mkdir()
    song = folder / "song.mp3"
    song.write_bytes(os.urandom(8 * MB))
    os.utime(song, (1, 1))
    async with peer(tmp_path / "home") as world:
        await share(world, folder, lambda _sharing: None)
        old = world.library.listings()[0]
        leech = Leech(tmp_path / "leech")
        metainfo = metainfo_of(world, "song")
        count = libtorrent.load_torrent_buffer(metainfo).ti.num_pieces()
        half = [1] * (count // 2) + [0] * (count - count // 2)
        fetching = leech.fetch(world, metainfo, half)

        def fetched(least: int) -> bool:
            leech.look()
            return fetching.status().total_wanted_done >= least

        await until(lambda: fetched(3 * MB))
        _change(song, change)
        fetching.prioritize_pieces([4] * count)  # asked for at once, before anybody could notice
        took = await until(lambda: world.library.listings() != [old])
        records = [record for _, record in world.journal.after(Seq(0), 99)]
        assert old.records[0] in {i for r in records for i in kinds.deleted_ids(r)}
        assert took <= WITHDRAWN_SECONDS_MAX, took
        await until(lambda: [one.title for one in world.library.listings()] == ["song"])
        again = leech.fetch(world, metainfo_of(world, "song"), [])
        new_bytes = song.stat().st_size
        await until(lambda: again.status().is_seeding)
        leech.look()
        assert leech.failures == []
        assert again.status().total_done == new_bytes


def _change(song: Path, change: str) -> None:
    match change:
        case "edit":
            with song.open("r+b") as file:
                file.seek(5 * MB)
                file.write(os.urandom(2 * MB))
        case "truncate":
            os.truncate(song, 2 * MB)
        case _:
            other = song.with_name(".new")
            other.write_bytes(os.urandom(8 * MB))
            other.replace(song)


SHARE_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from tests.e2e.test_shared_folder import share_once
asyncio.run(share_once(Path(sys.argv[1]), Path(sys.argv[2])))
"""


async def share_once(home: Path, folder: Path) -> None:
    """Share with real disk and state; tells how many are done, and counts what it hashes."""
    state, media = PeerState(home / "peer.db"), MediaWorker()
    world = world_of(home, state, cast("Torrents", FakeTorrents()), media)
    real = world.folders.hash

    async def counting(*given: object) -> object:
        os.write(hashed, b"x")
        return await real(*given)  # type: ignore[arg-type]

    hashed = os.open(home / "hashed", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    world.folders.hash = counting  # type: ignore[assignment,method-assign]
    last = [-1]

    def report(sharing: object) -> None:
        done = getattr(sharing, "done", 0)
        if done != last[0]:
            last[0] = done
            sys.stdout.write(f"{done}\n")
            sys.stdout.flush()

    await share(world, folder, report)
    await media.close()
    state.close()


def test_killed_again_and_again_it_resumes(tmp_path: Path) -> None:
    """Each kill costs at most one batch; in the end every file has one listing, none two."""
    files, batch = 3_000, 200
    home, folder = tmp_path / "home", tmp_path / "texts"
    home.mkdir()
    folder.mkdir()
    for number in range(files):
        (folder / f"글 {number}.txt").write_text(f"{number}", encoding="utf-8")
        os.utime(folder / f"글 {number}.txt", (number, number))
    chance, acknowledged, kills = Random(7), 0, 0
    while acknowledged < files:
        aim = acknowledged + chance.randrange(1, 4) * batch if kills < 6 else files
        done = _run_until(home, folder, aim, kill=kills < 6)
        kills += 1
        assert done >= acknowledged, "what was acknowledged is gone"
        acknowledged = done
    state = PeerState(home / "peer.db")
    listings = state.library.listings()
    records = [record.id for _, record in state.journal.after(Seq(0), 2 * files)]
    state.close()
    assert len(listings) == len({one.info_hash for one in listings}) == files
    assert sorted(records) == sorted(one.records[0] for one in listings)
    hashed = (home / "hashed").stat().st_size
    assert files <= hashed <= files + batch * (kills - 1)
    assert kills > 6, "nothing was killed"


def _run_until(home: Path, folder: Path, aim: int, *, kill: bool) -> int:
    process = subprocess.Popen(
        [sys.executable, "-c", SHARE_UNTIL_KILLED, str(home), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{REPO / 'src'}:{REPO}"},
    )
    assert process.stdout is not None
    done = 0
    for line in process.stdout:
        done = int(line)
        if kill and done >= aim:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    return done
