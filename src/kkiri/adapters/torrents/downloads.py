"""Downloads, step by step: `info` from the swarm → part folder → moved to its place.

A step runs under its download's lock; what goes wrong with one is that one's state, no other's.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial

from kkiri.adapters.torrents import disk, params
from kkiri.adapters.torrents.alerts import (
    Checked,
    Checking,
    Failed,
    Finished,
    MetadataCame,
    Told,
    pieces,
    sources,
)
from kkiri.adapters.torrents.download import Download, Phase, Seen, from_ticket, to_ticket
from kkiri.adapters.torrents.engine import Engine
from kkiri.adapters.torrents.moving import drop_unwanted, move
from kkiri.adapters.torrents.settings import SessionSettings
from kkiri.adapters.torrents.tickets import Ticket, Tickets, boot_mark
from kkiri.base.errors import BadMetainfoError, KkiriError
from kkiri.base.types import InfoHash
from kkiri.ports.torrents import FetchSpec
from kkiri.swarm.metainfo import cut, from_info, read

Stage = MetadataCame | Finished | Failed | Checking | Checked
ADDRESSES_MAX = 64  # dialled for one download; more than a swarm of ours needs
log = logging.getLogger(__name__)


class Downloads:
    """The downloads of one session."""

    def __init__(self, engine: Engine, settings: SessionSettings, tasks: asyncio.TaskGroup) -> None:
        self._engine = engine
        self._state = settings.state
        self._public = settings.public
        self._tasks = tasks
        self._tickets = Tickets(settings.state)
        self._boot = boot_mark()
        self._jobs: set[asyncio.Task[None]] = set()
        self._closing = False
        self.held: dict[InfoHash, Download] = {}

    @property
    def busy(self) -> bool:
        """Say whether any of them wants something."""
        return any(
            one.phase in {Phase.METADATA, Phase.DATA} and not one.paused
            for one in self.held.values()
        )

    # ---- what the session asks

    async def give_on(self) -> None:
        """Seed what was finished in earlier runs and has not changed since."""
        for info_hash in await asyncio.to_thread(self._tickets.all):
            ticket = self._tickets.load(info_hash)
            metainfo = self._tickets.metainfo(info_hash)
            if ticket is None or not ticket.done or metainfo is None:
                continue
            download = from_ticket(ticket)
            try:
                download.know(metainfo, await asyncio.to_thread(read, metainfo))
                now = await asyncio.to_thread(disk.stats, download.wanted_paths())
                if tuple(now) == ticket.stats:
                    self.held[info_hash] = download
                    await self._seed_done(download, ticket.resume)
                else:
                    await asyncio.to_thread(self._tickets.remove, info_hash)
            except KkiriError:
                self.held.pop(info_hash, None)

    async def fetch(self, spec: FetchSpec) -> None:
        """Add or resume one that the session does not have.

        Raises: BadMetainfoError, UnsafeFolderError, NotFoundError, RefusedError.
        """
        known = self.held.get(spec.info_hash)
        if known is not None:
            await self.stop(known)
        ticket = await asyncio.to_thread(self._tickets.load, spec.info_hash)
        folder, part = await asyncio.to_thread(disk.prepare, spec.folder, spec.info_hash)
        if ticket is not None and (ticket.folder != folder or ticket.done):
            ticket = None
        download = Download(
            info_hash=spec.info_hash,
            folder=folder,
            part=part,
            name=spec.name or spec.info_hash,
            addresses=dict.fromkeys(spec.addresses[:ADDRESSES_MAX]),
            only=spec.only,
            first=frozenset(() if ticket is None else ticket.first),
            paused=ticket is not None and ticket.paused,
            final=None if ticket is None else ticket.name,
        )
        async with download.lock:
            self.held[spec.info_hash] = download
            try:
                await self._begin(download, spec.metainfo, ticket)
            except KkiriError:
                self.held.pop(spec.info_hash, None)
                raise

    async def stop(self, download: Download) -> None:
        """Take one out of the engine; its parts stay."""
        async with download.lock:
            download.phase = Phase.GONE
            await self._take_out(download)
            download.complete.set()
            download.known.set()
            if self.held.get(download.info_hash) is download:
                del self.held[download.info_hash]

    async def remove(self, download: Download) -> None:
        """Take one out and drop what it has of an unfinished one; a finished one's files stay."""
        await self.stop(download)
        await asyncio.to_thread(self._tickets.remove, download.info_hash)
        await asyncio.to_thread(disk.discard, download.part)

    async def pause(self, download: Download, paused: bool) -> None:
        """Pause one or let it go on; one that had failed is tried again."""
        async with download.lock:
            download.paused = paused
            if download.handle is not None:
                (download.handle.pause if paused else download.handle.resume)()
            await self.store(download)
        if not paused and download.phase is Phase.FAILED:
            self._spawn(self._again(download), "again")

    async def stats(self, download: Download) -> tuple[tuple[int, int], ...]:
        """Give size and time of change of each wanted file when it was done, as far as known."""
        ticket = await asyncio.to_thread(self._tickets.load, download.info_hash)
        return () if ticket is None else ticket.stats

    async def save(self) -> None:
        """Write resume data of what changed."""
        for download in list(self.held.values()):
            async with download.lock:
                if download.phase is not Phase.DATA or download.handle is None:
                    continue
                data = await self._engine.resume_data(download.handle, download.info_hash)
                if data is not None:
                    await self.store(download, data)

    async def close(self) -> None:
        """End the steps under way, each of which a restart begins again, and save."""
        self._closing = True
        for task in tuple(self._jobs):
            task.cancel()
        if self._jobs:
            await asyncio.wait(tuple(self._jobs))
        await self.save()
        for download in list(self.held.values()):
            await self._save_given(download)

    async def _save_given(self, download: Download) -> None:
        """Write how much a finished one has given on; its files are as they were noted before."""
        async with download.lock:
            if download.phase is not Phase.DONE or download.handle is None:
                return
            data = await self._engine.resume_data(download.handle, download.info_hash)
            ticket = await asyncio.to_thread(self._tickets.load, download.info_hash)
            if data is not None and ticket is not None:
                with suppress(OSError):  # a full disk: only a count is lost
                    await asyncio.to_thread(self._tickets.store, replace(ticket, resume=data))

    async def tick(self, now: float) -> None:
        """Ask for sources, ask banned ones again, go on where there is room again."""
        for download in list(self.held.values()):
            if download.phase is Phase.DATA and download.handle is not None:
                download.gave(await asyncio.to_thread(sources, download.handle))
                # the engine says so once; what a reader had put off may come after that
                if download.status and download.status.is_whole and download.left() <= 0:
                    self._spawn(self._finish(download), "finish")
            if download.no_room and disk.has_room(download.folder, download.left()):
                download.no_room = False
                self._spawn(self._room_again(download), "room again")
            if download.pardon_at is not None and now >= download.pardon_at:
                download.pardon_at = None
                self._spawn(self._pardon(download), "pardon")

    def hear(self, one: Told, now: float) -> None:
        """Take in what the engine told of a download."""
        if isinstance(one, Stage):
            if (download := self.held.get(one.info_hash)) is not None:
                self._hear_stage(download, one)
        elif isinstance(one, Seen):
            if (download := self.held.get(one.info_hash)) is not None:
                download.hear(one, now)

    def _hear_stage(self, download: Download, one: Stage) -> None:
        match one:
            case MetadataCame():
                self._spawn(self._metadata_came(download), "info came")
            case Finished():
                if download.phase is Phase.DATA and not download.sources:
                    download.gave(download.connected)  # over before anybody was asked who gave
                if download.phase is Phase.DATA or download.handle is None:
                    self._spawn(self._finish(download), "finish")
            case Checking() | Failed() if download.phase is Phase.DONE:
                self._spawn(self._not_given_on(download), "changed")
            case Failed():
                self._failed(download, one.no_room, one.text)
            case Checked() | Checking():  # one that is paused would never be checked
                self._spawn(self._start(download), "start")

    # ---- steps; the caller holds the lock

    async def _begin(
        self, download: Download, metainfo: bytes | None, ticket: Ticket | None
    ) -> None:
        known = await asyncio.to_thread(self._tickets.metainfo, download.info_hash)
        if known is None and metainfo is not None:
            known = await asyncio.to_thread(cut, metainfo)
        if known is not None:
            await self._accept(download, known)
            await self._add_data(download, ticket)
            return
        await self.store(download, b"")
        asked = params.for_metadata(download, self._state / "nowhere", self._public)
        download.handle = await self._engine.add(asked, download.info_hash)

    async def _accept(self, download: Download, metainfo: bytes) -> None:
        info = await asyncio.to_thread(read, metainfo)
        if info.info_hash != download.info_hash:
            raise BadMetainfoError("another torrent")
        download.know(metainfo, info)
        await asyncio.to_thread(self._tickets.store_metainfo, download.info_hash, metainfo)

    async def _add_data(self, download: Download, ticket: Ticket | None) -> None:
        resume = b"" if ticket is None else ticket.resume
        await self.store(download, resume)
        if await asyncio.to_thread(download.was_moved):
            await self._settle(download, resume)  # the last run ended between move and note
            return
        trusted = resume if ticket is not None and ticket.boot == self._boot else b""
        asked = params.for_data(download, trusted, self._state, self._public)
        download.handle = await self._engine.add(asked, download.info_hash)
        download.phase = Phase.DATA

    async def _settle(self, download: Download, resume: bytes) -> None:
        """Note that it is in its place, and give it on from there."""
        download.phase = Phase.DONE
        download.error, download.no_room, download.pardon_at = "", False, None
        await self.store(download, resume)
        await self._seed_done(download, resume)
        download.complete.set()

    async def _seed_done(self, download: Download, resume: bytes) -> None:
        download.phase = Phase.DONE
        asked = params.for_done(download, resume, self._state, self._public)
        download.handle = await self._engine.add(asked, download.info_hash)
        download.complete.set()

    async def store(self, download: Download, resume: bytes | None = None) -> None:
        """Write the ticket; `resume` None keeps what it has."""
        if resume is None:
            old = await asyncio.to_thread(self._tickets.load, download.info_hash)
            resume = b"" if old is None else old.resume
        ticket = await asyncio.to_thread(to_ticket, download, resume, self._boot)
        try:
            await asyncio.to_thread(self._tickets.store, ticket)
        except OSError as error:
            log.warning("a ticket could not be written", extra={"reason": error.strerror})

    # ---- jobs; each takes the lock itself

    def _spawn(self, job: Coroutine[None, None, None], word: str) -> None:
        if self._closing:
            job.close()
            return
        task = self._tasks.create_task(job, name=f"torrents: {word}")
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def _metadata_came(self, download: Download) -> None:
        async with download.lock:
            handle = download.handle
            if download.phase is not Phase.METADATA or handle is None:
                return
            torrent = handle.torrent_file()
            if torrent is None:
                return
            await self._take_out(download)
            try:
                await self._accept(download, from_info(torrent.info_section()))
                await self._add_data(download, None)
            except KkiriError as error:
                self._fail(download, str(error))

    async def _start(self, download: Download) -> None:
        """Let a download begin: resumed once it is known what is here, or to be found out.

        The engine then dials at once.
        """
        async with download.lock:
            if download.phase is Phase.DATA and download.handle is not None and not download.paused:
                download.handle.resume()

    async def _finish(self, download: Download) -> None:
        """Move a complete download to its place; begun again by itself when the disk was full."""
        async with download.lock:
            if download.phase not in {Phase.DATA, Phase.FINISHING}:
                return
            resume = b""
            if download.handle is not None:
                here = await asyncio.to_thread(pieces, download.handle)
                if not all(here[n : n + 1] == b"\1" for n in download.pieces_of(download.wanted)):
                    return  # before its files were chosen, or while a reader put some off
                handle = download.handle
                data = await self._engine.resume_data(handle, download.info_hash, always=True)
                resume = data or b""
                await self._take_out(download)
                download.phase = Phase.FINISHING  # from here on all of it is in the part folder
            try:
                resume = await drop_unwanted(download, resume)
                await move(download, partial(self.store, download, resume))
                await self._settle(download, resume)
            except OSError as error:
                self._failed(download, error.errno in disk.NO_ROOM, error.strerror or str(error))
            except KkiriError as error:
                self._fail(download, str(error))

    def _failed(self, download: Download, no_room: bool, text: str) -> None:
        if no_room:
            download.no_room = True
        else:
            self._fail(download, text)

    def _fail(self, download: Download, text: str) -> None:
        download.phase = Phase.FAILED
        download.error = text
        log.info("a download failed", extra={"info_hash": download.info_hash, "reason": text})

    async def _room_again(self, download: Download) -> None:
        """Go on where the disk has room again; what is there is read and checked anew.

        What the engine could not write it may hold on to for ever (decision 0021), and count as
        here: it is taken out with all it knows.
        """
        if download.phase is Phase.FINISHING:
            await self._finish(download)
            return
        async with download.lock:
            if download.phase is Phase.DATA and download.handle is not None:
                await self.store(download, b"")
                await self._readd(download, b"")

    async def _not_given_on(self, download: Download) -> None:
        """Stop giving on what the person has changed or moved since it was fetched."""
        async with download.lock:
            if download.phase is Phase.DONE and download.handle is not None:
                await self._take_out(download)
                await asyncio.to_thread(self._tickets.remove, download.info_hash)

    async def _pardon(self, download: Download) -> None:
        """Add the torrent anew, as the engine never lifts a ban; nothing received is lost."""
        async with download.lock:
            if download.phase is not Phase.DATA or download.handle is None:
                return
            data = await self._engine.resume_data(download.handle, download.info_hash, always=True)
            await self._readd(download, data or b"")

    async def _again(self, download: Download) -> None:
        async with download.lock:
            if download.phase is not Phase.FAILED or download.metainfo is None:
                return
            await self._readd(download, b"")

    async def _take_out(self, download: Download) -> None:
        """Take one out of the engine; whom it was connected to is dialled when it is back."""
        handle, download.handle = download.handle, None
        if handle is not None:
            known = download.connected | download.addresses
            download.addresses = dict(list(known.items())[:ADDRESSES_MAX])
            await self._engine.remove(handle, download.info_hash)

    async def _readd(self, download: Download, resume: bytes) -> None:
        """Take one out and add it anew, with what its resume data says that it has."""
        await self._take_out(download)
        try:
            await asyncio.to_thread(disk.prepare, download.folder, download.info_hash)
            asked = params.for_data(download, resume, self._state, self._public)
            download.handle = await self._engine.add(asked, download.info_hash)
            download.phase = Phase.DATA
        except KkiriError as error:
            self._fail(download, str(error))
