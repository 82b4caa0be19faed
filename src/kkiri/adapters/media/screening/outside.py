"""Screening workers from outside: one for each film that is shown, ended with its asker.

A worker is never believed: what it sends is bounded, and one that stays silent is killed. One
spare worker waits with its libraries loaded, so that a seek does not wait for them; it has seen
no film, as a worker that has shown one ends with it.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace

import msgspec

from kkiri.adapters.media.limits import Fence
from kkiri.adapters.media.outside import environment
from kkiri.adapters.media.screening.pipe import (
    ASKED,
    FRAME_BYTES_MAX,
    HEAD,
    LENGTH,
    NAME_CHARS_MAX,
    READ_BYTES_MAX,
    STILL_BYTES_MAX,
    TEXT_BYTES_MAX,
    Captioning,
    Frame,
    Hello,
    Job,
    Probed,
    Probing,
    Remuxing,
    Stilling,
    Texting,
    Tongues,
    What,
)
from kkiri.base.errors import NotReachableError
from kkiri.base.types import Seconds
from kkiri.event.fields import clean
from kkiri.event.listing import Sort
from kkiri.play.sami import CLASSES_MAX
from kkiri.ports.arriving import ArrivingFile
from kkiri.ports.screening import Film, NotPlayableError, Remux, ScreensBusyError

FILMS_MAX = 4  # shown at once: each may take a core, and a household has no more screens
LOOKS_MAX = 3  # probes, subtitles and covers at once; a page of results asks for fifty
FILM_WAIT_SECONDS = 4.0  # for a place: a seek gives the old one up before it takes a new one
LOOK_WAIT_SECONDS = 60.0  # for a place: fifty covers at 0.5 s each on three
SILENT_SECONDS_MAX = 25.0  # the worker's own limit is 10 s of processor; a busy machine besides
READ_SECONDS_MAX = 120.0  # bytes that nobody sends within that are not coming
SPARE_SECONDS_MAX = 100.0  # before it ends by itself: one that just ended would take no job
START_SECONDS_MAX = 20.0  # importing FFmpeg on a slow disk
LANGUAGES_BYTES_MAX = 1024  # sixteen codes of three letters
PROBED_BYTES_MAX = 512 * 1024  # 500 chapters and 96 tracks with long names
MODULE = "kkiri.adapters.media.screening.inside"

log = logging.getLogger(__name__)


class ScreeningRoom:
    """Starts workers, feeds them, and takes what they make of films."""

    def __init__(self, *, module: str = MODULE) -> None:
        self._module = module
        self._films = asyncio.Semaphore(FILMS_MAX)
        self._looks = asyncio.Semaphore(LOOKS_MAX)
        self._spare: asyncio.subprocess.Process | None = None
        self._spare_until = 0.0
        self._preparing = False
        self._running: set[asyncio.subprocess.Process] = set()
        self._closed = False
        self.enforced: frozenset[Fence] = frozenset()
        """What the last worker said this system enforces."""

    @property
    def running(self) -> int:
        """Give the number of workers that show something now."""
        return len(self._running)

    async def close(self) -> None:
        """End every worker."""
        self._closed = True
        spare, self._spare = self._spare, None
        for process in [*self._running, *([spare] if spare else [])]:
            await _ended(process)

    async def prepare(self) -> None:
        """Start the spare worker when there is none; it warms up by itself."""
        if self._spare is not None or self._preparing or self._closed:
            return
        self._preparing = True
        try:
            process = await self._started()
        except OSError:
            return  # whoever needs one hears it
        finally:
            self._preparing = False
        if self._closed:
            await _ended(process)
            return
        self._spare_until = asyncio.get_running_loop().time() + SPARE_SECONDS_MAX
        self._spare = process

    async def probe(self, file: ArrivingFile) -> Film:
        """Say what the file holds."""
        body = await self._whole(file, Probing(), PROBED_BYTES_MAX)
        try:
            film = msgspec.json.decode(body, type=Probed).film
        except msgspec.MsgspecError as error:
            raise NotPlayableError from error
        return _checked(film)

    async def remux(self, file: ArrivingFile, wanted: Remux) -> AsyncGenerator[bytes]:
        """Give fragmented MP4 with the film's own times."""
        what = Remuxing(start=wanted.start, sound=wanted.sound, plain=wanted.plain)
        async with _place(self._films, FILM_WAIT_SECONDS), aclosing(self._run(file, what)) as parts:
            async for part in parts:
                yield part

    async def captions(
        self, file: ArrivingFile, number: int, start: Seconds, end: Seconds
    ) -> AsyncGenerator[bytes]:
        """Give a subtitle track's cues between two times as WebVTT, as they are found."""
        what = Captioning(number=number, start=start, end=end)
        async with _place(self._looks, LOOK_WAIT_SECONDS), aclosing(self._run(file, what)) as parts:
            size = 0
            async for part in parts:
                size += len(part)
                if size > TEXT_BYTES_MAX:
                    raise NotPlayableError
                yield part

    async def text(self, file: ArrivingFile, language: str) -> bytes:
        """Give a subtitle file as WebVTT, in one language where it holds several."""
        return await self._whole(file, Texting(language=language), 2 * TEXT_BYTES_MAX)

    async def languages(self, file: ArrivingFile) -> tuple[str, ...]:
        """Give the languages that a SAMI file holds, as in BCP 47; none when it does not say."""
        body = await self._whole(file, Tongues(), LANGUAGES_BYTES_MAX)
        try:
            found = msgspec.json.decode(body, type=list[str])
        except msgspec.MsgspecError as error:
            raise NotPlayableError from error
        return tuple(clean(one, 8) for one in found[:CLASSES_MAX])

    async def still(
        self, file: ArrivingFile, sort: Sort, bytes_max: int = STILL_BYTES_MAX
    ) -> bytes:
        """Give a small JPEG: a song's cover, a frame of a film, a picture made small."""
        body = await self._whole(file, Stilling(sort=sort, bytes_max=bytes_max), bytes_max)
        if not (body.startswith(b"\xff\xd8\xff") and body.endswith(b"\xff\xd9")):
            raise NotPlayableError
        return body

    async def _whole(self, file: ArrivingFile, what: What, bytes_max: int) -> bytes:
        body = bytearray()
        async with _place(self._looks, LOOK_WAIT_SECONDS), aclosing(self._run(file, what)) as parts:
            async for part in parts:
                body += part
                if len(body) > bytes_max:
                    raise NotPlayableError
        return bytes(body)

    async def _run(self, file: ArrivingFile, what: What) -> AsyncGenerator[bytes]:
        """Give one worker its job and what it reads; pass on what it makes."""
        process = await self._taken()
        try:
            job = Job(name=file.name[-NAME_CHARS_MAX:], size=file.size, what=what)
            await _write(process, msgspec.json.encode(job) + b"\n")
            await self.prepare()
            while True:
                kind, body = await _frame(process)
                match kind:
                    case Frame.READ:
                        await _answer(process, file, body)
                    case Frame.DATA:
                        yield body
                    case Frame.END:
                        return
                    case Frame.HELLO | Frame.REFUSED:
                        raise NotPlayableError
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            log.info("a film could not be read", extra={"reason": type(error).__name__})
            raise NotPlayableError from error
        finally:
            self._running.discard(process)
            await _ended(process)

    async def _waiting(self) -> asyncio.subprocess.Process | None:
        """Give the spare worker if it still waits."""
        spare, self._spare = self._spare, None
        if spare is None:
            return None
        late = asyncio.get_running_loop().time() > self._spare_until
        if spare.returncode is None and not late:
            return spare
        await _ended(spare)
        return None

    async def _taken(self) -> asyncio.subprocess.Process:
        """Give a worker that waits for its job. Raises: NotPlayableError when none starts."""
        for _ in range(2):
            process = await self._waiting() or await self._started()
            self._running.add(process)
            try:
                async with asyncio.timeout(START_SECONDS_MAX):
                    kind, body = await _frame(process)
                hello = msgspec.json.decode(body, type=Hello)
            except (OSError, EOFError, ValueError, TimeoutError, msgspec.MsgspecError):
                kind, hello = Frame.REFUSED, Hello(enforced=[])
            except asyncio.CancelledError:
                self._running.discard(process)
                await _ended(process)
                raise
            if kind is Frame.HELLO:
                if not self.enforced:
                    told = [one.value for one in hello.enforced]
                    log.info("screening worker", extra={"enforced": told})
                self.enforced = frozenset(hello.enforced)
                return process
            self._running.discard(process)
            await _ended(process)
        raise NotPlayableError

    async def _started(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            self._module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=FRAME_BYTES_MAX,
            # more arenas than one would use up the memory limit with room for threads alone
            env=environment() | {"MALLOC_ARENA_MAX": "1"},
        )


