"""Sharing folders and files: named once, followed from then on, seeded again after a restart."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kkiri.base.errors import DiskFullError, NotFoundError, UnsafeFolderError
from kkiri.base.types import Bytes, Seconds
from kkiri.flows.sharing.adding import (
    Progress,
    Report,
    Sharing,
    add_new,
    seed,
    settle,
    withdraw_all,
)
from kkiri.flows.world import World
from kkiri.ports.state import SharedListing

ROUNDS_MAX = 30  # half a minute for a file that is being written; the follower goes on after that
AGAIN_SECONDS = 1.0  # a file that was not quiet is looked at again
FULL_SECONDS = 5.0  # a full disk is tried again
REWATCH_SECONDS = 2.0  # a folder that went (a drive that was taken out) is looked for
LOOK_SECONDS_FIRST = 2.0  # what changed while the watch was being set up
LOOK_SECONDS = 300.0  # a net below the watch: network drives tell nothing of others' changes
LOOKED_AT_ONCE = 100  # held together: a change waits 30 ms at most

log = logging.getLogger(__name__)

Told = Callable[[Path, Sharing], None]


def _say_nothing(_root: Path, _sharing: Sharing) -> None:
    return


__all__ = ["Report", "Shared", "Sharing", "follow_folders", "reseed", "share", "unshare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a root holds once it is shared."""

    listings: int
    bytes: Bytes
    seconds: Seconds


def overlaps(one: Path, other: Path) -> bool:
    """Say whether one folder is the other or lies in it: what is shared is never where we write."""
    return one == other or one in other.parents or other in one.parents


async def share(world: World, path: Path, report: Report) -> Shared:
    """Share a folder or file: returns when every listing is in the journal and seeded.

    Raises: UnsafeFolderError, NotFoundError; DiskFullError, and then it goes on by itself later.
    """
    begin = world.clock.monotonic()
    root = world.folders.check(path)
    if overlaps(root, world.incoming):
        raise UnsafeFolderError(f"{root}: downloads go there")
    await asyncio.to_thread(world.library.add_root, root)
    world.bells.roots.ring()
    async with world.bells.adding(root):
        progress = Progress(report)
        for _ in range(ROUNDS_MAX):
            if not await add_new(world, root, progress):
                break
            await asyncio.sleep(AGAIN_SECONDS)
    listings = await asyncio.to_thread(world.library.listings, root)
    shared = Shared(
        listings=len(listings),
        bytes=Bytes(sum(listing.size for listing in listings)),
        seconds=Seconds(world.clock.monotonic() - begin),
    )
    report(Sharing(step="done", done=shared.listings, total=shared.listings, name=""))
    return shared


async def unshare(world: World, path: Path) -> None:
    """Withdraw a root's listings and forget it; the files stay.

    Raises: NotFoundError when it is not shared, DiskFullError.
    """
    roots = world.library.roots()
    names = (path, await asyncio.to_thread(path.resolve))
    root = next((one for one in names if one in roots), None)
    if root is None:
        raise NotFoundError(str(path))
    await asyncio.to_thread(world.library.remove_root, root)
    world.bells.roots.ring()
    await withdraw_all(world, root)
    world.bells.forget(root)


async def reseed(world: World) -> None:
    """Seed everything in the library that is on disk as it was hashed; in small batches."""
    listings = await asyncio.to_thread(world.library.listings)
    for start in range(0, len(listings), LOOKED_AT_ONCE):
        async with world.bells.writing:
            some = listings[start : start + LOOKED_AT_ONCE]
            await seed(world, await asyncio.to_thread(_still_there, world, some))


def _still_there(world: World, listings: Sequence[SharedListing]) -> list[SharedListing]:
    """Give those whose files are as they were, with metainfo; others the follower withdraws."""
    same = (
        listing
        for listing in listings
        if all(world.folders.stat(file.path) == file.stat for file in listing.files)
    )
    found = (world.library.listing(listing.info_hash) for listing in same)
    return [listing for listing in found if listing is not None]


async def follow_folders(world: World, told: Told = _say_nothing) -> None:
    """Follow every shared folder for ever, those shared later included.

    `told` hears how far new files of a folder have come.
    """
    following: dict[Path, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as group:
        while True:
            rung = world.bells.roots.next()
            roots = set(world.library.roots())
            for root in roots - following.keys():
                following[root] = group.create_task(
                    _follow(world, root, told), name=f"follow {root}"
                )
            for root in following.keys() - roots:
                following.pop(root).cancel()
            await rung.wait()


async def _follow(world: World, root: Path, told: Told) -> None:
    changed = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_watch(world, root, changed), name=f"watch {root}")
        group.create_task(_keep_adding(world, root, changed, told), name=f"add from {root}")


async def _watch(world: World, root: Path, changed: asyncio.Event) -> None:
    """Withdraw at once what changes; what is new is left to the one who adds."""
    while True:
        async with aclosing(world.folders.watch([root])) as watch:
            async for paths in watch:
                await _settle(world, root)
                changed.set()
                if root in paths:  # the folder itself went or was replaced: watch the new one
                    break
        await asyncio.sleep(REWATCH_SECONDS)
        await _settle(world, root)
        changed.set()


async def _settle(world: World, root: Path) -> None:
    while True:
        try:
            await settle(world, root)
        except DiskFullError:
            await asyncio.sleep(FULL_SECONDS)
        else:
            return


async def _keep_adding(world: World, root: Path, changed: asyncio.Event, told: Told) -> None:
    look_seconds = LOOK_SECONDS_FIRST
    while True:
        changed.clear()
        try:
            async with world.bells.adding(root):
                again = await add_new(world, root, Progress(partial(told, root)))
        except DiskFullError:
            log.warning("the disk is full: sharing waits", extra={"root": str(root)})
            await asyncio.sleep(FULL_SECONDS)
            continue
        if again:
            await asyncio.sleep(AGAIN_SECONDS)
            continue
        try:
            async with asyncio.timeout(look_seconds):
                await changed.wait()
        except TimeoutError:
            look_seconds = LOOK_SECONDS
