"""Mutated films of every kind: shown or refused with a typed error, nothing else (P1, P3)."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from random import Random

from kkiri.adapters.media.screening import ScreeningRoom
from kkiri.base.types import Bytes, Seconds
from kkiri.event.listing import Sort
from kkiri.ports.screening import NotPlayableError, Remux, ScreensBusyError
from tests.fakes import films
from tests.fakes.films import DiskFilm

KINDS = ("late.mp4", "dubbed.mkv", "old.avi", "broadcast.ts", "windows.wmv", "flash.flv",
         "open.webm", "deep.mkv", "song.mp3", "photo.png")  # fmt: skip
EACH = 5  # mutants of each; each is probed, remuxed, read for subtitles and drawn
SECONDS = 10  # of film: long enough for the subtitles that are inside
SEED = 20_011
OUTPUT_SHARE_MAX = 60  # a film made anew may be larger than the one it is made of, not endless


class Mutant(DiskFilm):
    """A film some bytes of which are wrong."""

    def __init__(self, path: Path, body: bytes) -> None:
        super().__init__(path)
        self.body = body
        self.size = Bytes(len(body))


def mutants(path: Path, chance: Random) -> Iterator[Mutant]:
    """Cut, flip, fill, repeat and move bytes, mostly where headers and indexes are."""
    for _ in range(EACH):
        raw = bytearray(path.read_bytes())
        for _ in range(chance.randrange(1, 8)):
            where = chance.random()
            front, back = min(len(raw), 2_000), max(len(raw) - 4_000, 0)
            at = (
                chance.randrange(0, front)
                if where < 0.5
                else chance.randrange(back, len(raw)) if where < 0.75
                else chance.randrange(0, len(raw))
            )  # fmt: skip
            length = chance.choice([1, 2, 4, 8, 64, 5_000])
            match chance.randrange(0, 6):
                case 0:
                    raw[at : at + length] = chance.randbytes(min(length, len(raw) - at))
                case 1:
                    raw[at : at + length] = b"\xff" * min(length, len(raw) - at)
                case 2:
                    raw[at : at + length] = bytes(min(length, len(raw) - at))
                case 3:
                    raw[at:at] = raw[at : at + length] * chance.choice([1, 20])
                case 4:
                    del raw[at : at + length]
                case _:
                    del raw[max(at, len(raw) // 3) :]
        yield Mutant(path, bytes(raw))


async def _tried(room: ScreeningRoom, film: Mutant, sort: Sort, told: Counter[str]) -> None:
    async def probe() -> None:
        found = await room.probe(film)
        assert 0 <= found.duration < 10**7
        assert found.type.startswith(("video/mp4", "audio/mp4"))

    async def remux() -> None:
        size = 0
        wanted = Remux(start=Seconds(4.0), plain=len(film.body) % 2 == 0)
        async with aclosing(room.remux(film, wanted)) as parts:
            async for part in parts:
                size += len(part)
                assert size < OUTPUT_SHARE_MAX * film.size + 10**6

    async def captions() -> None:
        found = room.captions(film, 0, Seconds(0.0), Seconds(1e6))
        text = b"".join([part async for part in found]).decode()
        assert text.startswith("WEBVTT")

    async def still() -> None:
        assert (await room.still(film, sort)).startswith(b"\xff\xd8")

    for work in (probe, remux, captions, still):
        try:
            await work()
        except NotPlayableError:
            told[f"{work.__name__} refused"] += 1
        except ScreensBusyError:
            told["busy"] += 1
        else:
            told[f"{work.__name__} done"] += 1


async def test_mutated_films_are_shown_or_refused(tmp_path: Path) -> None:
    good = films.make(tmp_path, *KINDS, seconds=SECONDS)
    chance = Random(SEED)
    waiting = [
        (mutant, Sort.PICTURE if path.suffix == ".png" else Sort.FILM)
        for path in good
        for mutant in mutants(path, chance)
    ]
    told: Counter[str] = Counter()
    room = ScreeningRoom()

    async def some() -> None:
        while waiting:
            await _tried(room, *waiting.pop(), told)

    async with asyncio.TaskGroup() as group:
        for number in range(2):
            group.create_task(some(), name=f"mutants {number}")
    assert room.running == 0
    assert told["busy"] == 0
    for name in ("probe", "remux", "still"):
        assert told[f"{name} done"] > EACH and told[f"{name} refused"] > EACH, told
    assert told["captions done"] > 0, told
    film = await room.probe(DiskFilm(good[0]))  # and the next good one is shown as ever
    assert film.duration > SECONDS - 1
    await room.close()
