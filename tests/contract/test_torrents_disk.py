"""What must survive: a full disk (SAFETY F4), and `kill -9` in the middle of a download."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from kkiri.adapters.torrents import LibtorrentSession, downloads
from kkiri.base.types import InfoHash
from kkiri.ports.torrents import FetchSpec
from tests.contract.torrents_kit import PlainSeeder, content, hash_of, session, torrent_of, until

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


async def test_f4_a_full_disk_is_said_and_download_and_film_go_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    child = await asyncio.create_subprocess_exec(
        *alone,
        sys.executable,
        "-m",
        "tests.contract.full_disk_child",
        str(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=ENVIRONMENT,
    )
    async with asyncio.timeout(60):
        said, trouble = await child.communicate()
    assert said.split() == [b"full", b"equal", b"played"], trouble.decode()[-2_000:]


async def test_after_a_restart_of_the_machine_what_is_on_disk_is_checked_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = content("power cut", 12_000_000)
    torrent = torrent_of("long.bin", [((), data)])
    key = hash_of(torrent)
    seeder = PlainSeeder()
    seeder.seed(torrent, tmp_path / "a", [data])
    seeder.limit(2_000_000)
    spec = FetchSpec(
        info_hash=key, folder=tmp_path / "to", addresses=(seeder.address,), metainfo=torrent
    )
    async with session(tmp_path / "state") as one:
        await one.fetch(spec)
        await until(lambda: _done(one, key) > 3_000_000)
        await one.save()
        before = _done(one, key)
    # what the page cache still held is gone
    (part,) = (tmp_path / "to").rglob("long.bin")
    with part.open("r+b") as file:
        file.write(bytes(65_536))
    monkeypatch.setattr(downloads, "boot_mark", lambda: "another run of the machine")
    async with session(tmp_path / "state") as one:
        await one.fetch(spec)
        await until(lambda: _done(one, key) >= before - 2 * 65_536)
        seeder.limit(0)
        async with asyncio.timeout(40):
            path = await one.wait_complete(key)
    assert path.read_bytes() == data
    assert seeder.given() < len(data) + 2_000_000, "what was there was fetched again"


async def test_a_killed_download_keeps_what_it_had_saved(tmp_path: Path) -> None:
    data = content("killed", 24_000_000)
    torrent = torrent_of("long.bin", [((), data)])
    key = hash_of(torrent)
    seeder = PlainSeeder()
    seeder.seed(torrent, tmp_path / "a", [data])
    seeder.limit(4_000_000)
    saved = 0
    for _ in range(2):
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.contract.killed_child",
            str(tmp_path),
            key,
            str(seeder.address),
            stdout=asyncio.subprocess.PIPE,
            env=ENVIRONMENT,
        )
        assert child.stdout is not None
        begun = -1
        async with asyncio.timeout(40):
            async for line in child.stdout:
                now = int(line)
                if begun < 0 and now > 0:
                    begun = now
                    assert begun >= saved, "what was saved before the kill was fetched again"
                if now > saved + 3_000_000:
                    saved = now
                    break
        child.send_signal(signal.SIGKILL)
        await child.wait()
        assert not (tmp_path / "to" / "long.bin").exists()
    seeder.limit(0)
    async with session(tmp_path / "state") as one:
        await one.fetch(
            FetchSpec(info_hash=key, folder=tmp_path / "to", addresses=(seeder.address,))
        )
        async with asyncio.timeout(40):
            path = await one.wait_complete(key)
    assert path.read_bytes() == data


def _done(engine: LibtorrentSession, key: InfoHash) -> int:
    found = engine.progress_of(key)
    return 0 if found is None else found.done
