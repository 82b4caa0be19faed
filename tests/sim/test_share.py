"""Sharing and unsharing, in virtual time on fake folders."""

import asyncio
from pathlib import Path

import pytest

from kkiri.base.errors import NotFoundError
from kkiri.event.listing import MediaFacts, Sort
from kkiri.flows.sharing import adding
from kkiri.flows.sharing.adding import Sharing
from kkiri.flows.sharing.share import share, unshare
from tests.fakes.virtual import run
from tests.fakes.world import FakeWorld
from tests.sim.shares import following, is_in_line, published, say_nothing, titles

MUSIC = Path("/음악")


def test_a_folder_becomes_listings() -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "첫눈.mp3", b"snow" * 100_000)
        fake.folders.write(MUSIC / "겨울" / "CD1" / "하나.flac", b"one" * 10)
        fake.folders.write(MUSIC / "겨울" / "둘.flac", b"two" * 10)
        fake.folders.write(MUSIC / "empty.txt", b"")
        fake.media.told["첫눈.mp3"] = MediaFacts(title="첫눈 (tag)", artist="가수", bitrate=128_000)
        fake.media.told["하나.flac"] = MediaFacts(artist="이", album="겨울", duration_seconds=10)
        fake.media.told["둘.flac"] = MediaFacts(artist="김", album="겨울", duration_seconds=20)
        told: list[Sharing] = []
        shared = await share(fake.world, MUSIC, told.append)
        assert (shared.listings, shared.bytes) == (2, 400_060)
        album, song = sorted(published(fake), key=lambda one: one.title)
        assert (song.title, song.facts.artist, song.sort) == ("첫눈 (tag)", "가수", Sort.MUSIC)
        assert [file.path for file in song.files] == ["첫눈.mp3"]
        assert (album.title, album.facts.album, album.facts.artist) == ("겨울", "겨울", None)
        assert album.facts.duration_seconds == 30
        assert [file.path for file in album.files] == ["CD1/하나.flac", "둘.flac"]
        assert all(file.root for file in album.files)
        assert album.addresses == (fake.torrents.address,)
        assert is_in_line(fake)
        assert told[0].step == "walk"
        assert told[-1] == Sharing(step="done", done=2, total=2, name="")
        assert max(one.bytes_done for one in told) == 400_060
        assert [one.done for one in told] == sorted(one.done for one in told)

    run(main())


def test_a_single_file_is_shared_alone() -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.txt", b"a")
        fake.folders.write(MUSIC / "b.txt", b"b")
        shared = await share(fake.world, MUSIC / "a.txt", say_nothing)
        assert shared.listings == 1
        assert titles(fake) == ["a.txt"]
        (listing,) = fake.state.library.listings()
        assert (listing.root, listing.folder) == (MUSIC / "a.txt", MUSIC)

    run(main())


def test_what_is_not_there_is_not_shared() -> None:
    async def main() -> None:
        fake = FakeWorld()
        with pytest.raises(NotFoundError):
            await share(fake.world, Path("/nothing"), say_nothing)
        assert fake.state.library.roots() == []

    run(main())


def test_sharing_again_hashes_nothing_again() -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.txt", b"a")
        await share(fake.world, MUSIC, say_nothing)
        first = await share(fake.world, MUSIC, say_nothing)
        second = await share(fake.again(), MUSIC, say_nothing)
        assert len(fake.folders.hashed) == 1
        assert (first.listings, second.listings, len(published(fake))) == (1, 1, 1)

    run(main())


def test_ten_thousand_files_in_one_folder() -> None:
    """Counts, not time: one transaction a batch, a listing each, nothing twice."""

    async def main() -> None:
        fake = FakeWorld()
        for number in range(10_000):
            fake.folders.write(MUSIC / f"노래 {number}.txt", f"{number}".encode())
        put: list[int] = []
        real = fake.state.library.put_listings

        def counting(listings: list[object], records: list[object]) -> None:
            put.append(len(listings))
            real(listings, records)  # type: ignore[arg-type]

        fake.state.library.put_listings = counting  # type: ignore[assignment,method-assign]
        shared = await share(fake.world, MUSIC, say_nothing)
        assert shared.listings == 10_000
        assert len(fake.folders.hashed) == 10_000
        assert put == [adding.BATCH_LISTINGS] * 50
        assert is_in_line(fake)

    run(main())


