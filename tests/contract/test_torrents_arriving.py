"""Reading files while they arrive: the same promises of the engine and of its fake."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from kkiri.adapters.torrents import LibtorrentSession, SessionSettings, open_session
from kkiri.adapters.torrents.alerts import Finished, PeerLeft
from kkiri.adapters.torrents.reading import PiecesRead
from kkiri.base.errors import FileChangedError, KkiriError, NotFoundError
from kkiri.base.types import Bytes, InfoHash
from kkiri.ports.media import FileStat
from kkiri.ports.torrents import FetchSpec, SeedSpec, Torrents
from tests.contract.torrents_kit import content, hash_of, here, make_torrent, session, until
from tests.fakes.engine import FakeEngine

WAIT_SECONDS = 60
FILES = [
    (("영화", "1부.mp4"), content("one", 900_001)),
    (("영화", "2부.mp4"), content("two", 1_300_007)),
    (("표지.jpg",), content("cover", 70_000)),
]
NAME = "연속극"
PIECE = 65_536


class Place:
    """An engine that fetches the torrent of FILES, and whether anything of it arrives."""

    def __init__(self, engine: Torrents, key: InfoHash, let_come: Callable[[], None]) -> None:
        self.engine, self.key, self.let_come = engine, key, let_come


@pytest.fixture(params=["engine", "fake"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """Give one that knows its torrent file, and of which nothing comes until it is let."""
    torrent = make_torrent(tmp_path / "a", NAME, FILES)
    key = hash_of(torrent)
    spec = FetchSpec(info_hash=key, folder=tmp_path / "b", metainfo=torrent)
    if request.param == "fake":
        fake = FakeEngine(
            metainfos={key: torrent}, bodies={key: [b for _, b in FILES]}, held_back={key}
        )
        await fake.fetch(spec)
        yield Place(fake, key, lambda: fake.let_come(key))
        return
    async with session(tmp_path / "sa") as one, session(tmp_path / "sb") as two:
        await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        await two.fetch(spec)
        yield Place(two, key, lambda: two.dial(key, here(one)))


async def _whole(engine: Torrents, key: InfoHash, index: int, step: int = 50_000) -> bytes:
    file = await engine.open(key, index)
    found = b""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while part := await file.read(len(found), step):
                found += part
    finally:
        file.close()
    return found


async def test_every_byte_is_read_as_it_is(place: Place) -> None:
    place.let_come()
    for index, (parts, data) in enumerate(FILES):
        file = await place.engine.open(place.key, index)
        assert (file.name, file.size) == (parts[-1], len(data))
        assert await file.read(len(data), 10) == b""
        assert await file.read(len(data) + 5, 10) == b""
        assert data.endswith(await file.read(len(data) - 7, 100))
        file.close()
        file.close()
        assert await _whole(place.engine, place.key, index) == data


async def test_many_readers_each_get_their_own(place: Place) -> None:
    place.let_come()
    async with asyncio.TaskGroup() as group:
        tasks = [
            (index, group.create_task(_whole(place.engine, place.key, index, 9_973 + index)))
            for index in (0, 1, 2, 1, 0)
        ]
    for index, task in tasks:
        assert task.result() == FILES[index][1]


async def test_what_is_not_there_is_not_found(place: Place) -> None:
    for index in (-1, 3, 9_999):
        with pytest.raises(NotFoundError):
            await place.engine.open(place.key, index)
    with pytest.raises(NotFoundError):
        await place.engine.open(InfoHash("0" * 40), 0)


async def test_a_reader_that_waits_hears_that_the_torrent_is_gone(place: Place) -> None:
    file = await place.engine.open(place.key, 0)
    async with asyncio.timeout(WAIT_SECONDS), asyncio.TaskGroup() as group:
        waiting = group.create_task(_refused(file.read(0, 10)))
        await asyncio.sleep(0)
        await place.engine.remove(place.key)
    assert isinstance(waiting.result(), NotFoundError)
    assert isinstance(await _refused(file.read(0, 10)), NotFoundError)
    file.close()


async def _refused(reading: object) -> KkiriError | None:
    assert asyncio.iscoroutine(reading)
    try:
        await reading
    except KkiriError as error:
        return error
    return None


async def test_a_reader_that_gave_up_can_read_again(place: Place) -> None:
    file = await place.engine.open(place.key, 1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await file.read(500_000, 10)
    place.let_come()
    async with asyncio.timeout(WAIT_SECONDS):
        assert FILES[1][1][500_000:].startswith(await file.read(500_000, 10))
    file.close()


# ---- the engine alone


DATA = content("film", 12_000_000)
PIECES = -(-len(DATA) // PIECE)


@pytest.fixture
async def film(tmp_path: Path) -> AsyncIterator[tuple[LibtorrentSession, InfoHash]]:
    """Give a session that fetches a film from two seeds, capped to 600 kB/s together.

    Somebody reads before the first seed is there: else this machine's pauses let pieces come.
    """
    torrent = make_torrent(tmp_path / "a", "film.mp4", [((), DATA)])
    async with AsyncExitStack() as stack:
        addresses = []
        for name in ("s1", "s2"):
            capped = SessionSettings(
                state=tmp_path / name, dht=False, map_ports=False, upload_rate=300_000
            )
            seed = await stack.enter_async_context(open_session(capped))
            await seed.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
            addresses += here(seed)
        me = await stack.enter_async_context(session(tmp_path / "me"))
        key = hash_of(torrent)
        await me.fetch(FetchSpec(info_hash=key, folder=tmp_path / "b", metainfo=torrent))
        file = await me.open(key, 0)
        async with asyncio.TaskGroup() as group:
            group.create_task(file.read(0, 1))
            await asyncio.sleep(0.2)
            me.dial(key, addresses)
        file.close()
        yield me, key


def _here(me: LibtorrentSession, key: InfoHash) -> int:
    handle = me._downloads.held[key].handle
    assert handle is not None
    return sum(handle.status(0xFFFFFFFF).pieces)


async def test_a_far_seek_does_not_wait_for_what_lies_between(
    film: tuple[LibtorrentSession, InfoHash],
) -> None:
    me, key = film
    before = 0
    for share in (0.0, 0.5, 0.9, 0.2, 0.7):
        file = await me.open(key, 0)
        at = int(len(DATA) * share)
        async with asyncio.timeout(WAIT_SECONDS):
            found = await file.read(at, 1_000)
        assert DATA[at:].startswith(found)
        # 9 pieces a second arrive: in order of the film it would be dozens
        now = _here(me, key)
        assert now - before <= 14, (share, before, now)
        before = now
        file.close()


async def test_a_film_comes_in_its_order_whoever_reads_it_and_its_end_soon(
    film: tuple[LibtorrentSession, InfoHash],
) -> None:
    me, key = film
    flags: list[bool] = []
    for pieces in (3, 12):  # a look at its head, then the player
        file = await me.open(key, 0)
        async with asyncio.timeout(WAIT_SECONDS):
            for number in range(pieces):
                at = number * PIECE
                assert DATA[at:].startswith(await file.read(at, PIECE))
        handle = me._downloads.held[key].handle
        assert handle is not None
        flags = handle.status(0xFFFFFFFF).pieces
        file.close()
    assert flags[-1], "what a seek must know is often there"
    assert sum(flags) <= 12 + 6, "what nobody reads came before what somebody waited for"


async def test_a_reader_keeps_its_seeds_when_all_that_is_wanted_just_now_is_here(
    film: tuple[LibtorrentSession, InfoHash], monkeypatch: pytest.MonkeyPatch
) -> None:
    me, key = film
    # as on a link that is quicker than we can want more: all else is put off, to the last piece
    monkeypatch.setattr(PiecesRead, "_leaves_enough", lambda *_: True)
    told: list[type] = []
    hear = me._downloads.hear
    file = await me.open(key, 0)
    async with asyncio.timeout(WAIT_SECONDS):
        await file.read(0, 1_000)
        monkeypatch.setattr(
            me._downloads, "hear", lambda one, now: (told.append(type(one)), hear(one, now))
        )
        for at in range(0, len(DATA), len(DATA) // 6):
            assert DATA[at:].startswith(await file.read(at, 1_000))
            await asyncio.sleep(0.5)
    file.close()
    assert told.count(Finished) > 2
    assert PeerLeft not in told


async def test_what_was_asked_of_a_torrent_that_was_taken_out_is_asked_again(
    film: tuple[LibtorrentSession, InfoHash],
) -> None:
    me, key = film
    file = await me.open(key, 0)
    async with asyncio.timeout(WAIT_SECONDS):
        await file.read(0, 1_000)
        me._arriving._kept.drop(key)
        assert me._arriving._kept.may_come(key, 0, PIECE), "asked, and the answer is lost"
        await me._downloads._pardon(me._downloads.held[key])
        assert DATA.startswith(await file.read(0, 1_000))
    file.close()


async def test_f4_after_all_seeks_nothing_is_left_out_and_no_deadline_stays(
    film: tuple[LibtorrentSession, InfoHash], monkeypatch: pytest.MonkeyPatch
) -> None:
    me, key = film
    monkeypatch.setattr("kkiri.adapters.torrents.arriving.EASE_SECONDS", 0.1)
    for share in (0.9, 0.1, 0.6):
        file = await me.open(key, 0)
        async with asyncio.timeout(WAIT_SECONDS):
            await file.read(int(len(DATA) * share), 100_000)
        file.close()
    handle = me._downloads.held[key].handle
    assert handle is not None
    await until(lambda: not me._arriving._torrents)
    pieces, wanted = handle.status(0xFFFFFFFF).pieces, handle.get_piece_priorities()
    assert {level for here, level in zip(pieces, wanted, strict=True) if not here} == {4}
    assert 0 < sum(pieces) < PIECES


async def test_a_film_is_whole_after_it_was_read_here_and_there(
    film: tuple[LibtorrentSession, InfoHash],
) -> None:
    me, key = film
    files = [await me.open(key, 0) for _ in range(3)]
    async with asyncio.timeout(WAIT_SECONDS):
        for at in (11_000_000, 4_000_000, 8_000_000):
            for file in files:
                assert DATA[at:].startswith(await file.read(at, 5_000))
        files[0].close()
        found = b""
        while part := await files[1].read(len(found), 1 << 20):
            found += part  # goes on over the move to the final place
        path = await me.wait_complete(key)
        assert DATA[9_000_000:].startswith(await files[2].read(9_000_000, 70_000))
    assert found == DATA
    assert path.read_bytes() == DATA
    assert _stops_reading(me, files[1:])


def _stops_reading(me: LibtorrentSession, files: list[object]) -> bool:
    for file in files:
        file.close()  # type: ignore[attr-defined]
    return not me._arriving._readers


async def test_no_byte_is_given_that_is_not_of_the_torrent(
    film: tuple[LibtorrentSession, InfoHash], monkeypatch: pytest.MonkeyPatch
) -> None:
    me, key = film
    monkeypatch.setattr("kkiri.adapters.torrents.reading.FAILURES_MAX", 1)
    file = await me.open(key, 0)
    async with asyncio.timeout(WAIT_SECONDS):
        await file.read(0, 10)
        part = me._downloads.held[key].part / "film.mp4"
        with part.open("r+b") as spoilt:  # as a disk does that was full or fails
            spoilt.write(bytes(PIECE))
        me._arriving._kept.drop(key)
        error = await _refused(file.read(0, 10))
    file.close()
    assert error is not None


async def test_a_seed_that_dies_and_comes_back_is_read_on(tmp_path: Path) -> None:
    data = content("killed", 3_000_000)
    torrent = make_torrent(tmp_path / "a", "film.mp4", [((), data)])
    key = hash_of(torrent)
    async with session(tmp_path / "me") as me:
        capped = SessionSettings(state=tmp_path / "s", dht=False, upload_rate=400_000)
        async with open_session(capped) as seed:
            await seed.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
            await me.fetch(FetchSpec(info_hash=key, folder=tmp_path / "b", addresses=here(seed)))
            file = await me.open(key, 0)
            async with asyncio.timeout(WAIT_SECONDS):
                first = await file.read(0, 1_000)
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(file.read(2_900_000, 1_000))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await asyncio.shield(waiting)
            async with session(tmp_path / "s2") as again:
                await again.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
                me.dial(key, here(again))
                async with asyncio.timeout(WAIT_SECONDS):
                    last = await waiting
        file.close()
    assert data.startswith(first)
    assert data[2_900_000:].startswith(last)


# ---- what stands on disk


def _stats(folder: Path) -> tuple[FileStat, ...]:
    found = [(folder / NAME).joinpath(*parts).stat() for parts, _ in FILES]
    return tuple(
        FileStat(size=Bytes(one.st_size), mtime_ns=one.st_mtime_ns, inode=one.st_ino)
        for one in found
    )


async def test_a_shared_file_is_read_where_it_stands_and_refused_once_changed(
    tmp_path: Path,
) -> None:
    torrent = make_torrent(tmp_path / "a", NAME, FILES)
    key = hash_of(torrent)
    spec = SeedSpec(metainfo=torrent, folder=tmp_path / "a", stats=_stats(tmp_path / "a"))
    async with session(tmp_path / "s") as me:
        await me.seed(spec)
        assert await _whole(me, key, 1) == FILES[1][1]
        file = await me.open(key, 0)
        assert await file.read(0, 10) == FILES[0][1][:10]
        path = (tmp_path / "a" / NAME).joinpath(*FILES[0][0])
        path.write_bytes(b"x" * len(FILES[0][1]))
        os.utime(path, ns=(1, 1))
        with pytest.raises(FileChangedError):
            await file.read(0, 10)
        file.close()
        with pytest.raises(FileChangedError):
            await _whole(me, key, 0)
        assert await _whole(me, key, 1) == FILES[1][1]


async def test_f1_no_link_is_followed_to_a_file(tmp_path: Path) -> None:
    torrent = make_torrent(tmp_path / "a", NAME, FILES)
    key = hash_of(torrent)
    outside = tmp_path / "outside"
    outside.mkdir()
    secret = outside / FILES[0][0][-1]
    secret.write_bytes(b"s" * len(FILES[0][1]))
    async with session(tmp_path / "s") as me:
        await me.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        assert await _whole(me, key, 2) == FILES[2][1]
        folder = tmp_path / "a" / NAME / "영화"
        (folder / "1부.mp4").unlink()
        (folder / "1부.mp4").symlink_to(secret)
        with pytest.raises(NotFoundError):
            await _whole(me, key, 0)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        folder.symlink_to(outside)
        with pytest.raises(NotFoundError):
            await _whole(me, key, 0)
        (folder.parent / "표지.jpg").unlink()
        os.mkfifo(folder.parent / "표지.jpg")
        with pytest.raises(KkiriError):
            await _whole(me, key, 2)
