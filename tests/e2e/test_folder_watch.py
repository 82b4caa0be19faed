"""A real watch on a real disk."""

import asyncio
from pathlib import Path

from kkiri.adapters.folders import DiskFolders


async def test_changes_are_told_and_hidden_ones_are_not(tmp_path: Path) -> None:
    """Each round makes all the changes again, until those that may be told were."""
    home, music = tmp_path, tmp_path / "Music"
    (music / "첫 음반").mkdir(parents=True)
    (home / "file.txt").write_text("text")
    folders = DiskFolders(home / ".kkiri", home=home)
    told: set[Path] = set()
    watch = folders.watch([music, home / "file.txt"])

    async def read() -> None:
        async for paths in watch:
            told.update(paths)
            if {music / "첫 음반" / "둘.mp3", home / "file.txt"} <= told:
                return

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        reading = group.create_task(read())
        number = 0
        while not reading.done():
            number += 1
            (music / ".secret").write_text(f"{number}")
            (home / "other.txt").write_text(f"{number}")
            (music / "첫 음반" / "둘.mp3").write_text(f"{number}")
            (home / "file.txt").write_text(f"{number}")
            await asyncio.sleep(0.1)
    assert told <= {music / "첫 음반" / "둘.mp3", music / "첫 음반", home / "file.txt"}
