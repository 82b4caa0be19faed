"""What the simulations of sharing have in common."""

import asyncio
from collections.abc import Awaitable, Callable

from kkiri.base.types import Seq
from kkiri.event import kinds, listing_tags
from kkiri.event.listing import Listing
from kkiri.flows.sharing.adding import Sharing
from kkiri.flows.sharing.share import follow_folders
from kkiri.flows.world import World
from tests.fakes.world import FakeWorld


def say_nothing(_sharing: Sharing) -> None:
    return


def published(fake: FakeWorld) -> list[Listing]:
    rows = fake.state.journal.after(Seq(0), 100_000)
    return [listing_tags.from_event(one) for _, one in rows if one.kind == kinds.LISTING]


def titles(fake: FakeWorld) -> list[str]:
    return sorted(listing.title for listing in published(fake))


def is_in_line(fake: FakeWorld) -> bool:
    """Say whether what is published, seeded and remembered is one and the same."""
    hashes = sorted(listing.info_hash for listing in fake.state.library.listings())
    there = {listing.info_hash for listing in published(fake)}
    return there == set(hashes) == set(fake.torrents.seeds)


async def following(world: World, then: Callable[[], Awaitable[None]]) -> None:
    """Do something while the folders are followed."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(follow_folders(world))
        await asyncio.sleep(0.5)
        await then()
        task.cancel()


async def until(true: Callable[[], bool], seconds: float = 60.0) -> float:
    """Wait until it is true; gives how long that took."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  (virtual time: a look costs nothing)
            await asyncio.sleep(0.01)
    return loop.time() - begin
