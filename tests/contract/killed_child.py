"""Run by test_torrents_disk.py: fetches until it is killed; saves as the peer does."""

import asyncio
import sys
from pathlib import Path

from kkiri.event.fields import peer_address
from kkiri.ports.torrents import FetchSpec
from tests.contract.torrents_kit import say, session


async def run(folder: Path, info_hash: str, address: str) -> None:
    """Fetch, and say how much is safe after each save."""
    async with session(folder / "state") as one:
        await one.fetch(
            FetchSpec(info_hash=info_hash, folder=folder / "to", addresses=(peer_address(address),))
        )
        while True:
            await asyncio.sleep(0.2)
            found = one.progress_of(info_hash)
            await one.save()
            if found is not None:
                say(found.done)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
