"""Small pictures on disk: kept, private, bounded."""

import os
from pathlib import Path

import pytest

from kkiri.adapters.stills import DiskStills
from kkiri.base.types import InfoHash

ONE, TWO = InfoHash("a" * 40), InfoHash("b" * 40)


def sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.iterdir()]


async def test_kept_for_each_file_and_over_restarts(tmp_path: Path) -> None:
    folder = tmp_path / "stills"
    stills = DiskStills(folder)
    assert await stills.get(ONE, 0) is None
    await stills.put(ONE, 0, b"zero")
    await stills.put(ONE, None, b"all")
    again = DiskStills(folder)
    assert await again.get(ONE, 0) == b"zero"
    assert await again.get(ONE, None) == b"all"
    assert await again.get(ONE, 1) is None
    assert await again.get(TWO, 0) is None
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize(("size", "bytes_max", "files_max"), [(100, 1_000, 99), (1, 10_000, 10)])
async def test_the_oldest_go(tmp_path: Path, size: int, bytes_max: int, files_max: int) -> None:
    stills = DiskStills(tmp_path, bytes_max, files_max)
    for number in range(40):
        await stills.put(ONE, number, bytes(size))
        os.utime(tmp_path / f"{ONE}-{number}.jpg", (number, number))
        left = sizes(tmp_path)
        assert len(left) <= files_max
        assert sum(left) <= bytes_max
    assert await stills.get(ONE, 39) is not None
    assert await stills.get(ONE, 38) is not None
    assert await stills.get(ONE, 0) is None


async def test_what_other_runs_left_counts(tmp_path: Path) -> None:
    first = DiskStills(tmp_path, 1_000)
    for number in range(9):
        await first.put(ONE, number, bytes(100))
    second = DiskStills(tmp_path, 1_000)
    for number in range(9):
        await second.put(TWO, number, bytes(100))
    assert sum(sizes(tmp_path)) <= 1_000


async def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    stills = DiskStills(tmp_path / "file" / "stills")
    await stills.put(ONE, 0, b"x")
    assert await stills.get(ONE, 0) is None
