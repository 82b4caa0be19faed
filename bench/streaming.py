"""Films that start while they arrive: first frame and far seeks, ours beside webtorrent-cli.

usage: PYTHONPATH=src python -m bench.streaming [--seconds 60] [--rounds 2] [--only NAME]
                                                [--without-webtorrent]

Films are made with ffmpeg on the spot. Two seeds of ours hold each, capped to twice its bitrate
together. Each round the same film is opened by `kkiri play` of a fresh peer and by webtorrent-cli
4.1.0 (installed into a temporary folder when it is not there): the clock runs from asking until
ffmpeg has decoded the first picture of the stream, then for far seeks until it has decoded one
there. Ratios are what counts; times depend on who else uses the machine.
"""

import argparse
import asyncio
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from tests.e2e.other_clients import free_port
from tests.e2e.peers import Person, people

from kkiri.adapters.folders.hashing import hash_files
from kkiri.adapters.torrents import SessionSettings, open_session
from kkiri.base.types import Bytes
from kkiri.ports.media import FileStat, FolderFile
from kkiri.ports.torrents import SeedSpec
from kkiri.swarm.metainfo import build, info_hash_of, piece_bytes_for

SEEDS = 2
SEEKS = (0.5, 0.9, 0.25)
SECONDS_MAX = 60.0
GOAL_SECONDS = 1.0
WEBTORRENT = "webtorrent-cli@4.1.0"
PICTURE = "testsrc2=size={size}:rate=24:duration={seconds}"
SOUND = "sine=frequency=330:duration={seconds}"
# noise keeps the bitrate what is asked for; a key picture every two seconds, as films have
NOISE = "noise=alls=12:allf=t"
FILMS = {
    "h264-aac.mp4": (
        "1280x720",
        "-c:v libx264 -preset ultrafast -b:v 2M -maxrate 2M -bufsize 4M -c:a aac",
    ),
    "faststart.mp4": (
        "1280x720",
        "-c:v libx264 -preset ultrafast -b:v 2M -maxrate 2M "
        "-bufsize 4M -c:a aac -movflags +faststart",
    ),
    "vp9.webm": ("640x360", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -c:a libopus"),
    "ac3.mkv": (
        "1280x720",
        "-c:v libx264 -preset ultrafast -b:v 2M -maxrate 2M -bufsize 4M -c:a ac3",
    ),
    "xvid.avi": ("640x360", "-c:v mpeg4 -vtag xvid -b:v 1500k -c:a libmp3lame"),
    "4k.mp4": (
        "3840x2160",
        "-c:v libx264 -preset ultrafast -b:v 12M -maxrate 12M -bufsize 24M -c:a aac",
    ),
}


def make(folder: Path, name: str, seconds: int) -> Path:
    """Make a film with ffmpeg."""
    size, words = FILMS[name]
    path = folder / name
    sources = [PICTURE.format(size=size, seconds=seconds), SOUND.format(seconds=seconds)]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", sources[0], "-f", "lavfi", "-i", sources[1]]
        + ["-vf", NOISE, "-g", "48", "-pix_fmt", "yuv420p", *words.split(), str(path)],
        check=True,
    )
    return path


def torrent_of(path: Path) -> bytes:
    """Hash a film as sharing would."""
    found = path.stat()
    stat = FileStat(
        size=Bytes(found.st_size), mtime_ns=found.st_mtime_ns, inode=found.st_ino & (2**63 - 1)
    )
    piece_bytes = piece_bytes_for(found.st_size)
    file = FolderFile(path=path, relative=(path.name,), stat=stat)
    pieces = hash_files([file], piece_bytes, lambda _: None).pieces
    return build(path.name, [((), found.st_size)], piece_bytes, pieces)


# ---- the seeds: a process each


