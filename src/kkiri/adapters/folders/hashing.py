"""Hashes of files for a v1 torrent and its merkle roots, in one pass; links are never followed.

A file is opened below its folder one path component at a time, so that a link that is put in the
way meanwhile is not followed (SAFETY F1). Source: BEP 3 (pieces), BEP 52 (roots).
"""

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha1, sha256
from io import FileIO
from pathlib import Path

from kkiri.base.errors import NotFoundError, UnsafeFolderError
from kkiri.base.limits import BLOCK_BYTES
from kkiri.base.types import Bytes, FileRoot
from kkiri.ports.media import FileStat, FolderFile, Hashed

READ_BYTES = 1024 * 1024  # 64 blocks: the time goes to hashing, not to system calls
if sys.platform == "win32":
    NO_FOLLOW, DIRECTORY, NO_WAIT, BINARY = 0, 0, 0, os.O_BINARY
else:
    NO_FOLLOW, DIRECTORY, BINARY = os.O_NOFOLLOW, os.O_DIRECTORY, 0
    NO_WAIT = os.O_NONBLOCK  # a FIFO put in the way must not hold the thread
INODE_MASK = 2**63 - 1  # some file systems number beyond what SQLite keeps
WALKS_BY_HANDLE = sys.platform != "win32"
_GONE = {errno.ENOENT, errno.ENOTDIR}


def file_stat(found: os.stat_result) -> FileStat | None:
    """Give what tells a regular file's states apart; None for anything else."""
    if not stat.S_ISREG(found.st_mode):
        return None
    return FileStat(
        size=Bytes(found.st_size),
        mtime_ns=found.st_mtime_ns,
        inode=found.st_ino & INODE_MASK,
    )


def hash_files(
    files: Sequence[FolderFile], piece_bytes: int, told: Callable[[int], None]
) -> Hashed:
    """Hash files end to end; takes a thread for as long as the disk and the hashes need.

    Raises: UnsafeFolderError when a file changed or cannot be read, NotFoundError when it went.
    """
    pieces = _Pieces(piece_bytes)
    roots: list[FileRoot] = []
    buffer = bytearray(READ_BYTES)
    for file in files:
        with _opened(file) as handle:
            roots.append(_hash_one(handle, file, pieces, memoryview(buffer), told))
    return Hashed(pieces=pieces.end(), roots=tuple(roots))


def _hash_one(
    handle: FileIO,
    file: FolderFile,
    pieces: "_Pieces",
    view: memoryview,
    told: Callable[[int], None],
) -> FileRoot:
    _same(handle, file)
    tree = _Tree()
    read = 0
    while read <= file.stat.size:
        count = _fill(handle, view)
        if count == 0:
            break
        read += count
        pieces.add(view[:count])
        for start in range(0, count, BLOCK_BYTES):
            tree.add(sha256(view[start : min(start + BLOCK_BYTES, count)]).digest())
        told(count)
    if read != file.stat.size:
        raise UnsafeFolderError(f"{file.path} changed")
    _same(handle, file)
    return tree.root()


def _fill(handle: FileIO, view: memoryview) -> int:
    """Read until the buffer is full or the file ends, so that blocks stay aligned."""
    filled = 0
    while filled < len(view):
        count = handle.readinto(view[filled:])
        if not count:
            break
        filled += count
    return filled


def _same(handle: FileIO, file: FolderFile) -> None:
    if file_stat(os.fstat(handle.fileno())) != file.stat:
        raise UnsafeFolderError(f"{file.path} changed")


class _Pieces:
    """sha1 of each run of `piece_bytes`, whatever the files' ends."""

    def __init__(self, piece_bytes: int) -> None:
        self._piece_bytes = piece_bytes
        self._done = bytearray()
        self._hash = sha1(usedforsecurity=False)
        self._filled = 0

    def add(self, view: memoryview) -> None:
        """Take the next bytes."""
        while len(view):
            room = self._piece_bytes - self._filled
            part = view[:room]
            self._hash.update(part)
            self._filled += len(part)
            view = view[room:]
            if self._filled == self._piece_bytes:
                self._close()

    def end(self) -> bytes:
        """Give all hashes."""
        if self._filled:
            self._close()
        return bytes(self._done)

    def _close(self) -> None:
        self._done += self._hash.digest()
        self._hash = sha1(usedforsecurity=False)
        self._filled = 0


class _Tree:
    """A BEP 52 root built as leaves come: one hash a level is kept, however large the file."""

    def __init__(self) -> None:
        self._levels: list[bytes | None] = []
        self._leaves = 0

    def add(self, leaf: bytes) -> None:
        """Take the next leaf."""
        self._leaves += 1
        self._carry(0, leaf)

    def _carry(self, level: int, node: bytes) -> None:
        while level < len(self._levels):
            left = self._levels[level]
            if left is None:
                self._levels[level] = node
                return
            self._levels[level] = None
            node = sha256(left + node).digest()
            level += 1
        self._levels.append(node)

    def root(self) -> FileRoot:
        """Fill up to a power of two with zero leaves and give the root; zeros for no leaves."""
        if not self._leaves:
            return FileRoot("00" * 32)
        zero = bytes(32)
        for level in range(len(self._levels)):
            left = self._levels[level]
            if level == len(self._levels) - 1 and left is not None:
                return FileRoot(left.hex())
            if left is not None:
                self._levels[level] = None
                self._carry(level + 1, sha256(left + zero).digest())
            zero = sha256(zero + zero).digest()
        last = self._levels[-1]
        return FileRoot((last or zero).hex())


@contextmanager
def _opened(file: FolderFile) -> Iterator[FileIO]:
    try:
        handle = _open(file)
    except OSError as error:
        if error.errno in _GONE:
            raise NotFoundError(str(file.path)) from error
        raise UnsafeFolderError(f"{file.path}: {error.strerror}") from error
    with FileIO(handle) as opened:
        try:
            yield opened
        except OSError as error:
            raise UnsafeFolderError(f"{file.path}: {error.strerror}") from error


def _open(file: FolderFile) -> int:
    flags = os.O_RDONLY | NO_FOLLOW | NO_WAIT | BINARY
    folder = file.path.parents[len(file.relative) - 1]
    if not WALKS_BY_HANDLE:
        return _open_checked(file, folder, flags)
    with ExitStack() as stack:
        at = os.open(folder, os.O_RDONLY | DIRECTORY)
        stack.callback(os.close, at)
        for part in file.relative[:-1]:
            at = os.open(part, os.O_RDONLY | DIRECTORY | NO_FOLLOW, dir_fd=at)
            stack.callback(os.close, at)
        return os.open(file.relative[-1], flags, dir_fd=at)


def _open_checked(file: FolderFile, folder: Path, flags: int) -> int:
    """Open where paths cannot be walked by handle (Windows): what was opened must lie inside."""
    handle = os.open(file.path, flags)
    real = file.path.resolve()
    inside = real.is_relative_to(folder.resolve()) and os.path.samestat(
        os.fstat(handle), os.lstat(real)
    )
    if not inside or file.path.is_symlink():
        os.close(handle)
        raise UnsafeFolderError(f"{file.path}: a link")
    return handle