def test_a_file_that_changes_while_it_is_hashed_is_not_published_as_it_was() -> None:
    async def main() -> None:
        fake = FakeWorld()
        song = MUSIC / "song.mp3"
        fake.folders.write(song, b"old")
        changes = iter([True, False, False])
        fake.folders.before_hash = lambda _files: (
            fake.folders.write(song, b"new!") if next(changes) else None
        )
        await share(fake.world, MUSIC, say_nothing)
        assert [listing.size for listing in published(fake)] == [4]
        assert is_in_line(fake)

    run(main())


def test_a_file_that_changes_after_it_was_hashed_is_not_published_as_it_was() -> None:
    async def main() -> None:
        fake = FakeWorld()
        song = MUSIC / "song.mp3"
        fake.folders.write(song, b"old")
        changes = iter([True, False])
        fake.media.seconds = 5.0  # the hash is done by then
        fake.media.before_answer = lambda: (
            fake.folders.write(song, b"new!") if next(changes) else None
        )
        await share(fake.world, MUSIC, say_nothing)
        assert [listing.size for listing in published(fake)] == [4]
        assert fake.state.journal.last() == 1  # no listing was withdrawn: there was none before
        assert is_in_line(fake)

    run(main())


def test_unsharing_withdraws_everything_and_stops_following() -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.txt", b"a")
        fake.folders.write(MUSIC / "b.txt", b"b")
        await share(fake.world, MUSIC, say_nothing)

        async def then() -> None:
            await unshare(fake.world, MUSIC)
            fake.folders.write(MUSIC / "c.txt", b"c")
            await asyncio.sleep(20)

        await following(fake.world, then)
        assert (published(fake), fake.torrents.seeds) == ([], {})
        assert fake.state.library.roots() == []
        with pytest.raises(NotFoundError):
            await unshare(fake.world, MUSIC)

    run(main())


def test_unsharing_during_a_long_hash_leaves_nothing_behind() -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.txt", b"a")
        fake.folders.hash_seconds = 100.0
        sharing = asyncio.create_task(share(fake.world, MUSIC, say_nothing))
        await asyncio.sleep(50)
        await unshare(fake.world, MUSIC)
        await sharing
        assert (published(fake), fake.torrents.seeds, fake.state.library.listings()) == ([], {}, [])

    run(main())


def test_equal_files_in_two_folders_are_one_listing_until_both_are_gone() -> None:
    async def main() -> None:
        fake = FakeWorld()
        other = Path("/other")
        for root in (MUSIC, other):
            fake.folders.write(root / "a.txt", b"same")
            await share(fake.world, root, say_nothing)
        assert len(published(fake)) == 1
        await unshare(fake.world, MUSIC)
        assert titles(fake) == ["a.txt"]
        (spec,) = fake.torrents.seeds.values()
        assert spec.folder == other
        await unshare(fake.world, other)
        assert (published(fake), fake.torrents.seeds) == ([], {})

    run(main())


def test_a_file_that_cannot_be_read_holds_up_nothing() -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.txt", b"a")
        fake.folders.write(MUSIC / "secret.txt", b"secret")
        fake.folders.write(MUSIC / "bad \udcff.txt", b"a name that is not UTF-8")
        fake.folders.unreadable.add(MUSIC / "secret.txt")
        tries: list[int] = []
        fake.folders.before_hash = lambda files: tries.append(len(files))
        shared = await share(fake.world, MUSIC, say_nothing)
        assert (shared.listings, titles(fake), len(tries)) == (1, ["a.txt"], 2)

    run(main())
