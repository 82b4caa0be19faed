"""What is told of one's own library."""

from dataclasses import replace
from pathlib import Path
from typing import cast

from kkiri.app.library import Adding, page_answer, root_answers
from kkiri.base.types import Bytes, InfoHash
from kkiri.flows.sharing.adding import Sharing
from kkiri.ports.media import FileStat
from kkiri.ports.state import SharedFile, SharedListing
from kkiri.ports.torrents import Torrents
from kkiri.swarm.magnet import read_link
from tests.fakes.network import FakeNetwork, virtual


def listing(root: Path, number: int, *files: str) -> SharedListing:
    return SharedListing(
        info_hash=InfoHash(f"{number:040x}"),
        root=root,
        folder=root,
        title=f"노래 {number}",
        size=Bytes(5),
        metainfo=b"",
        records=(),
        files=tuple(shared(root / file) for file in files),
    )


class _Still:
    """An engine that moves nothing."""

    address = None

    def progress_of(self, info_hash: InfoHash) -> None:
        return None


def shared(path: Path) -> SharedFile:
    stat = FileStat(size=Bytes(5), mtime_ns=0, inode=1)
    return SharedFile(path=path, stat=stat)


@virtual
async def test_roots_say_what_is_in_them_and_how_far_new_files_are(network: FakeNetwork) -> None:
    world = network.peer(1).world
    here, gone = Path("/"), Path("/nowhere/음악")
    world.library.add_root(here)
    world.library.add_root(gone)
    world.library.put_listings([listing(gone, 1, "a.mp3")], [])
    now = Sharing(step="hash", done=1, total=3, name="b.mp3", bytes_done=7, bytes_total=9)
    first, second = root_answers(world, {gone: now})
    assert (first.path, first.listings, first.there, first.adding) == ("/", 0, True, None)
    assert (second.path, second.listings, second.bytes) == (str(gone), 1, 5)
    assert not second.there
    assert second.adding is not None
    assert (second.adding.done, second.adding.total, second.adding.bytes_done) == (1, 3, 7)


@virtual
async def test_a_listing_says_its_kind_its_place_and_its_link(network: FakeNetwork) -> None:
    world = replace(network.peer(1).world, torrents=cast(Torrents, _Still()))
    root = Path("/srv")
    album = listing(root, 2, "album/1.mp3", "album/2.mp3")
    world.library.put_listings([listing(root, 1, "film.mkv"), album], [])
    told = page_answer(world, *world.library.lines(root, "", 0, 9))
    assert told.total == 2
    two, one = told.listings
    assert (one.kind, one.files, one.path) == ("film", 1, "/srv/film.mkv")
    assert (two.kind, two.files, two.path) == ("music", 2, "/srv/album")
    assert read_link(one.link).info_hash == one.info_hash


def test_a_folder_is_told_of_only_while_files_are_added() -> None:
    adding, root = Adding(), Path("/srv")
    adding.tell(root, Sharing(step="walk", done=0, total=0, name=""))
    assert adding.now() == {}
    busy = Sharing(step="hash", done=0, total=2, name="a")
    adding.tell(root, busy)
    adding.tell(root, Sharing(step="walk", done=0, total=0, name=""))
    assert adding.now() == {root: busy}
    adding.tell(root, Sharing(step="hash", done=2, total=2, name="a"))
    assert adding.now() == {}
