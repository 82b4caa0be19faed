"""`python -m bench.share [FILES] [GIB]`: sharing many small files, and few large ones.

Beside it, in the same run and on the same files, `sha1sum` and `sha256sum` one after the other:
the two hashes that a listing needs. Real disk, state, media worker and engine; no hubs.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom
from typing import cast

from tests.fakes.screening import FakeScreening, FakeStills
from tests.fakes.songs import make, tag
from tests.fakes.world import OWN_HUB, FakeHubs

from kkiri.adapters.folders import DiskFolders
from kkiri.adapters.keys.seals import KeySeals
from kkiri.adapters.media import MediaWorker
from kkiri.adapters.state.peer_db import PeerState
from kkiri.adapters.system import SystemClock
from kkiri.adapters.torrents.session import open_session
from kkiri.adapters.torrents.settings import SessionSettings
from kkiri.event.verify import Signer
from kkiri.flows.sharing.adding import Sharing
from kkiri.flows.sharing.share import reseed, share
from kkiri.flows.world import Network, World
from kkiri.ports.links import HubLinks
from kkiri.ports.torrents import Rendezvous, Torrents

LARGE_FILES = 4  # two at a time are hashed
BLOCK = 1024 * 1024


def main(files: int, gib: float) -> dict[str, object]:
    """Make the files, share them, start again, and hash them with other programs."""
    with tempfile.TemporaryDirectory(prefix="kkiri-share-") as place:
        small, songs, large = (Path(place) / name for name in ("small", "songs", "large"))
        for folder in (small, songs, large):
            folder.mkdir()
        for number in range(files):
            (small / f"노래 {number:05} song.txt").write_text(f"text number {number}\n" * 20)
        _songs(songs, files // 10)
        for number in range(LARGE_FILES):
            _fill(large / f"film {number}.bin", int(gib * 2**30 / LARGE_FILES))
        for path in (*small.iterdir(), *songs.iterdir(), *large.iterdir()):
            os.utime(path, (1, 1))  # quiet for long: no waiting
        return {
            "small": _beside(Path(place) / "h1", small),
            "songs": _beside(Path(place) / "h2", songs),
            "large": _beside(Path(place) / "h3", large),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


def _songs(folder: Path, count: int) -> None:
    song = make(folder, "mp3")
    tag(song, "첫눈", "가수", "겨울", 1)
    body = song.read_bytes()
    for number in range(count):
        (folder / f"노래 {number}.mp3").write_bytes(body + bytes([number % 256]) * 100)
    song.unlink()


def _fill(path: Path, size: int) -> None:
    with path.open("wb") as file:
        for _ in range(0, size, BLOCK):
            file.write(os.urandom(BLOCK))


def _beside(home: Path, folder: Path) -> dict[str, float]:
    home.mkdir(mode=0o700)
    count = len(list(folder.iterdir()))
    size = sum(path.stat().st_size for path in folder.iterdir())
    limit = _sums(folder)
    ours = asyncio.run(_share(home, folder))
    again = asyncio.run(_share(home, folder))
    limit = min(limit, _sums(folder))
    return {
        "files": count,
        "seconds": round(ours, 2),
        "files_a_second": round(count / ours),
        "mb_a_second": round(size / ours / 1e6, 1),
        "seconds_again": round(again, 2),
        "sha1sum_and_sha256sum_seconds": round(limit, 2),
        "ratio_to_the_sums": round(limit / ours, 2),
    }


def _sums(folder: Path) -> float:
    begin = time.perf_counter()
    for program in ("sha1sum", "sha256sum"):
        command = ["find", str(folder), "-type", "f", "-exec", program, "{}", "+"]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


async def _share(home: Path, folder: Path) -> float:
    state, media = PeerState(home / "peer.db"), MediaWorker()
    async with open_session(SessionSettings(state=home / "resume")) as torrents:
        world = World(
            network=Network.PRIVATE,
            signer=Signer(bytes([7]) * 32),
            incoming=home / "incoming",
            shared=home / "shared",
            own_hub=OWN_HUB,
            bootstrap=(),
            clock=SystemClock(),
            chance=SystemRandom(),
            hubs=FakeHubs(),
            links=cast("HubLinks", None),
            torrents=cast("Torrents", torrents),
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
            sealing=KeySeals(bytes([7]) * 32, SystemRandom()),
        )
        begin = time.perf_counter()
        await reseed(world)
        await share(world, folder, _say_nothing)
        took = time.perf_counter() - begin
    await media.close()
    state.close()
    return took


def _say_nothing(_sharing: Sharing) -> None:
    return


if __name__ == "__main__":
    numbers = [float(text) for text in sys.argv[1:]]
    found = main(int((numbers or [10_000])[0]), (numbers[1:] or [2.0])[0])
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
