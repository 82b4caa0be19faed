"""Mutated songs and films, made on the spot: each is contained, none ends the peer (SAFETY P3)."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from kkiri.adapters.media import MediaWorker
from kkiri.adapters.media import outside as media
from kkiri.event.listing import MediaFacts
from tests.fakes import songs

EACH = 120  # mutants of each of the five formats
SECONDS_MAX = 60.0  # for all of them; a second for one would be 600


def mutants(body: bytes, chance: Random) -> Iterator[bytes]:
    """Cut, flip, fill, repeat and move bytes, mostly near the front, where the headers are."""
    for _ in range(EACH):
        raw = bytearray(body)
        for _ in range(chance.randrange(1, 6)):
            front = min(len(raw), 400) if chance.random() < 0.7 else len(raw)
            at, length = chance.randrange(0, front), chance.choice([1, 2, 4, 8, 64])
            match chance.randrange(0, 5):
                case 0:
                    raw[at : at + length] = chance.randbytes(length)
                case 1:
                    raw[at : at + length] = b"\xff" * length
                case 2:
                    raw[at : at + length] = bytes(length)
                case 3:
                    raw[at:at] = raw[at : at + length] * chance.choice([1, 100])
                case _:
                    del raw[max(at, 8) :]
            if len(raw) < 2:
                break
        yield bytes(raw)


async def test_mutated_files_are_contained(tmp_path: Path) -> None:
    chance = Random(20_001)
    good = [songs.make(tmp_path, suffix) for suffix in songs.SUFFIXES]
    paths: list[Path] = []
    for path in good:
        for number, body in enumerate(mutants(path.read_bytes(), chance)):
            paths.append(tmp_path / f"{number}{path.suffix}")
            paths[-1].write_bytes(body)
    worker = MediaWorker()
    begin = time.monotonic()
    found = await worker.facts([*paths, *good])
    took = time.monotonic() - begin
    await worker.close()
    assert len(found) == len(paths) + len(good)
    assert all(facts.codec for facts in found[-len(good) :])
    assert 0 < sum(facts == MediaFacts() for facts in found) < len(paths)
    assert all((facts.duration_seconds or 0) <= 10**7 for facts in found)
    assert took < SECONDS_MAX
    assert took < media.FILE_SECONDS_MAX * len(paths) / 10
