"""Where a download stands until it is complete, and how it takes its place: F1 is kept here.

Until it is complete a download lives in `.kkiri-part-<info-hash>` inside the chosen folder: on the
same disk, hidden, so that no other program takes half a film for a whole one. Then it is moved
beside it by one rename. What already has that name is never touched: the new one gets a number.
Links are neither made nor followed: one standing in the way is refused before the engine sees it.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from kkiri.base.errors import RefusedError, UnsafeFolderError
from kkiri.base.types import InfoHash, SafeName
from kkiri.swarm.places import Place, numbered

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
PART_PREFIX = ".kkiri-part-"
NUMBER_MAX = 1_000  # copies of one name; a thousand is somebody's mistake
ROOM_BYTES_MIN = 4 * 1024 * 1024  # below this a disk is full: less does not hold one big piece


def part_folder(folder: Path, info_hash: InfoHash) -> Path:
    """Give where the download stands until it is complete."""
    return folder / f"{PART_PREFIX}{info_hash}"


def prepare(folder: Path, info_hash: InfoHash) -> tuple[Path, Path]:
    """Make the chosen folder and the part folder in it; give both, links of the first resolved.

    Raises: UnsafeFolderError when a link or a shared inode stands in the part folder,
    RefusedError when the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        real = folder.resolve(strict=True)
        str(real).encode()  # the engine speaks UTF-8 only
        part = part_folder(real, info_hash)
        part.mkdir(mode=0o700, exist_ok=True)
        _no_links(part)
    except OSError as error:
        raise RefusedError(f"{folder}: {error.strerror}") from error
    except UnicodeEncodeError as error:
        raise RefusedError(f"{folder!r}") from error
    return real, part


def _no_links(part: Path) -> None:
    if not stat.S_ISDIR(part.lstat().st_mode):
        raise UnsafeFolderError(f"{part} is a link")
    for folder, folders, files in os.walk(part):
        for name in (*folders, *files):
            path = Path(folder, name)
            found = path.lstat()
            mode = found.st_mode
            plain = stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and found.st_nlink == 1)
            if not plain:
                raise UnsafeFolderError(f"{path} is a link")


def has_room(folder: Path, wanted: int) -> bool:
    """Say whether the disk has room again: for what is wanted, or at least for a big piece."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return False
    return free >= min(max(wanted, 1), ROOM_BYTES_MIN)


def complete(part: Path, files: Sequence[tuple[Place, int]]) -> None:
    """Make the empty files of a complete download, and see that all bytes are on the disk."""
    for place, size in files:
        path = part.joinpath(*place)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | (0 if size else os.O_CREAT), 0o666)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def drop_unwanted(part: Path, places: Mapping[int, Place]) -> list[int]:
    """Remove what came of files that are no longer wanted; give the numbers of those removed."""
    removed = []
    for number, place in places.items():
        try:
            part.joinpath(*place).unlink()
        except (FileNotFoundError, NotADirectoryError):
            continue
        removed.append(number)
    return removed


def free_name(folder: Path, top: SafeName, taken: SafeName | None = None) -> SafeName:
    """Choose the final name beside what is there; `taken` is one that an earlier run reserved.

    Raises: RefusedError when a thousand copies are there.
    """
    if taken is not None and _is_reserved(folder / taken):
        return taken
    for number in range(1, NUMBER_MAX):
        name = numbered(top, number)
        if not os.path.lexists(folder / name):
            return name
    raise RefusedError(f"{top}: too many of that name")


def _is_reserved(path: Path) -> bool:
    """Say whether nothing or only the empty place of an interrupted move stands there."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return True
    if stat.S_ISDIR(found.st_mode):
        return not any(path.iterdir())
    return stat.S_ISREG(found.st_mode) and found.st_size == 0


def take_place(part: Path, top: SafeName, folder: Path, name: SafeName) -> bool:
    """Move the complete download to its name; False when the name was taken meanwhile.

    The name is first reserved by an empty file or folder, which the rename then replaces: so
    nothing of another program's is ever overwritten.
    """
    source, target = part / top, folder / name
    is_folder = source.is_dir()
    try:
        if os.name == "nt":  # there a rename refuses what exists by itself
            source.rename(target)
        elif is_folder:
            if not (target.is_dir() and not target.is_symlink() and not any(target.iterdir())):
                target.mkdir()
            source.rename(target)
        else:
            if not _is_empty_file(target):
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            source.replace(target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno == errno.ENOTEMPTY:
            return False
        raise
    _sync_folder(folder)
    shutil.rmtree(part, ignore_errors=True)
    return True


def _is_empty_file(path: Path) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == 0


def discard(part: Path) -> None:
    """Remove what a cancelled download has so far; never anything outside the part folder."""
    if part.name.startswith(PART_PREFIX) and not part.is_symlink():
        shutil.rmtree(part, ignore_errors=True)


def erase(folder: Path, files: Sequence[tuple[Place, tuple[int, int] | None]]) -> int:
    """Delete files of a finished download, then the folders that are empty now.

    Each comes with the size and time of change it had when it was done: one that differs, or of
    which that is not known, stays, and so does all behind a link. Gives how many stayed.
    """
    stayed = 0
    for place, known in files:
        try:
            with opened(folder, place[:-1]) as (inside, at):
                name = place[-1] if at is not None else inside / place[-1]
                found = os.stat(name, dir_fd=at, follow_symlinks=False)
                if not stat.S_ISREG(found.st_mode) or (found.st_size, found.st_mtime_ns) != known:
                    stayed += 1
                    continue
                os.unlink(name, dir_fd=at)
        except FileNotFoundError:
            continue  # deleted by the person already
        except OSError:
            stayed += 1
    folders = {place[:depth] for place, _ in files for depth in range(1, len(place))}
    for parts in sorted(folders, key=len, reverse=True):
        with suppress(OSError), opened(folder, parts[:-1]) as (inside, at):
            os.rmdir(parts[-1] if at is not None else inside / parts[-1], dir_fd=at)
    return stayed


@contextmanager
def opened(folder: Path, parts: Sequence[str]) -> Iterator[tuple[Path, int | None]]:
    """Hold a folder below the chosen one open; a link on the way raises OSError.

    Gives its path, and its handle where the system has such: a name is then looked up in no other.
    """
    inside = folder.joinpath(*parts)
    if os.name == "nt":
        for depth in range(len(parts) + 1):
            if not stat.S_ISDIR(folder.joinpath(*parts[:depth]).lstat().st_mode):
                raise NotADirectoryError(errno.ENOTDIR, str(inside))
        yield inside, None
        return
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    with ExitStack() as stack:
        at = os.open(folder, flags)
        stack.callback(os.close, at)
        for part in parts:
            at = os.open(part, flags, dir_fd=at)
            stack.callback(os.close, at)
        yield inside, at


def stats(files: Sequence[Path]) -> list[tuple[int, int]]:
    """Give size and time of change of each file; nothing when one is missing or not a file."""
    found: list[tuple[int, int]] = []
    for path in files:
        try:
            one = path.lstat()
        except OSError:
            return []
        if not stat.S_ISREG(one.st_mode):
            return []
        found.append((one.st_size, one.st_mtime_ns))
    return found


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file of ours by one rename, on disk when this returns."""
    beside = path.with_name(path.name + ".new")
    handle = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb", closefd=False) as file:
            file.write(data)
        os.fsync(handle)
    finally:
        os.close(handle)
    beside.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
