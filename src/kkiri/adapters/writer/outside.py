"""The writer process as the hub sees it: started, fed with verified records, and started again.

Signatures are checked in a thread of the hub, so that the writer's core is left to the index.
What a writer that died had not settled is handed to the next one: storing twice is storing once.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec

from kkiri.adapters.writer.pipe import (
    FRAME_BYTES_MAX,
    FRAME_EVENTS_MAX,
    HEAD,
    Handed,
    Settled,
    pack,
)
from kkiri.base.errors import BadRecordError, LocalError
from kkiri.event.kinds import is_ephemeral
from kkiri.event.record import Event, encode
from kkiri.event.verify import Verified
from kkiri.ports.serving import Fate

RESTARTS_MAX = 20  # in a row without settling anything: the store itself is broken
REMEMBERED_RECORDS_MAX = 20_000  # about 5 MB: what several hubs bring is checked once
RESTART_SECONDS = 0.2  # a writer that dies at once must not eat a core
STOP_SECONDS_MAX = 10.0  # one transaction and a checkpoint on a slow disk

log = logging.getLogger(__name__)


class WriterError(LocalError):
    """The hub's store cannot be written. | 허브 저장소에 쓸 수 없습니다."""

    number = 40


class WriterProcess:
    """Hands events to the writer process and calls back with their fates."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._numbers = 0
        self._pending: dict[int, tuple[bytes, Callable[[Fate], None]]] = {}
        self._arrived: list[tuple[Event, Callable[[Fate], None]]] = []
        self._some = asyncio.Event()
        self._verified = Verified(REMEMBERED_RECORDS_MAX)
        self._process: asyncio.subprocess.Process | None = None
        self._settled_any = False
        self._open = asyncio.Event()
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """Give the process id while one runs."""
        return None if self._process is None else self._process.pid

    def submit(self, event: Event, done: Callable[[Fate], None]) -> None:
        """Hand an event over; what arrives while others are checked goes in one frame."""
        self._arrived.append((event, done))
        self._some.set()

    async def opened(self) -> None:
        """Wait until a writer has opened the store."""
        await self._open.wait()

    async def run(self) -> None:
        """Check, and keep a writer running, until cancelled.

        Raises: WriterError when it dies again and again.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._check_all(), name="check")
            group.create_task(self._keep(), name="keep writer")

    async def _check_all(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            arrived, self._arrived = self._arrived, []
            for start in range(0, len(arrived), FRAME_EVENTS_MAX):
                part = arrived[start : start + FRAME_EVENTS_MAX]
                events = [event for event, _ in part]
                fates = await asyncio.to_thread(_check, self._verified, events)
                self._hand_over(part, fates)

    def _hand_over(
        self, part: Sequence[tuple[Event, Callable[[Fate], None]]], fates: Sequence[Fate | None]
    ) -> None:
        """Send what is good to the writer; the rest is settled here."""
        frame: list[Handed] = []
        for (event, done), fate in zip(part, fates, strict=True):
            if fate is not None:
                done(fate)
                continue
            self._numbers += 1
            raw = encode(event)
            self._pending[self._numbers] = (raw, done)
            frame.append(Handed(self._numbers, raw))
        self._send(frame)

    async def _keep(self) -> None:
        failures = 0
        while True:
            self._settled_any = False
            await self._run_once()
            failures = 1 if self._settled_any else failures + 1
            self.restarts += 1
            log.warning("writer died", extra={"failures": failures, "pending": len(self._pending)})
            if failures >= RESTARTS_MAX:
                raise WriterError
            await asyncio.sleep(RESTART_SECONDS * failures)

    async def _run_once(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=FRAME_BYTES_MAX,
        )
        self._process = process
        self._send([Handed(number, raw) for number, (raw, _) in self._pending.items()])
        try:
            await self._read(process)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._process = None
            await _stop(process)

    def _send(self, handed: list[Handed]) -> None:
        """Write to the pipe; without a process the next one gets all that is pending."""
        if self._process is None or self._process.stdin is None:
            return
        for start in range(0, len(handed), FRAME_EVENTS_MAX):
            self._process.stdin.write(pack(handed[start : start + FRAME_EVENTS_MAX]))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        stream = process.stdout
        if stream is None:
            raise WriterError("no pipe")
        while True:
            size = HEAD.unpack(await stream.readexactly(HEAD.size))[0]
            settled = msgspec.msgpack.decode(await stream.readexactly(size), type=list[Settled])
            self._open.set()
            self._settled_any = self._settled_any or bool(settled)
            for one in settled:
                known = self._pending.pop(one.number, None)
                if known is not None:
                    known[1](one.fate)


def _check(verified: Verified, events: Sequence[Event]) -> list[Fate | None]:
    """Give each event's fate as far as it is known without the store."""
    fates: list[Fate | None] = []
    for event in events:
        try:
            verified.record(event)
        except BadRecordError:
            fates.append(Fate.FORGED)
        else:
            fates.append(Fate.PASSED if is_ephemeral(event.kind) else None)
    return fates


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Close its pipe and wait for it: it settles what it has and leaves."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(STOP_SECONDS_MAX):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
