"""Play: from a link to files that can be read at once, here already or while they arrive.

What is shared is read where it stands; anything else becomes a transfer like any other, which goes
on after the player is closed.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from kkiri.base.errors import DiskFullError, KkiriError, NotReachableError
from kkiri.base.types import Bytes, InfoHash
from kkiri.event.listing import Sort
from kkiri.event.sort import sort_of_name
from kkiri.flows.fetch import fetch, find_sources, named
from kkiri.flows.world import World
from kkiri.play.album import order_key
from kkiri.swarm.metainfo import MetaInfo, read

KNOWN_SECONDS_MAX = 25.0  # a person waits for a film to open; the transfer goes on after that
PLAYED = frozenset({Sort.FILM, Sort.MUSIC})
LOOK_SECONDS = 0.3  # hubs get so much longer to name sources, once it is known what there is


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayFile:
    """One file that may be played."""

    index: int
    """Its number in the torrent."""
    path: str
    """Below the torrent's top name; that name for a single file."""
    size: Bytes
    sort: Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What a link leads to, its files in the order in which a person plays them."""

    info_hash: InfoHash
    name: str
    files: tuple[PlayFile, ...]


async def play(world: World, link: str, only: Sequence[str] | None = None) -> Play:
    """Find what a link names, begin to fetch it where it is not here, and tell its files.

    `only` are paths of single files to fetch; those of a transfer that is there stay wanted.

    Raises: BadLinkError, NotFoundError, UnsafeFolderError, BadMetainfoError, RefusedError,
    NotReachableError when nobody tells what it consists of.
    """
    info_hash = (await named(world, link)).info_hash
    shared = world.library.listing(info_hash)
    if shared is not None:
        return _play(await asyncio.to_thread(read, shared.metainfo))
    known = next((one for one in world.transfers.transfers() if one.info_hash == info_hash), None)
    if only is None and known is not None:
        only = known.only
    await fetch(world, link, only=only, look=False)
    return await _known(world, info_hash, only)


async def playlist(world: World, info_hash: InfoHash) -> Play:
    """Tell the files of what is here or arriving; begins nothing.

    Raises: NotFoundError, NotReachableError.
    """
    return _play(await asyncio.to_thread(read, await _wait(world, info_hash)))


async def _known(world: World, info_hash: InfoHash, only: Sequence[str] | None) -> Play:
    """Wait until it is known what a transfer consists of, and meanwhile ask hubs for sources."""
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(_find(world, info_hash), name="find sources")
        try:
            known = _play(await asyncio.to_thread(read, await _wait(world, info_hash)))
            found: Play | KkiriError = known
            beginning = group.create_task(_begin(world, known, only), name="begin to play")
            await asyncio.wait({looking}, timeout=LOOK_SECONDS)
            beginning.cancel()
        except KkiriError as error:  # told without the group
            found = error
        looking.cancel()
    if isinstance(found, KkiriError):
        raise found
    return found


async def _begin(world: World, found: Play, only: Sequence[str] | None) -> None:
    """Ask for the beginning of what is played first; the player does so a moment later."""
    files = (one for one in found.files if one.sort in PLAYED and (not only or one.path in only))
    first = next(files, None)
    if first is None:
        return
    await world.screening.prepare()
    with suppress(KkiriError):  # the player will hear it
        file = await world.torrents.open(found.info_hash, first.index)
        try:
            await file.read(0, 1)
        finally:
            file.close()


async def _find(world: World, info_hash: InfoHash) -> None:
    with suppress(DiskFullError):  # sources are dialled all the same
        await find_sources(world, info_hash)


async def _wait(world: World, info_hash: InfoHash) -> bytes:
    try:
        async with asyncio.timeout(KNOWN_SECONDS_MAX):
            return await world.torrents.wait_metainfo(info_hash)
    except TimeoutError:
        raise NotReachableError(info_hash) from None


def _play(info: MetaInfo) -> Play:
    files = [
        PlayFile(
            index=index,
            path="/".join(file.parts) or info.name,
            size=file.size,
            sort=sort_of_name(file.parts[-1] if file.parts else info.name),
        )
        for index, file in enumerate(info.files)
        if not file.padding
    ]
    files.sort(key=lambda file: order_key(file.path))
    return Play(info_hash=info.info_hash, name=info.name, files=tuple(files))
