"""The watched folder: torrent files and magnets put there are fetched, then moved aside.

A file is moved only once the download is durable, so whatever ends in between it is taken again,
which changes nothing. One that is still being written is waited for. Of a torrent file only `info`
is used (SAFETY P2); links, dotfiles and folders in it do not exist (F1).
"""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from kkiri.base.errors import (
    BadLinkError,
    BadMetainfoError,
    DiskFullError,
    KkiriError,
    NotFoundError,
    RefusedError,
    RemoteError,
)
from kkiri.base.types import Bytes, Seconds
from kkiri.flows import fetch
from kkiri.flows.world import World
from kkiri.ports.media import FileStat, FolderFile
from kkiri.swarm import metainfo
from kkiri.swarm.magnet import write_link

QUIET_SECONDS = 1.0  # a file that is still being written changes more often than that
GRACE_SECONDS = 10.0  # what cannot be read may be half of it: a slow copy pauses that long
LOOK_SECONDS = 60.0  # a net below the watch: network drives tell nothing of others' changes
AGAIN_SECONDS = 0.5  # while a file is looked at until it is quiet
REWATCH_SECONDS = 2.0  # a folder that is not there yet, or went
FULL_SECONDS = 30.0  # a full disk is tried again
TEXT_BYTES_MAX = Bytes(64 * 1024)  # a text with a hundred magnets; a longer one is something else
MAGNETS_MAX = 100  # of one file
DONE, FAILED = "done", "failed"
_LINK = re.compile(r"(?:magnet:\?|nostr:)[^\s\"'<>]{1,8192}", re.I)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """How a file stood, and since when."""

    stat: FileStat
    since: Seconds
    left: bool = False
    """It stays where it is: no more is done until it changes."""


async def watch_folder(
    world: World, folder: Path, looked: Callable[[], None] = lambda: None
) -> None:
    """Fetch what is put into a folder, for ever; `looked` is called after each look at it."""
    changed = asyncio.Event()
    seen: dict[Path, _Seen] = {}
    async with asyncio.TaskGroup() as group:
        group.create_task(_watch(world, folder, changed), name="watch the watched folder")
        while True:
            changed.clear()
            wait = await _look(world, folder, seen)
            looked()
            try:
                async with asyncio.timeout(wait):
                    await changed.wait()
            except TimeoutError:
                continue


async def _watch(world: World, folder: Path, changed: asyncio.Event) -> None:
    while True:
        async with aclosing(world.folders.watch([folder])) as watch:
            async for paths in watch:
                changed.set()
                if folder in paths:
                    break
        await asyncio.sleep(REWATCH_SECONDS)


async def _look(world: World, folder: Path, seen: dict[Path, _Seen]) -> float:
    """Take what is quiet; give how long to wait until the next look."""
    try:
        files = await world.folders.walk(folder)
    except NotFoundError:
        seen.clear()
        return REWATCH_SECONDS
    here = {file.path: file for file in files if len(file.relative) == 1 and _is_meant(file.path)}
    for gone in seen.keys() - here.keys():
        del seen[gone]
    wait = LOOK_SECONDS
    for path, file in here.items():
        try:
            settled = await _one(world, file, seen)
        except DiskFullError:
            log.warning("the disk is full: the watched folder waits")
            return FULL_SECONDS
        if settled:
            seen[path] = replace(seen[path], left=True)
        else:
            wait = AGAIN_SECONDS
    return wait


async def _one(world: World, file: FolderFile, seen: dict[Path, _Seen]) -> bool:
    """Take one file when it is quiet; false when it is to be looked at again soon."""
    now = world.clock.monotonic()
    before = seen.get(file.path)
    if before is None or before.stat != file.stat:
        seen[file.path] = _Seen(file.stat, now)
        return False
    if before.left:
        return True
    quiet = now - before.since
    if quiet < QUIET_SECONDS:
        return False
    try:
        taken = await _take(world, file.path)
        if world.folders.stat(file.path) != file.stat:
            return False  # it grew meanwhile: what was read may be half
        if taken:
            await world.folders.put_away(file.path, DONE)
    except DiskFullError:
        raise
    except (BadMetainfoError, BadLinkError) as error:
        if quiet < GRACE_SECONDS:
            return False
        await _fail(world, file.path, error)
    except (RefusedError, RemoteError) as error:
        await _fail(world, file.path, error)
    return True


async def _take(world: World, path: Path) -> bool:
    """Fetch what a file names; false for a text that names nothing, which is somebody's note.

    Raises: BadMetainfoError, BadLinkError, and as `fetch.fetch`.
    """
    if path.suffix.lower() == ".torrent":
        raw = await world.folders.read(path, Bytes(metainfo.METAINFO_BYTES_MAX))
        # reading a big one takes half a second: in a thread
        info = await asyncio.to_thread(metainfo.read, raw)
        cut = await asyncio.to_thread(metainfo.cut, raw)
        named = write_link(info.info_hash, info.name, info.size)
        await fetch.fetch(world, named, metainfo=cut)
        return True
    links = _links(await world.folders.read(path, TEXT_BYTES_MAX))
    if not links and path.suffix.lower() != ".txt":
        raise BadLinkError("no magnet in it")
    for link in links:
        await fetch.fetch(world, link)
    return bool(links)


async def _fail(world: World, path: Path, error: KkiriError) -> None:
    log.info("a file of the watched folder is refused", extra={"number": error.number})
    why = f"{error.sentence('en')}\n{error.sentence('ko')}\n"
    try:
        await world.folders.put_away(path, FAILED, why)
    except (NotFoundError, RefusedError) as stuck:
        # it stays where it is, and is tried again when it changes or kkiri starts
        log.warning("a file cannot be moved", extra={"reason": stuck.detail})


def _is_meant(path: Path) -> bool:
    return path.suffix.lower() in {".torrent", ".magnet", ".url", ".txt"}


def _links(raw: bytes) -> list[str]:
    """Find the links in a text: UTF-8, or what Windows and old Korean programs write."""
    for encoding in ("utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig", "cp949"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return list(dict.fromkeys(_LINK.findall(text)))[:MAGNETS_MAX]
    return []
