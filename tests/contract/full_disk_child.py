"""Run by test_torrents_disk.py in a mount namespace of its own: a film plays as its disk fills.

Prints one word a step, so that the test can say how far it came.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from kkiri.adapters.torrents import LibtorrentSession
from kkiri.base.types import InfoHash
from kkiri.ports.torrents import FetchSpec, SeedSpec, TransferState
from tests.contract.torrents_kit import content, hash_of, here, make_torrent, say, session, until

DISK = "6m"
ROOMIER = "40m"
SIZE = 12_000_000


def _mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


async def run(folder: Path) -> None:
    """Fill the disk, see the state, make room, see it finished by itself."""
    disk = folder / "disk"
    disk.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(disk))
    data = content("full", SIZE)
    torrent = make_torrent(folder / "a", "film.mkv", [((), data)])
    key = hash_of(torrent)
    async with (
        session(folder / "sa") as one,
        session(folder / "sb") as two,
        asyncio.TaskGroup() as group,
    ):
        await one.seed(SeedSpec(metainfo=torrent, folder=folder / "a"))
        await two.fetch(
            FetchSpec(info_hash=key, folder=disk, addresses=here(one), metainfo=torrent)
        )

        def full() -> bool:
            found = two.progress_of(key)
            return found is not None and found.state is TransferState.DISK_FULL

        playing = group.create_task(_played(two, key))
        await until(full)
        say("full")
        await two.save()
        await asyncio.sleep(2)
        if not full():
            raise SystemExit("did not stay full")
        _mount("-o", f"remount,size={ROOMIER}", str(disk))
        async with asyncio.timeout(30):
            path = await two.wait_complete(key)
        say("equal" if path.read_bytes() == data else "differs")
        async with asyncio.timeout(30):
            say("played" if await playing == data else "played otherwise")


async def _played(engine: LibtorrentSession, key: InfoHash) -> bytes:
    file = await engine.open(key, 0)
    found = b""
    while part := await file.read(len(found), 100_000):
        found += part
    file.close()
    return found


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
