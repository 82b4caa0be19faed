"""Routes of files: share, what is shared, get, and the transfers."""

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import Response

from kkiri.app.answers import (
    DoneAnswer,
    FetchedAnswer,
    SharedAnswer,
    SharingAnswer,
    TransferAnswer,
)
from kkiri.app.peer import Peer
from kkiri.app.telling import fetched_answer, shared_answers, transfer_answer
from kkiri.base.errors import NotFoundError
from kkiri.base.hexes import info_hash
from kkiri.base.types import InfoHash, Link
from kkiri.flows import fetch
from kkiri.flows.publish import delivered
from kkiri.flows.sharing.share import Sharing, share, unshare
from kkiri.ports.state import Transfer
from kkiri.web.asked import AskedGet, AskedNothing, AskedPath, AskedShare
from kkiri.web.lines import Emit, LineResponse

TELL_SECONDS = 0.25  # between two lines of progress: a bar moves smoothly at four a second
NAME_BYTES_MAX = 255  # of one part of a path, on every file system we meet

Hash = Annotated[str, InPath(pattern="^[0-9a-fA-F]{40}$")]


def moving(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api", tags=["share", "get"])
    _sharing(routes, peer)

    @routes.post("/get", response_class=Response)
    async def get(asked: AskedGet) -> Response:
        """Fetch a link: progress a line each, then `finished` when it was waited for."""
        return LineResponse(lambda emit: _get(peer, asked, emit), peer.stopping)

    @routes.get("/transfers")
    async def transfers() -> list[TransferAnswer]:
        """List the downloads, newest first."""
        return [transfer_answer(view) for view in fetch.transfers(peer.world)]

    @routes.post("/transfers/{info_hash}/pause")
    async def pause(info_hash: Hash, asked: AskedNothing) -> DoneAnswer:
        """Pause a download."""
        await fetch.pause(peer.world, _known(peer, info_hash).info_hash, True)
        return DoneAnswer()

    @routes.post("/transfers/{info_hash}/resume")
    async def resume(info_hash: Hash, asked: AskedNothing) -> DoneAnswer:
        """Let a download go on."""
        await fetch.pause(peer.world, _known(peer, info_hash).info_hash, False)
        return DoneAnswer()

    @routes.post("/transfers/{info_hash}/cancel")
    async def cancel(info_hash: Hash, asked: AskedNothing) -> DoneAnswer:
        """Forget a download; what is on disk stays."""
        await fetch.cancel(peer.world, _known(peer, info_hash).info_hash)
        return DoneAnswer()

    return routes


def _sharing(routes: APIRouter, peer: Peer) -> None:
    @routes.post("/share", response_class=Response)
    async def share_path(asked: AskedShare) -> Response:
        """Share a folder or file: progress a line each, then `finished`."""
        return LineResponse(lambda emit: _share(peer, asked, emit), peer.stopping)

    @routes.post("/unshare")
    async def unshare_path(asked: AskedPath) -> DoneAnswer:
        """Stop sharing a folder or file; its listings are withdrawn."""
        await unshare(peer.world, local_path(asked.path))
        return DoneAnswer()

    @routes.get("/shared")
    async def shared() -> list[SharedAnswer]:
        """List what is shared."""
        return shared_answers(peer.world)


def local_path(text: str) -> Path:
    """Read a path of this machine. Raises: NotFoundError when no file can have it."""
    path = Path(text)
    if not path.is_absolute() or any(
        len(part.encode(errors="replace")) > NAME_BYTES_MAX for part in path.parts
    ):
        raise NotFoundError(text[:200])
    return path


def _known(peer: Peer, text: str) -> Transfer:
    wanted = info_hash(text)
    for transfer in peer.world.transfers.transfers():
        if transfer.info_hash == wanted:
            return transfer
    raise NotFoundError(text)


async def _share(peer: Peer, asked: AskedShare, emit: Emit) -> None:
    path = local_path(asked.path)
    latest: list[Sharing] = []

    def report(sharing: Sharing) -> None:
        latest[:] = [sharing]
        peer.adding.tell(path, sharing)

    begin = peer.world.clock.monotonic()
    async with asyncio.TaskGroup() as group:
        telling = group.create_task(_tell_sharing(latest, emit), name="tell of sharing")
        shared = await share(peer.world, path, report)
        if asked.wait:
            await delivered(peer.world, peer.world.journal.last())
        telling.cancel()
    await emit(
        SharingAnswer(
            finished=True,
            step="done",
            done=shared.listings,
            total=shared.listings,
            name="",
            bytes_done=shared.bytes,
            bytes_total=shared.bytes,
            listings=shared.listings,
            bytes=shared.bytes,
            seconds=round(peer.world.clock.monotonic() - begin, 3),
        )
    )


async def _tell_sharing(latest: list[Sharing], emit: Emit) -> None:
    told: Sharing | None = None
    while True:
        await asyncio.sleep(TELL_SECONDS)
        if latest and latest[0] != told:
            told = latest[0]
            await emit(
                SharingAnswer(
                    finished=False,
                    step=told.step,
                    done=told.done,
                    total=told.total,
                    name=told.name,
                    bytes_done=told.bytes_done,
                    bytes_total=told.bytes_total,
                    listings=0,
                    bytes=0,
                    seconds=0,
                )
            )


async def _get(peer: Peer, asked: AskedGet, emit: Emit) -> None:
    world = peer.world
    begin = world.clock.monotonic()
    folder = None if asked.to is None else local_path(asked.to)
    transfer = await fetch.fetch(world, Link(asked.link), to=folder, only=asked.only)
    if asked.wait:
        async with asyncio.TaskGroup() as group:
            name = "tell of a transfer"
            telling = group.create_task(_tell_transfer(peer, transfer.info_hash, emit), name=name)
            transfer = await fetch.wait(world, transfer.info_hash)
            telling.cancel()
    await emit(_fetched(peer, transfer, world.clock.monotonic() - begin))


def _fetched(peer: Peer, transfer: Transfer, seconds: float) -> FetchedAnswer:
    progress = peer.world.torrents.progress_of(transfer.info_hash)
    return fetched_answer(transfer, 0 if progress is None else progress.size, seconds)


async def _tell_transfer(peer: Peer, wanted: InfoHash, emit: Emit) -> None:
    while True:
        await asyncio.sleep(TELL_SECONDS)
        for view in fetch.transfers(peer.world):
            if view.transfer.info_hash == wanted:
                await emit(transfer_answer(view))
