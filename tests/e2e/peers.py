"""Whole peers on loopback, run and spoken to as a person does: by the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

SOURCE = Path(__file__).parents[2] / "src"
READY_SECONDS_MAX = 60.0  # five starting peers on two busy cores
VERB_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 15.0
LOOK_SECONDS = 0.1
T = TypeVar("T")


class Said:
    """What one verb did."""

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Give the JSON objects it printed; the verb must have succeeded."""
        assert self.code == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def one(self) -> dict[str, Any]:
        """Give the one JSON object it printed."""
        (only,) = self.lines
        return only


class Person:
    """One person's kkiri."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("KKIRI_")},
            "HOME": str(folder),
            "PYTHONPATH": str(SOURCE),
            "PYTHONUNBUFFERED": "1",
            "KKIRI_LANG": "en",
        }
        self.up_process: subprocess.Popen[str] | None = None

    def argv(self, *words: str) -> list[str]:
        """Give the command of a verb."""
        return [sys.executable, "-P", "-m", "kkiri", "--home", str(self.home), *words]

    def do(self, *words: str) -> Said:
        """Run a verb to its end."""
        return Said(
            subprocess.run(
                self.argv(*words),
                capture_output=True,
                text=True,
                check=False,
                env=self.environment,
                timeout=VERB_SECONDS_MAX,
            )
        )

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        """Start a verb that goes on; its output to a file, so that no pipe fills."""
        with (self.folder / f"{words[0]}.log").open("a") as log:
            return subprocess.Popen(
                self.argv(*words), stdout=log, stderr=log, text=True, env=self.environment
            )

    def up(self, *words: str) -> dict[str, Any]:
        """Start the peer in a private network and give its status once it is ready."""
        told = self.home / "run" / "peer.json"
        before = _written(told)  # by one that was killed, or whose place this one takes
        process = self.begin("up", "--network", "private", *words)
        self.up_process = process
        # a verb that comes before `up` holds the home would start a peer without these words
        until(
            lambda: _written(told) not in {before, None} or process.poll() is not None,
            READY_SECONDS_MAX,
        )
        return self.ready()

    def ready(self) -> dict[str, Any]:
        """Wait until the peer says that it is ready."""

        def look() -> dict[str, Any] | None:
            said = self.do("status", "--json")
            return said.one if said.code == 0 and said.one["ready"] else None

        return until(look, READY_SECONDS_MAX)

    @property
    def log(self) -> str:
        """Give what the peer wrote."""
        return (self.folder / "up.log").read_text()

    def kill(self) -> None:
        """End the peer as a power cut would."""
        assert self.up_process is not None
        self.up_process.send_signal(signal.SIGKILL)
        self.up_process.wait(STOP_SECONDS_MAX)
        self.up_process = None

    def stop(self) -> None:
        """Stop the peer with SIGTERM."""
        if self.up_process is None:
            self.do("down")
            return
        self.up_process.send_signal(signal.SIGTERM)
        try:
            self.up_process.wait(STOP_SECONDS_MAX)
        finally:
            self.up_process.kill()
        self.up_process = None


def _written(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def until(look: Callable[[], T | None], seconds_max: float) -> T:
    """Look until something is there. Raises: TimeoutError."""
    end = time.monotonic() + seconds_max
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(LOOK_SECONDS)
    raise TimeoutError


@contextmanager
def people(folder: Path, *names: str) -> Iterator[list[Person]]:
    """Give people with an empty home each; whatever still runs is stopped at the end."""
    made = []
    for name in names:
        (folder / name).mkdir()
        made.append(Person(folder / name))
    try:
        yield made
    finally:
        for person in made:
            person.stop()