async def seed(folder: Path, name: str, rate: int, number: int) -> None:
    """Seed a film with a cap until stdin closes."""
    settings = SessionSettings(
        state=folder / f"seed{number}", dht=False, map_ports=False, upload_rate=rate
    )
    async with open_session(settings) as session:
        torrent = (folder / f"{name}.torrent").read_bytes()
        await session.seed(SeedSpec(metainfo=torrent, folder=folder))
        print(session.address.port if session.address else 0, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextmanager
def seeds(folder: Path, name: str, rate: int) -> Iterator[list[int]]:
    """Run the seeds; give their ports."""
    children = []
    for number in range(SEEDS):
        words = ["--part", str(folder), name, str(rate // SEEDS), str(number)]
        argv = [sys.executable, "-m", "bench.streaming", *words]
        child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        children.append(child)
    try:
        ports = []
        for child in children:
            assert child.stdout is not None
            ports.append(int(child.stdout.readline()))
        yield ports
    finally:
        for child in children:
            child.communicate("")


# ---- who plays


class Ours:
    """A fresh peer of ours, asked as its page asks."""

    def __init__(self, taker: Person) -> None:
        parts = urlsplit(taker.up()["page"])
        assert parts.port is not None
        self._port = parts.port
        self._token = parse_qs(parts.query)["t"][0]

    def begin(self, magnet: str) -> str:
        """Ask to play; give the address of the film."""
        link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS_MAX)
        head = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        link.request("POST", "/api/play", json.dumps({"link": magnet}), head)
        answer = json.loads(link.getresponse().read())
        link.close()
        return str(answer["files"][0]["open"])


@contextmanager
def ours(place: Path) -> Iterator[Callable[[str], str]]:
    """Give how our peer begins to play."""
    with people(place, "taker") as (taker,):
        yield Ours(taker).begin


def installed(place: Path) -> Path:
    """Install webtorrent-cli, no package's own script run; give its program."""
    program = place / "node_modules" / "webtorrent-cli" / "bin" / "cmd.js"
    if not program.exists():
        words = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(["npm", "install", *words, "--prefix", str(place), WEBTORRENT], check=True)
    return program


@contextmanager
def webtorrent(place: Path, program: Path) -> Iterator[Callable[[str], str]]:
    """Give how webtorrent begins to play: a process, as a person starts it."""
    with ExitStack() as stack:

        def begin(magnet: str) -> str:
            port = free_port()
            argv = ["node", str(program), "download", magnet, "--out", str(place / "out")]
            argv += ["--port", str(port), "--keep-seeding", "--quiet", "--no-quit"]
            env = {**os.environ, "HOME": str(place)}
            log = stack.enter_context((place / "log").open("wb"))
            child = subprocess.Popen(argv, stdout=log, stderr=log, env=env)
            stack.callback(child.wait)
            stack.callback(child.kill)
            return _address(port, child)

        yield begin


def _address(port: int, child: "subprocess.Popen[bytes]") -> str:
    """Wait for its page and read the film's address from it."""
    end = time.monotonic() + SECONDS_MAX
    while time.monotonic() < end and child.poll() is None:
        for path in ("/", "/webtorrent/"):
            try:
                link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                link.request("GET", path)
                page = link.getresponse().read().decode(errors="replace")
                link.close()
            except OSError:
                continue
            found = re.findall(r'href="([^"]+\.(?:mp4|mkv|webm|avi))"', page)
            if found:
                return f"http://127.0.0.1:{port}/{found[0].lstrip('/')}"
        time.sleep(0.01)
    raise TimeoutError("webtorrent did not begin")


def picture(address: str, at: float) -> float:
    """Decode one picture at a time of the film; give how long that took."""
    begun = time.monotonic()
    # a player shows the key picture before the place, and looks at no more than it needs for that
    quick = ["-probesize", "65536", "-analyzeduration", "0", "-fflags", "nobuffer"]
    argv = ["ffmpeg", "-v", "error", *quick, "-noaccurate_seek", "-ss", f"{at:.2f}", "-i", address]
    argv += ["-map", "0:v:0", "-frames:v", "1", "-f", "null", "-"]
    subprocess.run(argv, check=True, timeout=SECONDS_MAX, stdin=subprocess.DEVNULL)
    return time.monotonic() - begun


def play(begin: Callable[[str], str], magnet: str, seconds: int) -> dict[str, list[float]]:
    """Time the first picture from asking on, then each far seek."""
    begun = time.monotonic()
    address = begin(magnet)
    opened = time.monotonic() - begun
    picture(address, 0.0)
    first = time.monotonic() - begun
    seeks = [picture(address, seconds * share) for share in SEEKS]
    return {"open": [opened], "first": [first], "seek": seeks}


def film(name: str, seconds: int, rounds: int, program: Path | None, place: Path) -> None:
    """Make one film, play it with each program in turn, print a line each and the ratios."""
    path = make(place, name, seconds)
    torrent = torrent_of(path)
    (place / f"{name}.torrent").write_bytes(torrent)
    rate = 2 * path.stat().st_size // seconds
    floor = picture(str(path), 0.0)
    print(f"{name}: {path.stat().st_size / 1e6:.1f} MB, seeds {rate / 1e3:.0f} kB/s in total, "
          f"ffmpeg alone on the disk {floor:.2f} s")  # fmt: skip
    found: dict[str, dict[str, list[float]]] = {}
    for turn in range(rounds):
        for who in ("kkiri", "webtorrent"):
            if who == "webtorrent" and program is None:
                continue
            with tempfile.TemporaryDirectory() as home, seeds(place, name, rate) as ports:
                magnet = f"magnet:?xt=urn:btih:{info_hash_of(torrent)}&dn={quote(name)}"
                magnet += "".join(f"&x.pe=127.0.0.1:{port}" for port in ports)
                if who == "kkiri":
                    chosen = ours(Path(home))
                else:
                    assert program is not None
                    chosen = webtorrent(Path(home), program)
                with chosen as begin:
                    times = play(begin, magnet, seconds)
            for what, some in times.items():
                found.setdefault(who, {}).setdefault(what, []).extend(some)
            print(f"  {turn} {who}: " + _told(times))
    _compare(found, floor)


def _told(times: dict[str, list[float]]) -> str:
    return ", ".join(
        f"{what} " + " ".join(f"{x:.2f}" for x in some) for what, some in times.items()
    )


def _compare(found: dict[str, dict[str, list[float]]], floor: float) -> None:
    for what in ("first", "seek"):
        mine = statistics.median(found["kkiri"][what])
        worst = max(found["kkiri"][what])
        line = (
            f"  {what}: {mine:.2f} s (worst {worst:.2f}), without ffmpeg's start {mine - floor:.2f}"
        )
        line += f", goal {GOAL_SECONDS}"
        if "webtorrent" in found:
            line += f"; webtorrent / ours {statistics.median(found['webtorrent'][what]) / mine:.2f}"
        print(line)


def main() -> None:
    """Run all films."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", choices=sorted(FILMS))
    parser.add_argument("--without-webtorrent", action="store_true")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--programs", type=Path, default=Path(tempfile.gettempdir()) / "webtorrent")
    parser.add_argument("--part", nargs=4)
    asked = parser.parse_args()
    if asked.part is not None:
        folder, name, rate, number = asked.part
        asyncio.run(seed(Path(folder), name, int(rate), int(number)))
        return
    program = None
    if not asked.without_webtorrent:
        asked.programs.mkdir(parents=True, exist_ok=True)
        program = installed(asked.programs)
    for name in [asked.only] if asked.only else FILMS:
        with tempfile.TemporaryDirectory(dir=asked.folder) as place:
            film(name, asked.seconds, asked.rounds, program, Path(place))
            shutil.rmtree(Path(place) / "out", ignore_errors=True)


if __name__ == "__main__":
    main()
