"""Two sessions on loopback: what the torrent engine promises to the flows."""

import asyncio
from pathlib import Path

import libtorrent as lt
import pytest

from kkiri.adapters.torrents import engine
from kkiri.adapters.torrents.alerts import Finished, told
from kkiri.adapters.torrents.settings import limit_rates
from kkiri.base.errors import NotFoundError, UnsafeFolderError
from kkiri.ports.torrents import FetchSpec, SeedSpec, TransferState
from tests.contract.torrents_kit import content, hash_of, here, make_torrent, session

WAIT_SECONDS = 20


async def test_a_file_moves_by_its_info_hash_alone(tmp_path: Path) -> None:
    data = content("one", 3_000_000)
    torrent = make_torrent(tmp_path / "a", "노래 한 곡.mp3", [((), data)])
    info_hash = hash_of(torrent)
    async with session(tmp_path / "sa") as one, session(tmp_path / "sb") as two:
        await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        spec = FetchSpec(info_hash=info_hash, folder=tmp_path / "b", addresses=here(one))
        assert await two.fetch(spec) == info_hash
        async with asyncio.timeout(WAIT_SECONDS):
            path = await two.wait_complete(info_hash)
        assert path == tmp_path / "b" / "노래 한 곡.mp3"
        assert path.read_bytes() == data
        assert two.metainfo(info_hash) == torrent
        found = two.progress_of(info_hash)
        assert found is not None
        assert found.state is TransferState.SEEDING
        assert found.done == found.size == len(data)
        assert found.sources == here(one)
        assert sorted(p.name for p in (tmp_path / "b").iterdir()) == ["노래 한 곡.mp3"]
        assert (one.seeding(), two.seeding()) == (1, 1)


async def test_what_the_engine_never_calls_finished_is_finished_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # it says so once, and what a film's reader had put off may come after that
    monkeypatch.setattr(
        engine, "told", lambda lts: [one for one in told(lts) if not isinstance(one, Finished)]
    )
    data = content("one", 3_000_000)
    torrent = make_torrent(tmp_path / "a", "one.bin", [((), data)])
    async with session(tmp_path / "sa") as one, session(tmp_path / "sb") as two:
        await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        spec = FetchSpec(info_hash=hash_of(torrent), folder=tmp_path / "b", addresses=here(one))
        await two.fetch(spec)
        async with asyncio.timeout(WAIT_SECONDS):
            path = await two.wait_complete(hash_of(torrent))
        assert path.read_bytes() == data


async def test_rates_hold_for_peers_on_this_machine_too(tmp_path: Path) -> None:
    found = lt.session({"listen_interfaces": "127.0.0.1:0", "enable_dht": False})
    limit_rates(found, 20_000, 30_000)
    for number in (lt.session.global_peer_class_id, lt.session.local_peer_class_id):
        held = found.get_peer_class(number)
        assert (held["upload_limit"], held["download_limit"]) == (20_000, 30_000)


async def test_nothing_of_that_name_is_overwritten(tmp_path: Path) -> None:
    data = content("two", 200_000)
    torrent = make_torrent(tmp_path / "a", "x.bin", [((), data)])
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.bin").write_bytes(b"mine")
    (tmp_path / "b" / "x (2).bin").symlink_to(tmp_path / "outside")
    async with session(tmp_path / "sa") as one, session(tmp_path / "sb") as two:
        await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        key = await two.fetch(
            FetchSpec(info_hash=hash_of(torrent), folder=tmp_path / "b", addresses=here(one))
        )
        async with asyncio.timeout(WAIT_SECONDS):
            path = await two.wait_complete(key)
    assert path.name == "x (3).bin"
    assert path.read_bytes() == data
    assert (tmp_path / "b" / "x.bin").read_bytes() == b"mine"
    assert not (tmp_path / "outside").exists()