@asynccontextmanager
async def _place(places: asyncio.Semaphore, wait_seconds: float) -> AsyncIterator[None]:
    """Hold one of a few places. Raises: ScreensBusyError."""
    try:
        async with asyncio.timeout(wait_seconds):
            await places.acquire()
    except TimeoutError:
        raise ScreensBusyError from None
    try:
        yield
    finally:
        places.release()


async def _ended(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    if process.stdin is not None:
        process.stdin.close()
    # a full pipe is not read on, and until its end is read `wait` does not see that all is over
    while process.stdout is not None and await process.stdout.read(FRAME_BYTES_MAX):
        pass
    await process.wait()


async def _write(process: asyncio.subprocess.Process, body: bytes) -> None:
    if process.stdin is None:
        raise EOFError
    async with asyncio.timeout(SILENT_SECONDS_MAX):
        process.stdin.write(body)
        await process.stdin.drain()


async def _frame(process: asyncio.subprocess.Process) -> tuple[Frame, bytes]:
    """Take one frame. Raises: EOFError, ValueError, TimeoutError when the worker is silent."""
    if process.stdout is None:
        raise EOFError
    async with asyncio.timeout(SILENT_SECONDS_MAX):
        kind, length = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
        if length > FRAME_BYTES_MAX:
            raise ValueError("too long a frame")
        return Frame(kind), await process.stdout.readexactly(length)


async def _answer(process: asyncio.subprocess.Process, file: ArrivingFile, asked: bytes) -> None:
    """Give the worker bytes of its film, and of nothing else."""
    if len(asked) != ASKED.size:
        raise ValueError("not a question")
    offset, size = ASKED.unpack(asked)
    if offset > file.size or size > READ_BYTES_MAX:
        raise ValueError("outside of the film")
    try:
        async with asyncio.timeout(READ_SECONDS_MAX):
            body = await file.read(offset, size)
    except TimeoutError:
        raise NotReachableError from None
    await _write(process, LENGTH.pack(len(body)) + body)


def _checked(film: Film) -> Film:
    """Bound what the worker says, as a film may have taken it over."""
    return replace(
        film,
        duration=film.duration if 0 < film.duration < 10**7 else 0.0,
        type=_type(film.type),
        plain_type=_type(film.plain_type),
        picture=film.picture and replace(film.picture, codec=clean(film.picture.codec, 40)),
        sounds=tuple(
            replace(
                one,
                codec=clean(one.codec, 40),
                language=clean(one.language, 8),
                title=clean(one.title, 200),
                type=_type(one.type),
            )
            for one in film.sounds[:32]
        ),
        captions=tuple(
            replace(one, language=clean(one.language, 8), title=clean(one.title, 200))
            for one in film.captions[:64]
        ),
        chapters=tuple(replace(one, title=clean(one.title, 200)) for one in film.chapters[:500]),
    )


def _type(text: str) -> str:
    return clean(text, 120) if text.startswith(("video/mp4", "audio/mp4")) else ""
