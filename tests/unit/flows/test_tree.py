"""The folders that WebDAV shows: names that meet get numbers, wrong ones are made safe (F2)."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from kkiri.base.errors import NotFoundError
from kkiri.base.types import Bytes, InfoHash, Seconds, UnixTime
from kkiri.flows.tree import LOOK_SECONDS, Tree, TreeFile, TreeFolder
from kkiri.flows.world import World
from kkiri.ports.media import FileStat
from kkiri.ports.state import SharedFile, SharedListing, Transfer
from kkiri.swarm.bencode import Bencoded, encode
from kkiri.swarm.metainfo import info_hash_of


def _shared(number: int, root: str, *paths: str) -> SharedListing:
    files = tuple(
        SharedFile(
            path=Path(path),
            stat=FileStat(size=Bytes(5), mtime_ns=10**18 + number, inode=number),
        )
        for path in paths
    )
    return SharedListing(
        info_hash=InfoHash(f"{number:040x}"),
        root=Path(root),
        folder=Path(root),
        title="x",
        size=Bytes(5),
        metainfo=b"",
        records=(),
        files=files,
    )


def _torrent(name: bytes, *paths: bytes) -> bytes:
    info: dict[bytes, Bencoded] = {b"name": name, b"piece length": 16_384, b"pieces": b"x" * 20}
    if paths:
        info[b"files"] = [{b"length": 3, b"path": list(path.split(b"/"))} for path in paths]
    else:
        info[b"length"] = 3
    return encode({b"info": info})


class _House:
    """A library and downloads, and a clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0
        self.listings: list[SharedListing] = []
        self.downloads: dict[InfoHash, bytes | None] = {}
        self.only: tuple[str, ...] | None = None
        self.looks = 0

    def world(self) -> World:
        def listings(root: Path) -> list[SharedListing]:
            self.looks += 1
            return [one for one in self.listings if one.root == root]

        def transfers() -> list[Transfer]:
            return [
                Transfer(
                    info_hash=key,
                    name="x",
                    folder=Path("/in"),
                    addresses=(),
                    added_at=UnixTime(number),
                    only=self.only,
                )
                for number, key in enumerate(self.downloads)
            ]

        roots = SimpleNamespace(
            roots=lambda: list(dict.fromkeys(one.root for one in self.listings)),
            listings=listings,
        )
        made = SimpleNamespace(
            clock=SimpleNamespace(monotonic=lambda: Seconds(self.now)),
            library=roots,
            transfers=SimpleNamespace(transfers=transfers),
            torrents=SimpleNamespace(metainfo=self.downloads.get),
        )
        return cast("World", made)

    def put(self, raw: bytes) -> None:
        self.downloads[info_hash_of(raw)] = raw


async def _names(tree: Tree, *parts: str) -> list[str]:
    found = await tree.find(parts)
    assert isinstance(found, TreeFolder)
    return [one.name for one in found.entries()]


async def test_folders_stand_under_their_names_and_files_keep_their_numbers() -> None:
    house = _House()
    house.listings = [
        _shared(1, "/a/음악", "/a/음악/바다/1.mp3", "/a/음악/바다/2.mp3"),
        _shared(2, "/a/음악", "/a/음악/alone.mp3"),
        _shared(3, "/b/음악", "/b/음악/other.mp3"),
        _shared(4, "/c/film.mkv", "/c/film.mkv"),
    ]
    tree = Tree(house.world())
    assert await _names(tree) == ["downloads", "library"]
    assert await _names(tree, "library") == ["film.mkv", "음악", "음악 (2)"]
    assert await _names(tree, "library", "음악") == ["alone.mp3", "바다"]
    second = await tree.find(["library", "음악", "바다", "2.mp3"])
    assert isinstance(second, TreeFile)
    assert (second.number, second.info_hash) == (1, house.listings[0].info_hash)
    assert second.changed_at == 10**9
    other = await tree.find(["library", "음악 (2)", "other.mp3"])
    assert isinstance(other, TreeFile)


async def test_downloads_of_one_name_get_numbers_and_wrong_names_are_made_safe() -> None:
    house = _House()
    house.put(_torrent(b"film.mkv"))
    house.put(_torrent(b"FILM.mkv"))
    house.put(_torrent(b"../..", b"a/../b", b"con"))
    house.downloads[InfoHash("f" * 40)] = None  # what it consists of is not known yet
    house.downloads[InfoHash("e" * 40)] = b"rubbish"
    tree = Tree(house.world())
    names = await _names(tree, "downloads")
    assert len(names) == 3
    assert {"film.mkv", "FILM (2).mkv"} < set(names)
    assert not any(name in {"..", "."} or "/" in name for name in names)
    for parts in (["downloads", ".."], ["..", "etc"], ["library", "..", "x"], ["downloads", ""]):
        with pytest.raises(NotFoundError):
            await tree.find(parts)


async def test_only_what_is_wanted_of_a_download_is_shown() -> None:
    house = _House()
    house.put(_torrent(b"top", b"a/1.mp3", b"b.mp3"))
    house.only = ("b.mp3",)
    tree = Tree(house.world())
    assert await _names(tree, "downloads", "top") == ["b.mp3"]
    found = await tree.find(["downloads", "top", "b.mp3"])
    assert isinstance(found, TreeFile)
    assert found.number == 1


async def test_it_is_looked_at_anew_after_a_while_and_not_for_each_question() -> None:
    house = _House()
    house.listings = [_shared(1, "/a/x", "/a/x/1.mp3")]
    tree = Tree(house.world())
    for _ in range(50):
        await tree.find(["library", "x", "1.mp3"])
    assert house.looks == 1
    house.listings = []
    await tree.find(["library", "x", "1.mp3"])
    house.now += LOOK_SECONDS
    with pytest.raises(NotFoundError):
        await tree.find(["library", "x", "1.mp3"])