async def test_one_file_of_a_folder(tmp_path: Path) -> None:
    files = [(("디스크 1", f"{n}.flac"), content(f"f{n}", 150_000 + n)) for n in range(5)]
    torrent = make_torrent(tmp_path / "a", "앨범", [*files, (("빈.txt",), b"")])
    async with session(tmp_path / "sa") as one, session(tmp_path / "sb") as two:
        await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        key = await two.fetch(
            FetchSpec(
                info_hash=hash_of(torrent),
                folder=tmp_path / "b",
                addresses=here(one),
                only=("디스크 1/2.flac",),
            )
        )
        async with asyncio.timeout(WAIT_SECONDS):
            path = await two.wait_complete(key)
        assert path == tmp_path / "b" / "앨범" / "디스크 1" / "2.flac"
        assert path.read_bytes() == files[2][1]
        assert [p.name for p in (tmp_path / "b").rglob("*") if p.is_file()] == ["2.flac"]
        with pytest.raises(NotFoundError):
            await two.fetch(
                FetchSpec(
                    info_hash=hash_of(torrent),
                    folder=tmp_path / "c",
                    metainfo=torrent,
                    only=("no such.mp3",),
                )
            )


async def test_a_download_goes_on_after_a_restart(tmp_path: Path) -> None:
    data = content("three", 4_000_000)
    torrent = make_torrent(tmp_path / "a", "long.bin", [((), data)])
    key = hash_of(torrent)
    spec = FetchSpec(info_hash=key, folder=tmp_path / "b", metainfo=torrent)
    async with session(tmp_path / "sb") as two:
        await two.fetch(spec)
        waiting = two.progress_of(key)
        assert waiting is not None
        assert waiting.state in {TransferState.CHECKING, TransferState.FETCHING}
        assert not (tmp_path / "b" / "long.bin").exists()
    async with session(tmp_path / "sa") as one, session(tmp_path / "sb") as two:
        await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        await two.fetch(FetchSpec(info_hash=key, folder=tmp_path / "b", addresses=here(one)))
        async with asyncio.timeout(WAIT_SECONDS):
            path = await two.wait_complete(key)
        assert path.read_bytes() == data
    async with session(tmp_path / "sb") as two:
        assert two.seeding() == 1
        assert await two.wait_complete(key) == path
    path.write_bytes(b"edited")
    async with session(tmp_path / "sb") as two:
        assert two.seeding() == 0


async def test_pause_remove_and_go_on(tmp_path: Path) -> None:
    data = content("four", 500_000)
    torrent = make_torrent(tmp_path / "a", "p.bin", [((), data)])
    key = hash_of(torrent)
    async with session(tmp_path / "sa") as one, session(tmp_path / "sb") as two:
        await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        await two.fetch(FetchSpec(info_hash=key, folder=tmp_path / "b"))
        await two.pause(key, True)
        found = two.progress_of(key)
        assert found is not None
        assert found.state is TransferState.PAUSED
        await two.pause(key, False)
        two.dial(key, here(one))
        async with asyncio.timeout(WAIT_SECONDS):
            path = await two.wait_complete(key)
        await two.remove(key)
        assert path.read_bytes() == data
        assert two.progress_of(key) is None
        with pytest.raises(NotFoundError):
            await two.wait_complete(key)
        await two.fetch(FetchSpec(info_hash=key, folder=tmp_path / "c"))
        await two.remove(key)
        assert list((tmp_path / "c").iterdir()) == []


async def test_a_link_in_the_part_folder_is_refused(tmp_path: Path) -> None:
    data = content("five", 300_000)
    torrent = make_torrent(tmp_path / "a", "top", [(("d", "f.bin"), data)])
    key = hash_of(torrent)
    part = tmp_path / "b" / f".kkiri-part-{key}"
    (tmp_path / "outside").mkdir()
    part.mkdir(parents=True)
    (part / "top").symlink_to(tmp_path / "outside")
    async with session(tmp_path / "sb") as two:
        spec = FetchSpec(info_hash=key, folder=tmp_path / "b", metainfo=torrent)
        with pytest.raises(UnsafeFolderError):
            await two.fetch(spec)
        (part / "top").unlink()
        part.rmdir()
        part.symlink_to(tmp_path / "outside")
        with pytest.raises(UnsafeFolderError):
            await two.fetch(spec)
    assert list((tmp_path / "outside").iterdir()) == []
