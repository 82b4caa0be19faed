"""Shared folders: what is refused, what is passed over, what is told when it changes."""

import asyncio
import os
from pathlib import Path

import pytest

from kkiri.adapters.folders import DiskFolders
from kkiri.base.errors import NotFoundError, UnsafeFolderError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "user"
    for name in ("Music", "Music/첫 음반", ".ssh", ".kkiri/shared", ".kkiri/run", ".config/x"):
        (home / name).mkdir(parents=True)
    (home / "Music" / "노래.mp3").write_bytes(b"la")
    (home / "Music" / "첫 음반" / "하나.mp3").write_bytes(b"one")
    (home / ".ssh" / "id_rsa").write_text("secret")
    (home / ".kkiri" / "key").write_text("secret")
    (home / "file.txt").write_text("text")
    (home / ".hidden.txt").write_text("text")
    (home / "link").symlink_to(home / "Music")
    return home


@pytest.fixture
def folders(home: Path) -> DiskFolders:
    return DiskFolders(home / ".kkiri", home=home)


@pytest.mark.parametrize("name", ["Music", "Music/첫 음반", "file.txt", ".kkiri/shared"])
def test_what_may_be_shared(folders: DiskFolders, home: Path, name: str) -> None:
    assert folders.check(home / name) == home / name


@pytest.mark.parametrize(
    "name",
    ["", "..", ".ssh", ".ssh/id_rsa", ".hidden.txt", ".config/x", "link", ".kkiri", ".kkiri/run",
     ".kkiri/key", "/", "/etc", "/etc/passwd", "/proc/self", "/dev/null", "/usr", "/home", "/tmp",
     "link/../.ssh", "Music/../.."],
)  # fmt: skip
def test_what_is_never_shared(folders: DiskFolders, home: Path, name: str) -> None:
    with pytest.raises(UnsafeFolderError):
        folders.check(home / name)


def test_a_folder_around_kkiris_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "peer" / "run").mkdir(parents=True)
    with pytest.raises(UnsafeFolderError):
        DiskFolders(tmp_path / "peer", home=Path("/nobody")).check(tmp_path)


@pytest.mark.parametrize("name", ["", ".."])
def test_a_home_without_kkiri_in_it_is_refused_too(tmp_path: Path, home: Path, name: str) -> None:
    (tmp_path.parent / "peer").mkdir(exist_ok=True)
    with pytest.raises(UnsafeFolderError, match="home folder"):
        DiskFolders(tmp_path.parent / "peer", home=home).check(home / name)


@pytest.mark.parametrize("name", ["nothing", "file.txt/x"])
def test_what_is_not_there(folders: DiskFolders, home: Path, name: str) -> None:
    with pytest.raises(NotFoundError):
        folders.check(home / name)


def test_a_path_that_is_not_full_is_refused(folders: DiskFolders) -> None:
    with pytest.raises(UnsafeFolderError):
        folders.check(Path("Music"))


def test_a_way_through_a_link_is_shown_where_it_leads(folders: DiskFolders, home: Path) -> None:
    assert folders.check(home / "link" / "첫 음반") == home / "Music" / "첫 음반"


async def test_only_regular_files_are_listed(folders: DiskFolders, home: Path) -> None:
    music = home / "Music"
    (music / ".git").mkdir()
    (music / ".git" / "config").write_text("secret")
    (music / ".cover.jpg").write_bytes(b"x")
    (music / "film.mkv.part").write_bytes(b"x")
    (music / "Thumbs.db").write_bytes(b"x")
    (music / "out").symlink_to(home / ".ssh")
    (music / "key.txt").symlink_to(home / ".kkiri" / "key")
    (music / "첫 음반" / "up").symlink_to(home)
    os.mkfifo(music / "pipe")
    os.link(home / "file.txt", music / "hard.txt")  # a hard link is a file of its own: shared
    found = await folders.walk(music)
    assert [file.relative for file in found] == [
        ("hard.txt",),
        ("노래.mp3",),
        ("첫 음반", "하나.mp3"),
    ]
    assert found[1].path == music / "노래.mp3"
    assert found[1].stat == folders.stat(music / "노래.mp3")


async def test_an_unreadable_folder_hides_nothing_else(
    folders: DiskFolders, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir
    calls: list[object] = []

    def refusing(place: object) -> object:
        calls.append(place)
        if len(calls) == 2:
            raise PermissionError(13, "no")
        return scandir(place)  # type: ignore[call-overload]

    (home / "Music" / "other").mkdir()
    (home / "Music" / "other" / "b").write_bytes(b"b")
    monkeypatch.setattr(os, "scandir", refusing)
    assert len(await folders.walk(home / "Music")) == 2


async def test_a_single_file(folders: DiskFolders, home: Path) -> None:
    (found,) = await folders.walk(home / "file.txt")
    assert found.relative == ("file.txt",)
    hashed = await folders.hash([found], 65_536, lambda _: None)
    assert len(hashed.pieces) == 20


async def test_a_root_that_went(folders: DiskFolders, home: Path) -> None:
    for name in ("nothing", "link"):
        with pytest.raises(NotFoundError):
            await folders.walk(home / name)


def test_stat_never_follows(folders: DiskFolders, home: Path) -> None:
    (home / "to").symlink_to(home / "file.txt")
    assert folders.stat(home / "to") is None
    assert folders.stat(home / "Music") is None
    assert folders.stat(home / "nothing") is None
    assert folders.stat(home / "file.txt") is not None


def test_free_bytes_of_what_is_not_there_yet(folders: DiskFolders, home: Path) -> None:
    assert folders.free_bytes(home / "not" / "yet") > 0


async def test_a_cancelled_hash_stops_its_thread(folders: DiskFolders, home: Path) -> None:
    large = home / "Music" / "large"
    with large.open("wb") as file:
        file.truncate(2**36)  # sparse: a minute of hashing
    (found,) = [one for one in await folders.walk(home / "Music") if one.path == large]
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told(_count: int) -> None:
        loop.call_soon_threadsafe(begun.set)

    hashing = asyncio.create_task(folders.hash([found], 65_536, told))
    async with asyncio.timeout(20):
        await begun.wait()
        hashing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hashing
        await asyncio.to_thread(folders._pool.shutdown, wait=True)
