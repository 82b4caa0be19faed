"""One kkiri run as a person runs it, whose processes can be found and killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 60  # five times what a start takes while others load both cores
VERB_SECONDS_MAX = 90

Json = dict[str, object]


class VerbFailedError(Exception):
    """A verb ended with another code than 0, so it acknowledged nothing."""


@dataclass(slots=True, kw_only=True)
class Peer:
    """A home folder, and the processes that run for it."""

    home: Path
    bootstrap: str = ""
    listen: str = "127.0.0.1:0"
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)
    """Seconds from start to ready, one a start."""

    def start(self) -> None:
        """Start `kkiri up` and wait until it answers."""
        began = time.monotonic()
        self.home.mkdir(parents=True, exist_ok=True)
        verb = ["up", "--network", "private", "--listen", self.listen]
        if self.bootstrap:
            verb += ["--bootstrap", self.bootstrap]
        with (self.home.parent / f"{self.home.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self._argv(verb),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                start_new_session=True,
            )
        ready = self.home / "run" / "peer.json"
        while True:
            with contextlib.suppress(OSError, ValueError, KeyError):
                if json.loads(ready.read_bytes())["pid"] == self.process.pid:
                    break
            assert self.process.poll() is None, self.log()
            assert time.monotonic() - began < READY_SECONDS_MAX, self.log()
            time.sleep(0.02)
        self.starts.append(time.monotonic() - began)
        self.listen = str(self.one("status", "--json")["hub"]).removeprefix("ws://").rstrip("/")

    def log(self) -> str:
        """Give the end of what the peer wrote."""
        text = (self.home.parent / f"{self.home.name}.log").read_text("utf-8", errors="replace")
        return text[-4000:]

    def pids(self) -> dict[str, int]:
        """Find the living processes: peer, hub, writer."""
        assert self.process is not None
        found = {"peer": self.process.pid}
        for pid, parent, command in _processes():
            if "hub_process" in command and parent == found["peer"]:
                found["hub"] = pid
        for pid, parent, command in _processes():
            if "writer_process" in command and parent == found.get("hub"):
                found["writer"] = pid
        return found

    def kill(self, what: str) -> bool:
        """Kill one process with -9; False when it is not there."""
        pid = self.pids().get(what)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if what == "peer" and self.process is not None:
            self.process.wait()
        return True

    def alive(self) -> bool:
        """Say whether the peer process runs."""
        return self.process is not None and self.process.poll() is None

    def wait_whole(self) -> None:
        """Wait until peer, hub and writer are all there and the own hub is linked."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        while True:
            with contextlib.suppress(VerbFailedError):
                hubs = self.one("status", "--json")["hubs"]
                assert isinstance(hubs, list)
                if any(hub["own"] for hub in hubs) and len(self.pids()) == 3:
                    return
            assert self.alive(), self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it and whatever of it is left."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def many(self, *verb: str) -> list[Json]:
        """Run a verb and read its lines of JSON. Raises: VerbFailedError."""
        return [json.loads(line) for line in self.say(*verb)]

    def say(self, *verb: str) -> list[bytes]:
        """Run a verb and give its lines. Raises: VerbFailedError."""
        done = subprocess.run(
            self._argv(list(verb)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(),
            timeout=VERB_SECONDS_MAX,
            check=False,
        )
        if done.returncode:
            raise VerbFailedError(f"{verb}: {done.stderr.decode(errors='replace')[-500:]}")
        return done.stdout.splitlines()

    def one(self, *verb: str) -> Json:
        """Run a verb that says one thing. Raises: VerbFailedError."""
        lines = self.many(*verb)
        if len(lines) != 1:
            raise VerbFailedError(f"{verb}: {lines}")
        return lines[0]

    def _argv(self, verb: list[str]) -> list[str]:
        return [sys.executable, "-P", "-m", "kkiri", "--home", str(self.home), *verb]


def environment() -> dict[str, str]:
    """Give the environment of a peer under test: English, our sources, no settings of ours."""
    plain = {name: text for name, text in os.environ.items() if not name.startswith("KKIRI_")}
    return plain | {"KKIRI_LANG": "en", "PYTHONPATH": str(REPO / "src"), "PYTHONSAFEPATH": "1"}


def _processes() -> list[tuple[int, int, str]]:
    done = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in done.stdout.splitlines()]
    return [(int(row[0]), int(row[1]), row[2]) for row in rows if len(row) == 3]
