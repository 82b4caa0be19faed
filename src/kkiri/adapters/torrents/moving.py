"""The last step of a download: what nobody wants of it goes, the rest takes its place."""

import asyncio
import errno
from collections.abc import Awaitable, Callable

from kkiri.adapters.torrents import disk, params
from kkiri.adapters.torrents.download import Download
from kkiri.base.errors import BadMetainfoError
from kkiri.swarm.places import top_name

MOVES_MAX = 20  # tries to take a free name while others take them


async def drop_unwanted(download: Download, resume: bytes) -> bytes:
    """Remove what came of files before they were unchosen; give the resume data without them."""
    dropped = await asyncio.to_thread(disk.drop_unwanted, download.part, download.unwanted())
    if not dropped or not resume:
        return resume
    return params.without(resume, download.info_hash, download.pieces_of(dropped))


async def move(download: Download, store: Callable[[], Awaitable[None]]) -> None:
    """Move a complete download to its place; its final name is stored before each try.

    Raises: OSError, BadMetainfoError, RefusedError.
    """
    if download.info is None:
        raise BadMetainfoError("no info")
    await asyncio.to_thread(disk.complete, download.part, download.files())
    top = top_name(download.info)
    for _ in range(MOVES_MAX):
        download.final = await asyncio.to_thread(
            disk.free_name, download.folder, top, download.final
        )
        await store()
        if await asyncio.to_thread(
            disk.take_place, download.part, top, download.folder, download.final
        ):
            return
        download.final = None
    raise OSError(errno.EEXIST, "the name is taken")
