"""Download of 1 GiB over loopback: ours beside three other programs and the limit, in one run.

usage: PYTHONPATH=src python -m bench.download [--mib 1024] [--rounds 2] [--folder /dev/shm]

Every download is a process of its own, timed from its start until the file is complete and
checked. All fetch from the same seeder process, ours, whose pieces were checked once before (the
first, cold download is printed too). The limit is sendfile to a process that writes a file.
Ratios are what counts; times depend on who else uses the machine.
"""

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.other_clients import Task, aria2, free_port, qbittorrent, transmission
from tests.e2e.peers import Person, people

from kkiri.adapters.torrents import LibtorrentSession, SessionSettings, open_session
from kkiri.event.listing import PeerAddress
from kkiri.ports.torrents import FetchSpec, SeedSpec
from kkiri.swarm.metainfo import build, info_hash_of, piece_bytes_for

NAME = "film.bin"
CHUNK = 16 * 1024 * 1024
SECONDS_MAX = 120.0
GOAL_OTHERS = 1.5
GOAL_LIMIT = 0.4
MARK = "complete"
# alone, so that the limit does not pay for our imports
RECEIVE = """
import socket, sys
buffer = bytearray(1 << 20)
link, out = socket.create_connection(("127.0.0.1", int(sys.argv[2]))), open(sys.argv[1], "wb")
with link, out:
    while count := link.recv_into(buffer):
        out.write(memoryview(buffer)[:count])
"""


def make(folder: Path, size: int) -> bytes:
    """Write the file and give its torrent, hashed in pieces as sharing would."""
    piece_bytes = piece_bytes_for(size)
    pieces: list[bytes] = []
    (folder / "seed").mkdir()
    with (folder / "seed" / NAME).open("wb") as file:
        for _ in range(0, size, CHUNK):
            chunk = os.urandom(min(CHUNK, size))
            file.write(chunk)
            pieces += [
                hashlib.sha1(chunk[at : at + piece_bytes]).digest()
                for at in range(0, len(chunk), piece_bytes)
            ]
    torrent = build(NAME, [((), size)], piece_bytes, b"".join(pieces))
    (folder / "film.torrent").write_bytes(torrent)
    return torrent


# ---- processes of ours


def _settings(folder: Path, name: str) -> SessionSettings:
    return SessionSettings(state=folder / name, dht=False)


async def seed(folder: Path) -> None:
    """Seed until stdin closes; a line with a port there is dialled."""
    async with open_session(_settings(folder, "seed-state")) as session:
        torrent = (folder / "film.torrent").read_bytes()
        key = await session.seed(SeedSpec(metainfo=torrent, folder=folder / "seed"))
        say(session.address.port if session.address else 0)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            session.dial(key, (PeerAddress(host="127.0.0.1", port=int(line)),))


async def fetch(folder: Path, port: int) -> None:
    """Fetch from one address and end."""
    async with open_session(_settings(folder, "fetch-state")) as session:
        await _fetch(session, folder, port)


async def _fetch(session: LibtorrentSession, folder: Path, port: int) -> None:
    torrent = (folder / "film.torrent").read_bytes()
    spec = FetchSpec(
        info_hash=info_hash_of(torrent),
        folder=folder / "to",
        addresses=(PeerAddress(host="127.0.0.1", port=port),),
        metainfo=torrent,
    )
    await session.fetch(spec)
    await session.wait_complete(spec.info_hash)


def send(folder: Path, port: int) -> None:
    """Send the file by sendfile to who connects."""
    with socket.create_server(("127.0.0.1", port)) as server:
        say(port)
        link, _ = server.accept()
        with link, (folder / "seed" / NAME).open("rb") as file:
            link.sendfile(file)


