"""The media worker from outside: started when needed, killed when it hangs, never believed blindly.

A file that ends the worker or keeps it longer than FILE_SECONDS_MAX gives empty facts.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

import kkiri
from kkiri.adapters.media.limits import Fence
from kkiri.adapters.media.lines import FILE_CPU_SECONDS_MAX, LINE_BYTES_MAX, Asked, Hello, Told
from kkiri.event.fields import WHOLE_MAX, clean
from kkiri.event.listing import MediaFacts

START_SECONDS_MAX = 20.0  # importing FFmpeg on a slow disk
FILE_SECONDS_MAX = FILE_CPU_SECONDS_MAX + 3.0  # a slow disk besides
TEXT_CHARS_MAX = 200  # of one fact
STARTS_MAX = 3  # in a row that failed: then this system cannot run it

log = logging.getLogger(__name__)


class MediaWorker:
    """One worker process at a time, for the folder that is asked about."""

    def __init__(self, *, module: str = "kkiri.adapters.media.worker") -> None:
        self._module = module
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None
        self._failed = 0
        self._asked = 0
        self.enforced: frozenset[Fence] = frozenset()
        """What the last worker said this system enforces."""

    async def facts(self, paths: Sequence[Path]) -> list[MediaFacts]:
        """Give what each file says of itself; empty facts for what cannot be read."""
        if not paths:
            return []
        async with self._lock:
            folder = Path(os.path.commonpath([path.parent for path in paths]))
            return [await self._one(path, folder) for path in paths]

    async def close(self) -> None:
        """End the worker."""
        async with self._lock:
            await self._end()

    async def _one(self, path: Path, folder: Path) -> MediaFacts:
        if self._failed >= STARTS_MAX:
            return MediaFacts()
        try:
            process = await self._running(folder)
            async with asyncio.timeout(FILE_SECONDS_MAX):
                self._asked += 1
                facts = await _ask(process, self._asked, path)
        except (OSError, EOFError, ValueError, TimeoutError, msgspec.MsgspecError) as error:
            log.info("a media file could not be read", extra={"reason": type(error).__name__})
            await self._end()
            return MediaFacts()
        except asyncio.CancelledError:
            await self._end()  # its answer would be taken for the next file's
            raise
        return _checked(facts)

    async def _running(self, folder: Path) -> asyncio.subprocess.Process:
        process = self._process
        allowed = self._folder is not None and folder.is_relative_to(self._folder)
        if process is not None and process.returncode is None and allowed:
            return process
        await self._end()
        self._failed += 1
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            self._module,
            os.fsencode(folder).hex(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LINE_BYTES_MAX,
            env=environment(),
        )
        self._process, self._folder = process, folder
        async with asyncio.timeout(START_SECONDS_MAX):
            hello = msgspec.json.decode(await _line(process), type=Hello)
        self._failed = 0
        if not self.enforced:
            log.info("media worker", extra={"enforced": [one.value for one in hello.enforced]})
        self.enforced = frozenset(hello.enforced)
        return process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def environment() -> dict[str, str]:
    """Give the worker what Python needs and nothing of what ours may hold."""
    needed = {"PATH", "SYSTEMROOT", "LANG", "LC_ALL", "HOME"}
    own = str(Path(kkiri.__file__).parents[1])
    return {name: value for name, value in os.environ.items() if name in needed} | {
        "PYTHONPATH": own,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


async def _ask(process: asyncio.subprocess.Process, number: int, path: Path) -> MediaFacts:
    if process.stdin is None:
        raise EOFError
    asked = Asked(number=number, path=os.fsencode(path).hex())
    process.stdin.write(msgspec.json.encode(asked) + b"\n")
    await process.stdin.drain()
    told = msgspec.json.decode(await _line(process), type=Told)
    if told.number != number:
        raise ValueError("an answer to another question")
    return told.facts


async def _line(process: asyncio.subprocess.Process) -> bytes:
    """Read one line. Raises: EOFError when it has ended, ValueError when it is too long."""
    if process.stdout is None:
        raise EOFError
    line = await process.stdout.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return line


def _checked(facts: MediaFacts) -> MediaFacts:
    """Bound what the worker says, as a file may have taken it over."""
    return replace(
        facts,
        title=_text(facts.title),
        artist=_text(facts.artist),
        album=_text(facts.album),
        codec=_text(facts.codec),
        language=_text(facts.language),
        duration_seconds=_whole(facts.duration_seconds),
        bitrate=_whole(facts.bitrate),
        width=_whole(facts.width),
        height=_whole(facts.height),
    )


def _text(value: str | None) -> str | None:
    return clean(value or "", TEXT_CHARS_MAX) or None


def _whole(value: int | None) -> int | None:
    return value if value is not None and 0 < value <= WHOLE_MAX else None
