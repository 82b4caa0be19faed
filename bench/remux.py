"""How soon a film that browsers do not play begins, and goes on after a seek.

`python -m bench.remux [FILM…]`: for each film (made by ffmpeg when none is named) the time to its
first picture with a new worker and with the spare one, after a seek, what was read for it, and how
many times faster than it plays the whole is remuxed; beside it `ffmpeg -ss … -c copy` on the same
file, which reads it from the disk itself.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

from tests.fakes import films
from tests.fakes.films import DiskFilm

from kkiri.adapters.media.screening import ScreeningRoom
from kkiri.base.types import Seconds
from kkiri.ports.screening import NotPlayableError, Remux

NAMES = ("late.mp4", "open.webm", "dubbed.mkv", "old.avi", "broadcast.ts", "large.mp4", "deep.mkv")
ROUNDS = 7
LENGTH = 60  # seconds of each film that is made


async def first_picture(room: ScreeningRoom, path: Path, start: float) -> tuple[float, int]:
    """Give the seconds until the first fragment is whole, and the bytes read for it."""
    film = DiskFilm(path)
    begin = time.perf_counter()
    made = bytearray()
    async with aclosing(room.remux(film, Remux(start=Seconds(start)))) as parts:
        async for part in parts:
            made += part
            at = made.find(b"mdat")
            if at >= 4 and len(made) >= at - 4 + int.from_bytes(made[at - 4 : at], "big"):
                break
    return time.perf_counter() - begin, film.total


async def measured(path: Path) -> dict[str, object]:
    """Measure one film."""
    room = ScreeningRoom()
    begin = time.perf_counter()
    film = await room.probe(DiskFilm(path))
    probe_cold = time.perf_counter() - begin
    await room.close()
    middle = film.duration / 2
    cold, warm, seeks, other = [], [], [], []
    for _ in range(ROUNDS):
        room = ScreeningRoom()
        cold.append((await first_picture(room, path, 0))[0])
        await asyncio.sleep(0.5)  # the spare worker loads its libraries while the person watches
        warm.append((await first_picture(room, path, 0))[0])
        await asyncio.sleep(0.5)
        seeks.append(await first_picture(room, path, middle))
        await room.close()
        other.append(await asyncio.to_thread(_ffmpeg, path, middle))
    room = ScreeningRoom()
    begin = time.perf_counter()
    async with aclosing(room.remux(DiskFilm(path), Remux())) as parts:
        async for _ in parts:
            pass
    took = time.perf_counter() - begin
    await room.close()
    return {
        "film": path.name,
        "probe_cold_ms": round(probe_cold * 1000),
        "first_cold_ms": round(statistics.median(cold) * 1000),
        "first_spare_ms": round(statistics.median(warm) * 1000),
        "seek_spare_ms": round(statistics.median(one for one, _ in seeks) * 1000),
        "seek_read_kb": seeks[0][1] // 1000,
        "ffmpeg_seek_ms": round(statistics.median(other) * 1000),
        "times_real_time": round(film.duration / took, 1),
    }


def _ffmpeg(path: Path, start: float) -> float:
    begin = time.perf_counter()
    subprocess.run(
        ["ffmpeg", "-v", "error", "-ss", str(start), "-i", str(path), "-t", "0.3", "-c:v", "copy",
         "-c:a", "aac", "-sn", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    return time.perf_counter() - begin


def main() -> None:
    """Print one line of JSON for each film."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(word) for word in sys.argv[1:]]
        for path in paths or films.make(Path(folder), *NAMES, seconds=LENGTH):
            try:
                print(json.dumps(asyncio.run(measured(path))), flush=True)
            except NotPlayableError:
                print(json.dumps({"film": path.name, "refused": True}), flush=True)


if __name__ == "__main__":
    main()
