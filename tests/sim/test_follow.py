"""Following shared folders: withdrawn in time, resumed, never hashed twice; in virtual time."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from kkiri.base.errors import DiskFullError
from kkiri.base.types import Seq
from kkiri.event import kinds
from kkiri.flows.sharing.share import reseed, share
from tests.fakes.virtual import run
from tests.fakes.world import FakeWorld
from tests.sim.shares import following, is_in_line, published, say_nothing, titles, until

MUSIC = Path("/음악")
WITHDRAWN_SECONDS_MAX = 5.0  # SAFETY F3


def test_killed_in_the_middle_it_goes_on_where_it_was() -> None:
    async def main() -> None:
        fake = FakeWorld()
        for number in range(1_000):
            fake.folders.write(MUSIC / f"{number}.txt", f"{number}".encode())
        killed = asyncio.create_task(share(fake.world, MUSIC, say_nothing))
        fake.folders.before_hash = lambda _files: (
            killed.cancel() if len(fake.folders.hashed) == 500 else None
        )
        with suppress(asyncio.CancelledError):
            await killed
        done = fake.state.library.totals()[0]
        assert done == 400
        fake.folders.before_hash = lambda _files: None
        before = len(fake.folders.hashed)
        fake.torrents.seeds.clear()
        world = fake.again()

        async def then() -> None:
            await until(lambda: fake.state.library.totals()[0] == 1_000)

        await reseed(world)
        assert len(fake.torrents.seeds) == done
        await following(world, then)
        assert len(fake.folders.hashed) - before == 1_000 - done
        assert is_in_line(fake)

    run(main())


def test_a_new_file_appears_when_it_is_quiet() -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.txt", b"a")
        await share(fake.world, MUSIC, say_nothing)
        tries: list[str] = []
        fake.folders.before_hash = lambda files: tries.append(files[0].path.name)

        async def then() -> None:
            for grown in range(1, 20):  # a copy that takes ten seconds
                fake.folders.write(MUSIC / "film.mkv", bytes(1_000 * grown), age=0)
                await asyncio.sleep(0.5)
                assert titles(fake) == ["a.txt"]
            took = await until(lambda: titles(fake) == ["a.txt", "film"])
            assert took <= 3.0
            assert tries == ["film.mkv"]

        await following(fake.world, then)
        assert is_in_line(fake)

    run(main())


@pytest.mark.parametrize("change", ["edit", "truncate", "replace", "remove"])
@pytest.mark.parametrize("busy", [False, True])
def test_a_changed_file_is_withdrawn_in_time(change: str, busy: bool) -> None:
    """F3; with `busy`, a file that takes an hour to hash is in hand at that moment."""

    async def main() -> None:
        fake = FakeWorld()
        song = MUSIC / "song.mp3"
        fake.folders.write(song, b"old" * 1_000)
        fake.folders.write(MUSIC / "other.txt", b"other")
        await share(fake.world, MUSIC, say_nothing)
        old = next(one for one in published(fake) if one.title == "song")

        def is_withdrawn() -> bool:
            return old.info_hash not in fake.torrents.seeds and old not in published(fake)

        async def then() -> None:
            if busy:
                fake.folders.hash_seconds = 3_600.0
                fake.folders.write(MUSIC / "huge.mkv", bytes(10))
                await asyncio.sleep(10)
            match change:
                case "edit":
                    fake.folders.write(song, b"new" * 1_000)
                case "truncate":
                    fake.folders.write(song, b"old")
                case "replace":
                    fake.folders.remove(song)
                    fake.folders.write(song, b"other song")
                case _:
                    fake.folders.remove(song)
            assert await until(is_withdrawn) <= WITHDRAWN_SECONDS_MAX
            if not busy:
                left = 1 if change == "remove" else 2
                await until(lambda: len(published(fake)) == left and is_in_line(fake))

        await following(fake.world, then)
        deletions = [r for _, r in fake.state.journal.after(Seq(0), 99) if r.kind == kinds.DELETION]
        assert [tag for tag in deletions[0].tags if tag[0] == "k"] == [("k", "2003")]

    run(main())


@pytest.mark.parametrize("what", ["file", "folder", "inside"])
def test_a_renamed_file_is_not_hashed_again(what: str) -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.mp3", b"a" * 100_000)
        fake.folders.write(MUSIC / "album" / "1.mp3", b"1" * 100_000)
        fake.folders.write(MUSIC / "album" / "2.mp3", b"2" * 100_000)
        await share(fake.world, MUSIC, say_nothing)
        before, hashed = published(fake), len(fake.folders.hashed)
        old, new = {
            "file": (MUSIC / "a.mp3", MUSIC / "나.mp3"),
            "folder": (MUSIC / "album", MUSIC / "음반"),
            "inside": (MUSIC / "album" / "1.mp3", MUSIC / "album" / "11.mp3"),
        }[what]

        async def then() -> None:
            fake.folders.rename(old, new)
            shown = {"file": "나", "folder": "음반", "inside": "album"}[what]
            await until(lambda: shown in titles(fake) and published(fake) != before, 5)

        await following(fake.world, then)
        assert len(fake.folders.hashed) == hashed
        assert len(published(fake)) == 2
        assert {f.root for one in published(fake) for f in one.files} == {
            f.root for one in before for f in one.files
        }
        assert is_in_line(fake)

    run(main())


def test_renamed_away_and_back_within_a_second_it_is_published() -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.mp3", b"a")
        await share(fake.world, MUSIC, say_nothing)

        async def then() -> None:
            for old, new in (("a.mp3", "b.mp3"), ("b.mp3", "a.mp3")):
                fake.folders.rename(MUSIC / old, MUSIC / new)
                await until(lambda new=new: titles(fake) == [new[0]])  # type: ignore[misc]
            await asyncio.sleep(5)
            assert titles(fake) == ["a"]

        await following(fake.world, then)
        assert is_in_line(fake)

    run(main())


def test_changes_while_it_was_off_are_found_at_start() -> None:
    async def main() -> None:
        fake = FakeWorld()
        for name in ("same", "edited", "removed", "renamed"):
            fake.folders.write(MUSIC / f"{name}.txt", name.encode())
        await share(fake.world, MUSIC, say_nothing)
        fake.folders.hashed.clear()
        fake.torrents.seeds.clear()
        fake.folders.write(MUSIC / "edited.txt", b"edited again")
        fake.folders.remove(MUSIC / "removed.txt")
        fake.folders.rename(MUSIC / "renamed.txt", MUSIC / "moved.txt")
        fake.folders.write(MUSIC / "added.txt", b"added")
        world = fake.again()
        await reseed(world)
        assert len(fake.torrents.seeds) == 1  # only what is as it was

        async def then() -> None:
            await until(lambda: is_in_line(fake) and len(published(fake)) == 4)

        await following(world, then)
        assert titles(fake) == ["added.txt", "edited.txt", "moved.txt", "same.txt"]
        assert sorted(fake.folders.hashed) == [("added.txt",), ("edited.txt",)]

    run(main())


def test_a_change_that_no_watch_told_is_found_by_looking() -> None:
    """A full queue of the system, or a network drive."""

    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.txt", b"a")
        await share(fake.world, MUSIC, say_nothing)

        async def then() -> None:
            await asyncio.sleep(10)
            fake.folders._tell = lambda _path: None  # type: ignore[method-assign]
            fake.folders.write(MUSIC / "b.txt", b"b")
            await until(lambda: titles(fake) == ["a.txt", "b.txt"], 400)

        await following(fake.world, then)

    run(main())


def test_a_folder_that_went_and_came_back() -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.txt", b"a")
        await share(fake.world, MUSIC, say_nothing)

        async def then() -> None:
            fake.folders.remove(MUSIC)
            fake.folders.end_watches()
            await until(lambda: not published(fake), WITHDRAWN_SECONDS_MAX)
            fake.folders.write(MUSIC / "a.txt", b"a")
            await until(lambda: titles(fake) == ["a.txt"], 10)

        await following(fake.world, then)
        assert is_in_line(fake)

    run(main())


def test_a_full_disk_is_said_and_it_goes_on_by_itself() -> None:
    async def main() -> None:
        fake = FakeWorld()
        fake.folders.write(MUSIC / "a.txt", b"a")
        real = fake.state.library.put_listings

        def full(*_args: object) -> None:
            raise DiskFullError

        fake.state.library.put_listings = full  # type: ignore[method-assign]
        with pytest.raises(DiskFullError):
            await share(fake.world, MUSIC, say_nothing)

        async def then() -> None:
            await asyncio.sleep(20)
            assert fake.torrents.seeds == {}
            fake.state.library.put_listings = real  # type: ignore[method-assign]
            await until(lambda: titles(fake) == ["a.txt"], 10)

        await following(fake.world, then)
        assert is_in_line(fake)

    run(main())
