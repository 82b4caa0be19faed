"""Our torrents to four other programs and theirs to us: bytes equal, Korean names, 127.0.0.1."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kkiri.ports.torrents import FetchSpec, SeedSpec
from tests.contract.torrents_kit import content, hash_of, make_torrent, session
from tests.e2e.other_clients import PROGRAMS, running

SECONDS_MAX = 60
DIAL_AGAIN_SECONDS = 0.5

SINGLE = ("소리바다 - 첫 노래.mp3", [((), content("single", 1_500_001))])
FOLDER = (
    "앨범 1집 — 끼리",
    [
        (("01 바다.flac",), content("sea", 700_000)),
        (("디스크 2", "01 하늘과 바람.flac"), content("sky", 300_001)),
        (("가사.txt",), "하늘과 바람과 별과 시\n".encode()),
    ],
)
KINDS = {"file": SINGLE, "folder": FOLDER}


def _found(folder: Path, name: str, files: list[tuple[tuple[str, ...], bytes]]) -> bool:
    return all(_same(folder.joinpath(name, *parts), body) for parts, body in files)


def _same(path: Path, body: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(body) and path.read_bytes() == body


async def _until(holds: Callable[[], bool], again: Callable[[], None]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():  # noqa: ASYNC110  another program's file
            again()
            await asyncio.sleep(DIAL_AGAIN_SECONDS)


async def _they_fetch(folder: Path, program: str, sort: str) -> None:
    name, files = KINDS[sort]
    torrent = make_torrent(folder / "ours", name, files)
    (folder / "t.torrent").write_bytes(torrent)
    async with session(folder / "state") as one:
        key = await one.seed(SeedSpec(metainfo=torrent, folder=folder / "ours"))
        async with running(
            program, folder / "t.torrent", folder / "theirs", folder / "home", seeds=False
        ) as address:
            await _until(
                lambda: _found(folder / "theirs", name, files), lambda: one.dial(key, (address,))
            )


async def _we_fetch(folder: Path, program: str, sort: str) -> None:
    name, files = KINDS[sort]
    torrent = make_torrent(folder / "theirs", name, files)
    (folder / "t.torrent").write_bytes(torrent)
    async with (
        session(folder / "state") as one,
        running(
            program, folder / "t.torrent", folder / "theirs", folder / "home", seeds=True
        ) as address,
    ):
        # the info-hash alone: what the torrent is comes from them as well
        key = await one.fetch(
            FetchSpec(info_hash=hash_of(torrent), folder=folder / "ours", addresses=(address,))
        )
        await _until(
            lambda: _found(folder / "ours", name, files), lambda: one.dial(key, (address,))
        )
        assert await one.wait_complete(key) == folder / "ours" / name


@pytest.mark.parametrize("program", PROGRAMS)
async def test_bytes_are_equal_both_ways(tmp_path: Path, program: str) -> None:
    """Both ways and both kinds side by side: Transmission takes ten seconds before it gives."""
    async with asyncio.TaskGroup() as tasks:
        for sort in KINDS:
            for way in (_they_fetch, _we_fetch):
                folder = tmp_path / f"{way.__name__} {sort}"
                folder.mkdir()
                tasks.create_task(way(folder, program, sort), name=f"{program} {folder.name}")


def test_every_kind_has_korean_names() -> None:
    names: Mapping[str, tuple[str, list[tuple[tuple[str, ...], bytes]]]] = KINDS
    assert all(any("가" <= char <= "힣" for char in name) for name, _ in names.values())
