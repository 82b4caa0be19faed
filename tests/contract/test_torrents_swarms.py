"""What one sees of a running torrent, and what one changes: files, rates, removal (SAFETY F1)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import libtorrent as lt
import pytest

from kkiri.adapters.torrents import LibtorrentSession
from kkiri.base.errors import NotFoundError, RefusedError
from kkiri.base.types import Bytes, InfoHash
from kkiri.ports.swarms import Origin, Swarm
from kkiri.ports.torrents import FetchSpec, SeedSpec, TransferState
from kkiri.swarm.pieces import PieceState
from tests.contract.torrents_kit import (
    PlainSeeder,
    content,
    hash_of,
    here,
    make_torrent,
    session,
    until,
)

WAIT_SECONDS = 20
SLOW = Bytes(150_000)
FILES = [(("디스크 1", f"{n}.flac"), content(f"s{n}", 400_000 + n)) for n in range(4)]


@asynccontextmanager
async def fetching(tmp_path: Path) -> AsyncIterator[tuple[LibtorrentSession, InfoHash]]:
    """Let a folder of four files arrive slowly."""
    torrent = make_torrent(tmp_path / "a", "앨범", FILES)
    async with session(tmp_path / "sa") as one, session(tmp_path / "sb") as two:
        await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        two.swarms.limit(Bytes(0), SLOW)
        key = await two.fetch(
            FetchSpec(info_hash=hash_of(torrent), folder=tmp_path / "b", addresses=here(one))
        )
        await until(lambda: _done(two, key) > 0)
        yield two, key


def _done(engine: LibtorrentSession, key: InfoHash) -> int:
    found = engine.progress_of(key)
    return 0 if found is None else found.done


async def _seen(engine: LibtorrentSession, key: InfoHash, wanted: Callable[[Swarm], bool]) -> Swarm:
    async with asyncio.timeout(WAIT_SECONDS):
        while not wanted(found := await engine.swarms.swarm(key)):  # noqa: ASYNC110  the engine tells of no change
            await asyncio.sleep(0.05)
        return found


async def _complete(engine: LibtorrentSession, key: InfoHash) -> Path:
    async with asyncio.timeout(WAIT_SECONDS):
        return await engine.wait_complete(key)


async def test_the_swarm_shows_who_gives_and_what_is_here(tmp_path: Path) -> None:
    async with fetching(tmp_path) as (two, key):
        found = await _seen(two, key, lambda swarm: swarm.peers[0].down_rate > 0)
        (peer,) = found.peers
        assert found.peers_total == 1
        assert (peer.client, peer.progress, peer.origin) == ("kkiri/0.1.0", 1.0, Origin.NAMED)
        assert not peer.utp
        assert [file.path for file in found.files] == ["/".join(parts) for parts, _ in FILES]
        assert all(file.wanted and not file.first for file in found.files)
        assert 0 < sum(file.done for file in found.files) <= _done(two, key) + 400_000
        assert set(found.availability) == {1}
        assert len(found.pieces) == len(found.availability) == -(-1_600_006 // found.piece_bytes)
        assert PieceState.MISSING in found.pieces
        assert found.downloaded > 0
        two.swarms.limit(Bytes(0), Bytes(0))
        await _complete(two, key)
        await until(lambda: two.seeding() == 1)
        after = await two.swarms.swarm(key)
        assert set(after.pieces) <= {PieceState.HERE}
        assert [file.done for file in after.files] == [len(body) for _, body in FILES]
        with pytest.raises(NotFoundError):
            await two.swarms.swarm(InfoHash("ab" * 20))


async def test_a_peer_that_dials_us_by_utp_is_shown_so(tmp_path: Path) -> None:
    data = content("utp", 3_000_000)
    torrent = make_torrent(tmp_path / "a", "u.bin", [((), data)])
    seeder = PlainSeeder()
    seeder.seed(torrent, tmp_path / "plain", [data])
    seeder.session.apply_settings(
        {"enable_outgoing_tcp": False, "seeding_outgoing_connections": True}
    )
    (handle,) = seeder.session.get_torrents()
    async with session(tmp_path / "sb") as two:
        two.swarms.limit(Bytes(0), SLOW)
        key = await two.fetch(
            FetchSpec(info_hash=hash_of(torrent), folder=tmp_path / "b", metainfo=torrent)
        )
        (address,) = here(two)
        handle.connect_peer((address.host, address.port))
        await until(lambda: _done(two, key) > 0)
        (peer,) = (await two.swarms.swarm(key)).peers
        assert (peer.origin, peer.utp) == (Origin.INCOMING, True)
        assert peer.client.startswith("libtorrent")


async def test_files_are_chosen_while_it_runs(tmp_path: Path) -> None:
    async with fetching(tmp_path) as (two, key):
        with pytest.raises(NotFoundError):
            await two.swarms.choose(key, ["no such.flac"])
        wanted = ["디스크 1/1.flac", "앨범/디스크 1/2.flac"]
        await two.swarms.choose(key, wanted, ["디스크 1/2.flac"])
        found = await two.swarms.swarm(key)
        assert [file.wanted for file in found.files] == [False, True, True, False]
        assert [file.first for file in found.files] == [False, False, True, False]
        assert PieceState.UNWANTED in found.pieces
        progress = two.progress_of(key)
        assert progress is not None
        assert progress.size == 400_001 + 400_002
    async with session(tmp_path / "sb") as again:
        spec = FetchSpec(info_hash=key, folder=tmp_path / "b", only=tuple(wanted))
        await again.fetch(spec)
        assert [file.first for file in (await again.swarms.swarm(key)).files][2] is True


async def test_what_came_of_an_unchosen_file_is_not_left_behind(tmp_path: Path) -> None:
    async with fetching(tmp_path) as (two, key):
        await two.swarms.choose(key, None, ["디스크 1/0.flac"])
        part = next((tmp_path / "b").glob(".kkiri-part-*"))
        await until(lambda: (part / "앨범" / "디스크 1" / "3.flac").exists())
        await two.swarms.choose(key, ["디스크 1/0.flac", "디스크 1/1.flac"])
        two.swarms.limit(Bytes(0), Bytes(0))
        path = await _complete(two, key)
        assert path == tmp_path / "b" / "앨범"
        there = {one.name: one.read_bytes() for one in path.rglob("*") if one.is_file()}
        assert there == {"0.flac": FILES[0][1], "1.flac": FILES[1][1]}
        with pytest.raises(RefusedError):
            await two.swarms.choose(key, None)
        await until(lambda: two.seeding() == 1)
        # what it gives on is what it has: another gets those two files from it alone
        async with session(tmp_path / "sc") as three:
            await three.fetch(
                FetchSpec(
                    info_hash=key,
                    folder=tmp_path / "c",
                    addresses=here(two),
                    only=("디스크 1/0.flac",),
                )
            )
            await _complete(three, key)
            await _seen(two, key, lambda swarm: swarm.uploaded >= 400_000)


async def test_erase_takes_only_what_was_fetched(tmp_path: Path) -> None:
    async with fetching(tmp_path) as (two, key):
        two.swarms.limit(Bytes(0), Bytes(0))
        path = await _complete(two, key)
        await until(lambda: two.seeding() == 1)
        (path / "mine.txt").write_text("a note of my own")
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "1.flac").write_bytes(b"not of the torrent")
        edited = path / "디스크 1" / "0.flac"
        edited.write_bytes(b"cut by hand")
        assert await two.swarms.erase(key) == 1
        left = sorted(str(one.relative_to(path)) for one in path.rglob("*") if one.is_file())
        assert left == ["mine.txt", "디스크 1/0.flac"]
        assert two.progress_of(key) is None
        with pytest.raises(NotFoundError):
            await two.swarms.erase(key)


@pytest.mark.parametrize("where", ["file", "folder", "top"])
async def test_erase_follows_no_link(tmp_path: Path, where: str) -> None:
    async with fetching(tmp_path) as (two, key):
        two.swarms.limit(Bytes(0), Bytes(0))
        path = await _complete(two, key)
        await until(lambda: two.seeding() == 1)
        outside = tmp_path / "outside"
        moved = {"file": path / "디스크 1" / "1.flac", "folder": path / "디스크 1", "top": path}
        moved[where].rename(outside)  # the very same files, now elsewhere, and a link to them
        moved[where].symlink_to(outside)
        before = {one: one.read_bytes() for one in [outside, *outside.rglob("*")] if one.is_file()}
        stayed = await two.swarms.erase(key)
        assert stayed == (1 if where == "file" else 4)
        assert {one: one.read_bytes() for one in before} == before
        assert moved[where].readlink() == outside


async def test_erase_of_an_unfinished_one_leaves_nothing(tmp_path: Path) -> None:
    async with fetching(tmp_path) as (two, key):
        assert await two.swarms.erase(key) == 0
        assert list((tmp_path / "b").iterdir()) == []


async def test_rates_change_while_it_runs(tmp_path: Path) -> None:
    async with fetching(tmp_path) as (two, key):
        engine = two._engine.session
        for upload, download in ((20_000, 30_000), (0, 0)):
            two.swarms.limit(Bytes(upload), Bytes(download))
            held = engine.get_peer_class(lt.session.local_peer_class_id)
            assert (held["upload_limit"], held["download_limit"]) == (upload, download)
        await _complete(two, key)
        found = two.progress_of(key)
        assert found is not None
        assert found.state is TransferState.SEEDING


@pytest.mark.parametrize("edited", [False, True])
async def test_what_was_given_on_is_known_after_a_restart(tmp_path: Path, edited: bool) -> None:
    torrent = make_torrent(tmp_path / "a", "앨범", FILES)
    key = hash_of(torrent)
    async with session(tmp_path / "sb") as two:
        async with session(tmp_path / "sa") as one:
            await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
            await two.fetch(FetchSpec(info_hash=key, folder=tmp_path / "b", addresses=here(one)))
            path = await _complete(two, key)
        async with session(tmp_path / "sc") as three:
            await three.fetch(FetchSpec(info_hash=key, folder=tmp_path / "c", addresses=here(two)))
            await _complete(three, key)
            given = (await _seen(two, key, lambda swarm: swarm.uploaded >= 1_600_000)).uploaded
        if edited:  # what is noted when it ends must not take this for what came
            (path / "디스크 1" / "0.flac").write_bytes(b"edited")
    async with session(tmp_path / "sb") as again:
        assert again.seeding() == (0 if edited else 1)
        if not edited:
            assert (await again.swarms.swarm(key)).uploaded == given


async def test_more_is_wanted_at_the_moment_when_all_was_here(tmp_path: Path) -> None:
    torrent = make_torrent(tmp_path / "a", "앨범", FILES)
    seeder = PlainSeeder()
    seeder.seed(torrent, tmp_path / "plain", [body for _, body in FILES])
    async with session(tmp_path / "sb") as two:
        two.swarms.limit(Bytes(0), Bytes(400_000))
        spec = FetchSpec(
            info_hash=hash_of(torrent), folder=tmp_path / "b", addresses=(seeder.address,)
        )
        key = await two.fetch(spec)
        await until(lambda: _done(two, key) > 0)
        download = two._downloads.held[key]
        await two.swarms.choose(key, ["디스크 1/0.flac"])
        async with download.lock:  # the engine is done, the move waits for the lock
            handle = download.handle
            assert handle is not None
            await until(lambda: handle.status().is_finished)
            await until(lambda: handle.status().num_peers == 0)
            download.choose(None, ())
            handle.prioritize_files([4] * len(FILES))
        await two.swarms.choose(key, None)
        two.swarms.limit(Bytes(0), Bytes(0))
        path = await _complete(two, key)
        there = {one.name: one.read_bytes() for one in path.rglob("*") if one.is_file()}
        assert there == {parts[-1]: body for parts, body in FILES}
