"""The hub process as the peer sees it: started first, restarted when it dies, told what to sync.

JSON lines: the hub says `{"ready": URL, "key": HEX}` once it listens; it ends when its input does.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kkiri.app.config import Config, Endpoint
from kkiri.app.home import Home, remember_port, remembered_port
from kkiri.base.errors import DidNotStartError
from kkiri.base.types import HubUrl, PubKey
from kkiri.flows.world import Network

READY_SECONDS_MAX = 30.0  # opening 2 GB of records after a crash replays the WAL first
END_SECONDS_MAX = 1.5  # the whole stop has 3 s; a hub has nothing to save but its WAL
RESTART_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # at once first: search goes on; then patient
GOOD_SECONDS = 60.0  # a hub that lived this long starts at the front of the row again
LINE_BYTES_MAX = 64 * 1024  # what a hub says is one short object a line

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubReady:
    """A hub process that listens."""

    url: HubUrl
    key: PubKey


class HubProcess:
    """Keeps one hub process alive; `start` once, then `keep` for ever, then `close`."""

    def __init__(self, config: Config, home: Home, owner: PubKey) -> None:
        self._config = config
        self._home = home
        self._owner = owner
        self._process: asyncio.subprocess.Process | None = None
        self._sync: tuple[HubUrl, ...] = ()
        self._address: HubUrl | None = None
        self._ready: HubReady | None = None
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """Give the process that runs now."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> HubReady:
        """Start the process and wait until it listens.

        Raises: DidNotStartError.
        """
        wanted = self._config.listen
        if wanted.port == 0:
            kept = Endpoint(host=wanted.host, port=remembered_port(self._home, "hub"))
            if kept.port:
                try:
                    return await self._start_at(kept)
                except DidNotStartError:
                    log.info("the hub's last port is taken", extra={"port": kept.port})
        return await self._start_at(wanted)

    async def keep(self) -> None:
        """Restart the process whenever it ends; on the same address, so that links come back."""
        clock = asyncio.get_running_loop()
        tries = 0
        while True:
            process, begin = self._process, clock.time()
            if process is not None:
                await self._drain(process)
                log.warning("the hub process ended", extra={"code": await process.wait()})
            if clock.time() - begin > GOOD_SECONDS:
                tries = 0
            await asyncio.sleep(RESTART_SECONDS[min(tries, len(RESTART_SECONDS) - 1)])
            tries += 1
            self.restarts += 1
            try:
                await self.start()
            except DidNotStartError as error:
                self._process = None
                log.warning("the hub process did not start", extra={"why": error.detail})

    def sync(self, urls: Sequence[HubUrl]) -> None:
        """Tell the hub which other hubs to keep equal with; told again after a restart."""
        self._sync = tuple(urls)
        self._tell()

    def reached(self, url: HubUrl | None) -> None:
        """Tell the hub where strangers dial it, None for nowhere; told again after a restart."""
        self._address = url
        self._say({"address": url or ""})

    async def close(self) -> None:
        """End the process: its input closes, and it is killed when that does not help."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(END_SECONDS_MAX):
                await self._drain(process)
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _start_at(self, listen: Endpoint) -> HubReady:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "kkiri.app.hub_process",
            *self._arguments(listen),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES_MAX,
            env=os.environ,
            start_new_session=True,  # Ctrl-C goes to the peer, which ends its hub in order
        )
        try:
            async with asyncio.timeout(READY_SECONDS_MAX):
                ready = await self._read_ready(process)
        except TimeoutError:
            ready = None
        if ready is None:
            if process.returncode is None:
                process.kill()
            raise DidNotStartError(f"hub: exit {await process.wait()}, {listen}")
        self._process = process
        self._ready = ready
        self._tell()
        if self._address is not None:
            self.reached(self._address)
        port = ready.url.rsplit(":", 1)[-1].rstrip("/")
        if port.isdigit():
            remember_port(self._home, "hub", int(port))
        return ready

    def _arguments(self, listen: Endpoint) -> list[str]:
        config = self._config
        arguments = ["--folder", str(self._home.hub), "--listen", str(listen)]
        arguments += ["--owner", self._owner, "--bytes", str(config.hub_bytes)]
        if config.network is Network.PRIVATE:
            arguments.append("--private")
        if config.advertise:
            arguments += ["--advertise", config.advertise]
        if not config.hub_limits:
            arguments.append("--no-limits")
        return arguments

    def _tell(self) -> None:
        self._say({"sync": self._sync})

    def _say(self, order: Mapping[str, object]) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return
        process.stdin.write(json.dumps(order).encode() + b"\n")

    @staticmethod
    async def _read_ready(process: asyncio.subprocess.Process) -> HubReady | None:
        if process.stdout is None:
            return None
        while line := await process.stdout.readline():
            said = _object(line)
            url, key = said.get("ready"), said.get("key")
            if isinstance(url, str) and isinstance(key, str):
                return HubReady(url=HubUrl(url), key=PubKey(key))
        return None

    @staticmethod
    async def _drain(process: asyncio.subprocess.Process) -> None:
        """Read what the hub says until it ends."""
        if process.stdout is None:
            return
        while line := await process.stdout.readline():
            said = _object(line)
            if "warning" in said:
                log.warning("the hub says", extra={"said": str(said["warning"])[:300]})


def _object(line: bytes) -> dict[str, object]:
    try:
        plain: object = json.loads(line)
    except ValueError:
        return {}
    return {str(name): value for name, value in plain.items()} if isinstance(plain, dict) else {}
