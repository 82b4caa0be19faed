"""Hubs as real processes for tests: on a free loopback port, ended by closing their input."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kkiri.adapters.links import WebsocketLinks
from kkiri.adapters.system import SystemClock
from kkiri.base.types import HubUrl, Kind, PubKey, UnixTime
from kkiri.event.filters import SearchMatcher, any_search
from kkiri.event.record import Record, Tag
from kkiri.event.verify import Signer

OWNER = Signer(bytes([77]) * 32)
SRC = str(Path(__file__).parents[2] / "src")
READY_SECONDS = 20.0


@dataclass(slots=True)
class RunningHub:
    """One hub process."""

    process: asyncio.subprocess.Process
    url: HubUrl
    key: PubKey

    def order(self, **order: object) -> None:
        """Say one line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    def writer_pid(self) -> int:
        """Find its writer process."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text("ascii").split()[0])


async def start_hub(folder: Path, *arguments: str, port: int = 0) -> RunningHub:
    """Start a hub and wait until it listens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "kkiri.app.hub_process", "--folder", str(folder)),
        *("--listen", f"127.0.0.1:{port}", "--owner", OWNER.pubkey, "--private"),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": SRC},
    )
    assert process.stdout is not None
    async with asyncio.timeout(READY_SECONDS):
        ready = json.loads(await process.stdout.readline())
    return RunningHub(process, HubUrl(ready["ready"]), PubKey(ready["key"]))


async def stop_hub(hub: RunningHub) -> int:
    """Close its input, and wait for its end."""
    assert hub.process.stdin is not None
    hub.process.stdin.close()
    async with asyncio.timeout(READY_SECONDS):
        return await hub.process.wait()


@asynccontextmanager
async def running_hub(folder: Path, *arguments: str) -> AsyncIterator[RunningHub]:
    """Run a hub for the time of a test."""
    hub = await start_hub(folder, *arguments)
    try:
        yield hub
    finally:
        if hub.process.returncode is None:
            assert await stop_hub(hub) == 0


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Look again and again until something holds."""
    for _ in range(int(seconds / 0.05)):
        if await holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never held")


def links(signer: Signer, search: SearchMatcher = any_search) -> WebsocketLinks:
    """Give the links of one person."""
    return WebsocketLinks(signer, SystemClock(), random.Random(7), search)


def now() -> UnixTime:
    """Give the wall clock's second."""
    return SystemClock().now()


def sign(
    by: Signer, kind: int, content: str = "", tags: tuple[Tag, ...] = (), back_seconds: int = 0
) -> Record:
    """Sign a record of a little while ago."""
    return by.sign(Kind(kind), tags, content, UnixTime(now() - back_seconds))
