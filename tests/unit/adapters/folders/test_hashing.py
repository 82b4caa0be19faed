"""Pieces and roots as other programs compute them, and only of what was named."""

import os
from hashlib import sha1, sha256
from pathlib import Path

import libtorrent
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.adapters.folders import hashing
from kkiri.adapters.folders.hashing import file_stat, hash_files
from kkiri.base.errors import NotFoundError, UnsafeFolderError
from kkiri.ports.media import FileStat, FolderFile

PIECE = 64 * 1024


def seen(path: Path) -> FileStat:
    found = file_stat(os.lstat(path))
    assert found is not None
    return found


def file_of(root: Path, *parts: str) -> FolderFile:
    path = root.joinpath(*parts)
    return FolderFile(path=path, relative=parts, stat=seen(path))


def naive_root(body: bytes) -> str:
    """Compute a BEP 52 root the slow way: all leaves, padded to a power of two."""
    row = [sha256(body[at : at + 16_384]).digest() for at in range(0, len(body), 16_384)]
    row += [bytes(32)] * ((1 << (len(row) - 1).bit_length()) - len(row))
    while len(row) > 1:
        row = [sha256(row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
    return row[0].hex()


@pytest.mark.parametrize("leaves", [*range(1, 18), 63, 64, 65, 66, 129])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_roots_of_any_size(tmp_path: Path, leaves: int, more: int) -> None:
    body = os.urandom(leaves * 16_384 + more)
    (tmp_path / "a").write_bytes(body)
    hashed = hash_files([file_of(tmp_path, "a")], PIECE, lambda _: None)
    assert hashed.roots == (naive_root(body),)
    assert hashed.pieces == b"".join(
        sha1(body[at : at + PIECE]).digest() for at in range(0, len(body), PIECE)
    )


@given(st.lists(st.sampled_from([0, 1, 16_384, 65_535, 65_536, 65_537, 200_000]), max_size=6))
def test_files_end_to_end(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    root = tmp_path_factory.mktemp("files")
    bodies = [bytes([number]) * size for number, size in enumerate(sizes, 1)]
    for number, body in enumerate(bodies):
        (root / f"{number}").write_bytes(body)
    hashed = hash_files([file_of(root, f"{n}") for n in range(len(bodies))], PIECE, lambda _: None)
    whole = b"".join(bodies)
    assert hashed.pieces == b"".join(
        sha1(whole[at : at + PIECE]).digest() for at in range(0, len(whole), PIECE)
    )
    for body, merkle in zip(bodies, hashed.roots, strict=True):
        assert merkle == (naive_root(body) if body else "00" * 32)


def test_libtorrent_agrees(tmp_path: Path) -> None:
    (tmp_path / "영화.bin").write_bytes(os.urandom(1_000_003))
    files = libtorrent.list_files(str(tmp_path / "영화.bin"))
    made = libtorrent.create_torrent(files, PIECE, libtorrent.create_torrent.v2_only)
    libtorrent.set_piece_hashes(made, str(tmp_path))
    tree = made.generate()[b"info"][b"file tree"]["영화.bin".encode()][b""]
    hashed = hash_files([file_of(tmp_path, "영화.bin")], PIECE, lambda _: None)
    assert hashed.roots == (tree[b"pieces root"].hex(),)


def test_a_file_that_changed_is_not_hashed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    before = file_of(tmp_path, "a")
    path.write_bytes(b"two!")
    with pytest.raises(UnsafeFolderError):
        hash_files([before], PIECE, lambda _: None)


@pytest.mark.parametrize("change", ["append", "overwrite", "truncate"])
def test_a_change_while_hashing_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(3_000_000))
    before = file_of(tmp_path, "a")
    fill = hashing._fill
    reads: list[int] = []

    def changing_fill(handle: hashing.FileIO, view: memoryview) -> int:
        reads.append(1)
        if len(reads) == 2:
            if change == "truncate":
                os.truncate(path, 1_500_000)
            else:
                with path.open("ab" if change == "append" else "r+b") as file:
                    file.write(b"changed")
                os.utime(path, ns=(0, before.stat.mtime_ns + 1))
        return fill(handle, view)

    monkeypatch.setattr(hashing, "_fill", changing_fill)
    with pytest.raises(UnsafeFolderError):
        hash_files([before], PIECE, lambda _: None)


def test_a_disk_that_gives_fewer_bytes_than_it_says_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a network drive does whose server went away."""
    (tmp_path / "a").write_bytes(bytes(3_000_000))
    given = iter([hashing.READ_BYTES, 0])
    monkeypatch.setattr(hashing, "_fill", lambda _handle, _view: next(given))
    with pytest.raises(UnsafeFolderError):
        hash_files([file_of(tmp_path, "a")], PIECE, lambda _: None)


def test_a_file_that_went_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    before = file_of(tmp_path, "a")
    (tmp_path / "a").unlink()
    with pytest.raises(NotFoundError):
        hash_files([before], PIECE, lambda _: None)


@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_link_put_in_the_way_is_not_followed(tmp_path: Path, link: str) -> None:
    """The secret has the very size, times and inode that were seen, so only the link tells."""
    shared, private = tmp_path / "shared", tmp_path / "private"
    (shared / "album").mkdir(parents=True)
    private.mkdir()
    (private / "song").write_bytes(b"secret")
    (shared / "album" / "song").write_bytes(b"public")
    path = shared / "album" / "song"
    if link == "file":
        path.unlink()
        path.symlink_to(private / "song")
    else:
        path.unlink()
        path.parent.rmdir()
        path.parent.symlink_to(private, target_is_directory=True)
    swapped = FolderFile(path=path, relative=("album", "song"), stat=seen(private / "song"))
    with pytest.raises((UnsafeFolderError, NotFoundError)):
        hash_files([swapped], PIECE, lambda _: None)


def test_a_fifo_put_in_the_way_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    before = file_of(tmp_path, "a")
    (tmp_path / "a").unlink()
    os.mkfifo(tmp_path / "a")
    with pytest.raises(UnsafeFolderError):
        hash_files([before], PIECE, lambda _: None)