def say(word: object) -> None:
    """Tell the process that started this one."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


# ---- the race


@contextmanager
def started(*words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a part of this script as a process; it has said one line when this is entered."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.download", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.communicate("")


def ours(folder: Path, seeder: "subprocess.Popen[str]", port: int) -> float:
    """Time one download of ours, from the start of Python to the end of the process."""
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "bench.download", "--part", "fetch", str(folder), str(port)],
        check=True,
        timeout=SECONDS_MAX,
    )
    return time.monotonic() - begun


def limit(folder: Path, seeder: "subprocess.Popen[str]", port: int) -> float:
    """Time sendfile."""
    at = free_port()
    with started("--part", "send", str(folder), str(at)) as child:
        assert child.stdout is not None
        child.stdout.readline()
        begun = time.monotonic()
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", RECEIVE, str(folder / "to" / NAME), str(at)],
            check=True,
            timeout=SECONDS_MAX,
        )
        return time.monotonic() - begun


def other(
    command: Callable[[Task, Path], list[str]],
) -> Callable[[Path, "subprocess.Popen[str]", int], float]:
    """Give how another program is timed: until it says itself that the file is complete."""

    def timed(folder: Path, seeder: "subprocess.Popen[str]", port: int) -> float:
        home, mark = folder / "home", folder / MARK
        home.mkdir()
        hook = home / "hook"
        hook.write_text(f"#!/bin/sh\n: > '{mark}'\n", encoding="utf-8")
        hook.chmod(0o755)
        task = Task(
            torrent=folder / "film.torrent",
            data=folder / "to",
            home=home,
            port=free_port(),
            seeds=False,
        )
        argv = command(task, hook)
        begun = time.monotonic()
        with (home / "log").open("wb") as log:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")},
            )
        dialled = 0.0
        while not mark.exists():
            now = time.monotonic()
            if now - begun > SECONDS_MAX:
                child.kill()
                child.wait()
                return float("inf")
            if now - dialled > 0.25 and seeder.stdin is not None:
                seeder.stdin.write(f"{task.port}\n")
                seeder.stdin.flush()
                dialled = now
            time.sleep(0.01)
        took = time.monotonic() - begun
        child.kill()
        child.wait()
        return took

    return timed


def _aria2(task: Task, hook: Path) -> list[str]:
    return [*aria2(task)[:-1], f"--on-bt-download-complete={hook}", str(task.torrent)]


def _transmission(task: Task, hook: Path) -> list[str]:
    return [*transmission(task)[:-1], f"--finish={hook}", str(task.torrent)]


def _qbittorrent(task: Task, hook: Path) -> list[str]:
    argv = qbittorrent(task)
    config = task.home / "qBittorrent" / "config" / "qBittorrent.conf"
    hooked = f"[AutoRun]\nenabled=true\nprogram={hook}\n"
    config.write_text(config.read_text(encoding="utf-8") + hooked, encoding="utf-8")
    return argv


RACERS = {
    "sendfile": limit,
    "kkiri": ours,
    "aria2": other(_aria2),
    "transmission": other(_transmission),
    "qbittorrent": other(_qbittorrent),
}


def race(folder: Path, size: int, rounds: int) -> dict[str, list[float]]:
    """Let each fetch in turn, round after round; every file is compared with the original."""
    found: dict[str, list[float]] = {name: [] for name in ("kkiri, cold seed", *RACERS)}
    make(folder, size)
    wanted = _digest(folder / "seed" / NAME)
    with started("--part", "seed", str(folder), "0") as seeder:
        assert seeder.stdout is not None
        port = int(seeder.stdout.readline())
        turns = [("kkiri, cold seed", ours)]
        for _ in range(rounds):
            turns += RACERS.items()
        for name, timed in turns:
            _clear(folder)
            took = timed(folder, seeder, port)
            found[name].append(took)
            say(f"  {name}: {took:.2f} s")
            if took < SECONDS_MAX and _digest(folder / "to" / NAME) != wanted:
                raise SystemExit(f"{name}: the file is not equal")
    return found


def _clear(folder: Path) -> None:
    for name in ("to", "home", "fetch-state"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / MARK).unlink(missing_ok=True)
    (folder / "to").mkdir()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest()


def whole(folder: Path, size: int) -> float:
    """Time `kkiri get --wait` between two running peers: the command line, hubs and all.

    In the temporary folder, as /dev/shm is not shared by anybody.
    """
    with (
        tempfile.TemporaryDirectory(prefix="kkiri-people-") as place,
        people(Path(place), "giver", "taker") as (giver, taker),
    ):
        shared = giver.folder / "shared"
        shared.mkdir()
        shutil.copyfile(folder / "seed" / NAME, shared / NAME)
        hub = giver.up()["hub"]
        taker.up("--bootstrap", hub)
        say(f"  shared: {giver.do('share', str(shared), '--wait', '--json').one}")
        link = _link(taker)
        begun = time.monotonic()
        got = taker.do("get", link, "--wait", "--json").one
        took = time.monotonic() - begun
        assert got["bytes"] == size
        return took


def _link(taker: Person) -> str:
    for _ in range(100):
        lines = taker.do("find", "film", "--json").lines
        if lines:
            return str(lines[0]["link"])
        time.sleep(0.1)
    raise SystemExit("the listing was not found")


def main(mib: int, rounds: int, place: Path) -> dict[str, object]:
    """Run everything and print a line for each and the ratios."""
    size = mib * 1024 * 1024
    with tempfile.TemporaryDirectory(prefix="kkiri-download-", dir=place) as name:
        folder = Path(name)
        times = race(folder, size, rounds)
        _clear(folder)
        times["kkiri get, whole peer"] = [whole(folder, size)]
    rates = {
        racer: round(size / 1e6 / statistics.median(took)) for racer, took in times.items() if took
    }
    for racer, rate in sorted(rates.items(), key=lambda item: -item[1]):
        took = ", ".join(f"{one:.2f}" for one in times[racer])
        say(f"{racer:24} {rate:5} MB/s   ({took} s)")
    fastest = max(rates[racer] for racer in ("aria2", "transmission", "qbittorrent"))
    to_others = round(rates["kkiri"] / fastest, 2)
    to_limit = round(rates["kkiri"] / rates["sendfile"], 2)
    say(f"ours / fastest other: {to_others} (goal {GOAL_OTHERS})")
    say(f"ours / sendfile: {to_limit} (goal {GOAL_LIMIT})")
    return {"rates": rates, "to_others": to_others, "to_limit": to_limit}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"))
    parser.add_argument("--part", nargs=3)
    asked = parser.parse_args()
    if asked.part is None:
        say(json.dumps(main(asked.mib, asked.rounds, asked.folder)))
    else:
        part, where, number = asked.part
        match part:
            case "seed":
                asyncio.run(seed(Path(where)))
            case "fetch":
                asyncio.run(fetch(Path(where), int(number)))
            case "send":
                send(Path(where), int(number))
