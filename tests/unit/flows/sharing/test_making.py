"""What becomes a listing, and what a folder says of itself."""

from pathlib import Path

import pytest

from kkiri.base.types import Bytes, FileRoot, InfoHash
from kkiri.event import listing_tags
from kkiri.event.listing import MediaFacts
from kkiri.flows.sharing.making import Hashes, Wanted, combined, compare, make
from kkiri.ports.media import FileStat, FolderFile
from kkiri.ports.state import SharedFile, SharedListing
from kkiri.swarm.metainfo import read
from tests.fakes.virtual import run
from tests.fakes.world import FakeWorld

ROOT = Path("/r")


def file(name: str, *, size: int = 10, inode: int = 0) -> FolderFile:
    parts = tuple(name.split("/"))
    stat = FileStat(size=Bytes(size), mtime_ns=size, inode=inode or sum(name.encode()))
    return FolderFile(path=ROOT.joinpath(*parts), relative=parts, stat=stat)


def listing(*files: FolderFile, number: int = 1) -> SharedListing:
    return SharedListing(
        info_hash=InfoHash(f"{number:040x}"),
        root=ROOT,
        folder=ROOT,
        title="t",
        size=Bytes(1),
        metainfo=b"",
        records=(),
        files=tuple(SharedFile(path=one.path, stat=one.stat) for one in files),
    )


def test_files_and_folders_are_planned_as_the_layout_says() -> None:
    difference = compare([file("a"), file("b/1"), file("b/c/2"), file("empty", size=0)], [])
    assert [(one.name, len(one.files)) for one in difference.new] == [("a", 1), ("b", 2)]
    assert difference.new[1].folder == ROOT


def test_a_file_added_to_a_folder_makes_it_another_listing() -> None:
    before = listing(file("b/1"))
    difference = compare([file("b/1"), file("b/2")], [before])
    assert (difference.gone, len(difference.new), difference.kept) == ((before,), 1, 0)


def test_two_equal_renames_take_one_each() -> None:
    before = [listing(file("a", inode=1), number=1), listing(file("b", inode=2), number=2)]
    after = [file("c", inode=2), file("d", inode=1)]
    difference = compare(after, before)
    assert [(old.info_hash[-1], new.name) for old, new in difference.renamed] == [
        ("2", "c"),
        ("1", "d"),
    ]
    assert (difference.gone, difference.new) == ((), ())


def test_a_copy_beside_the_original_is_new() -> None:
    difference = compare([file("a", inode=1), file("b", inode=2)], [listing(file("a", inode=1))])
    assert (difference.kept, [one.name for one in difference.new]) == (1, ["b"])


@pytest.mark.parametrize("name", ["bad \udcff", "가" * 400])
def test_names_that_no_torrent_can_carry_are_passed_over(name: str) -> None:
    wrong = FolderFile(path=ROOT / "x", relative=(name,), stat=file("x").stat)
    assert compare([wrong, file("a")], []).new == (compare([file("a")], []).new)


def test_names_stay_as_they_are_on_disk_in_the_torrent_and_are_clean_in_the_listing() -> None:
    async def main() -> None:
        fake = FakeWorld()
        name = "노래 \u202emp3.exe"  # NFD, and a mark that turns the name round
        one = Wanted(name=name, files=(file(name),), size=10)
        hashes = Hashes(piece_bytes=65_536, pieces=bytes(20), merkles=(FileRoot("0c" * 32),))
        shared, (record,) = make(fake.world, ROOT, one, hashes, [])
        assert read(shared.metainfo).name == name
        assert listing_tags.from_event(record).files[0].path == "노래  mp3.exe"

    run(main())


def test_a_folder_says_what_its_files_agree_on() -> None:
    one = MediaFacts(artist="가", album="앨범", duration_seconds=10, bitrate=128, codec="mp3")
    other = MediaFacts(artist="나", album="앨범", duration_seconds=20, bitrate=128, codec="flac")
    cover = MediaFacts(codec="flac", width=500, height=400)
    assert combined([one, other, cover, MediaFacts()]) == MediaFacts(
        artist=None,
        album="앨범",
        duration_seconds=30,
        bitrate=128,
        codec="flac",
        width=500,
        height=400,
    )
    assert combined([MediaFacts()]) == combined([]) == MediaFacts()
