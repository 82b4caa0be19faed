"""The demo's people: each a kkiri of its own, a home of its own, spoken to through the verbs."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from kkiri.base.errors import RefusedError

START_SECONDS_MAX = 60.0  # ready is 1-2 s alone; five at once on two slow cores take ten times that
VERB_SECONDS_MAX = 120.0  # the longest verb shares a folder of the person's own
STOP_SECONDS_MAX = 15.0  # a clean stop takes under 3 s, five at once on slow cores more
LOOK_SECONDS = 0.1  # between two looks at a peer that starts or stops
UPLOAD_RATE = (
    "40M"  # bytes a second, a good home line: the film lasts until both sources are dialled
)

T = TypeVar("T")


class DemoFailedError(RefusedError):
    """The demo did not go as it should. | 데모가 뜻대로 되지 않았습니다."""

    number = 65


class Status(msgspec.Struct):
    """What `kkiri status --json` says, as far as the demo reads it."""

    npub: str
    hub: str
    hubs: list[dict[str, object]]
    page: str


class Shared(msgspec.Struct):
    """What `kkiri share --json` says."""

    listings: int
    bytes: int


class Find(msgspec.Struct):
    """A line of `kkiri find --json`."""

    link: str
    title: str
    size: int
    info_hash: str
    sources: int
    author_name: str
    kind: str


class Fetched(msgspec.Struct):
    """What `kkiri get --json` says."""

    path: str
    bytes: int
    seconds: float
    info_hash: str


class Transfer(msgspec.Struct):
    """A line of `kkiri transfers --json`."""

    info_hash: str
    sources: list[str]


class Message(msgspec.Struct):
    """What somebody wrote."""

    text: str


class Talk(msgspec.Struct):
    """A line of `kkiri talks --json`."""

    last: Message | None


class Seen(msgspec.Struct):
    """What `kkiri person --json` says."""

    name: str
    library: list[Find]


@dataclass(slots=True, kw_only=True)
class Person:
    """One person of the demo, and the process that is their kkiri."""

    name: str
    home: Path
    folder: Path
    """What they share."""
    npub: str = ""
    hub: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)


class Company:
    """Everybody's processes; `end` leaves none behind."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder = folder
        self.people: list[Person] = []
        plain = {key: text for key, text in os.environ.items() if not key.startswith("KKIRI_")}
        self._environment = plain | {"KKIRI_LANG": language}
        self._listening: list[subprocess.Popen[bytes]] = []

    def add(self, name: str) -> Person:
        """Bring a person in, whose kkiri does not run yet."""
        place = self.folder / f"person-{len(self.people) + 1}"
        person = Person(name=name, home=place / "home", folder=place / "shared")
        person.folder.mkdir(parents=True)
        self.people.append(person)
        return person

    def start(self, person: Person, bootstrap: str = "") -> None:
        """Start a person's kkiri in a private network and wait until it is ready.

        Raises: DemoFailedError.
        """
        verb = ["up", "--network", "private", "--listen", "127.0.0.1:0"]
        verb += ["--upload-rate", UPLOAD_RATE]
        if bootstrap:
            verb += ["--bootstrap", bootstrap]
        ready = person.home / "run" / "peer.json"
        ready.unlink(missing_ok=True)  # of one that was killed
        log = self.folder / f"{person.home.parent.name}.log"
        with log.open("ab") as file:
            person.process = subprocess.Popen(  # noqa: S603 - a list, no shell
                self._argv(person, verb),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=self._environment,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not ready.exists():
            if person.process.poll() is not None or time.monotonic() > deadline:
                raise DemoFailedError(log.read_text("utf-8", errors="replace")[-2000:])
            time.sleep(LOOK_SECONDS)
        status = self.ask(person, Status, "status", "--json")
        person.npub, person.hub = status.npub, status.hub

    def ask(self, person: Person, answer: type[T], *verb: str) -> T:
        """Run a verb that says one thing. Raises: DemoFailedError."""
        lines = self.lines(person, answer, *verb)
        if len(lines) != 1:
            raise DemoFailedError(f"kkiri {' '.join(verb)}: {len(lines)}")
        return lines[0]

    def lines(self, person: Person, answer: type[T], *verb: str) -> list[T]:
        """Run a verb and read its lines. Raises: DemoFailedError."""
        try:
            return [msgspec.json.decode(line, type=answer) for line in self.run(person, *verb)]
        except msgspec.MsgspecError as error:
            raise DemoFailedError(f"kkiri {' '.join(verb)}: {error}") from error

    def run(self, person: Person, *verb: str) -> list[bytes]:
        """Run a verb and give what it printed, line by line. Raises: DemoFailedError."""
        try:
            done = subprocess.run(  # noqa: S603 - a list, no shell
                self._argv(person, verb),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=self._environment,
                timeout=VERB_SECONDS_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DemoFailedError(f"kkiri {' '.join(verb)}") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", errors="replace").strip()[-500:]
            raise DemoFailedError(f"kkiri {' '.join(verb)}: {said}")
        return done.stdout.splitlines()

    def listen(self, person: Person, *verb: str) -> Path:
        """Start a verb that goes on, and give the file that its lines are written to."""
        out = self.folder / f"listening-{len(self._listening)}.jsonl"
        with out.open("wb") as file:
            process = subprocess.Popen(  # noqa: S603 - a list, no shell
                self._argv(person, verb),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,
            )
        self._listening.append(process)
        return out

    def kill(self, person: Person) -> None:
        """Pull the plug of one person's computer; their hub goes with their peer."""
        if person.process is not None:
            _signal(person.process, signal.SIGKILL)
            person.process.wait()
            person.process = None

    def end(self) -> None:
        """Stop everybody, and wait until no process is left."""
        processes = [person.process for person in self.people if person.process is not None]
        for process in [*self._listening, *processes]:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS_MAX
        for process in [*self._listening, *processes]:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            _signal(process, signal.SIGKILL)
            process.wait()
        while (left := _naming(self.folder)) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)  # a hub is a session of its own and ends after its peer
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _argv(self, person: Person, verb: list[str] | tuple[str, ...]) -> list[str]:
        return [sys.executable, "-P", "-m", "kkiri", "--home", str(person.home), *verb]


def _naming(folder: Path) -> list[int]:
    """Find the processes whose command line names a folder that only the demo has."""
    done = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,args="],  # noqa: S607 - ps is where POSIX has it
        capture_output=True,
        check=True,
    )
    lines = done.stdout.decode("utf-8", errors="replace").splitlines()
    return [int(line.split()[0]) for line in lines if str(folder) in line]


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Reach the process and all that it started; its group is named after it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
