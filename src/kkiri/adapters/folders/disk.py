"""The file system as far as shared folders go: links, dotfiles and special files do not exist."""

import asyncio
import logging
import os
import shutil
import stat
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from watchfiles import Change, awatch

from kkiri.adapters.folders.hashing import (
    DIRECTORY,
    NO_FOLLOW,
    WALKS_BY_HANDLE,
    file_stat,
    hash_files,
)
from kkiri.adapters.folders.moving import put_away
from kkiri.adapters.folders.rules import checked, is_passed_over
from kkiri.base.errors import NotFoundError, UnsafeFolderError
from kkiri.base.names import PATH_PARTS_MAX
from kkiri.base.types import Bytes
from kkiri.ports.media import FileStat, FolderFile, Hashed

HASH_THREADS = 2  # sha1 and sha256 let other threads run; more only fight over the disk
WALK_FILES_MAX = 1_000_000  # about 500 MB of names; nobody shares more from one machine
WATCH_DEBOUNCE_MS = 400  # SAFETY F3 gives 5 s from the change to the withdrawal
WATCH_STEP_MS = 50
POLL_DELAY_MS = 2_000  # where the system cannot watch so many folders

log = logging.getLogger(__name__)


class DiskFolders:
    """The disk."""

    def __init__(self, kkiri_home: Path, *, home: Path | None = None) -> None:
        self._kkiri_home = kkiri_home
        self._home = home or Path.home()
        self._pool = ThreadPoolExecutor(HASH_THREADS, thread_name_prefix="hash")

    def check(self, path: Path) -> Path:
        """Give the real path of a folder or file that may be shared.

        Raises: UnsafeFolderError, NotFoundError.
        """
        return checked(path, self._home, self._kkiri_home)

    async def walk(self, root: Path) -> list[FolderFile]:
        """List the regular files below, sorted by path; in a thread.

        Raises: NotFoundError when the root is not there.
        """
        return await asyncio.to_thread(_walk, root)

    async def read(self, path: Path, bytes_max: Bytes) -> bytes:
        """Read a small regular file whole, in a thread; never follows a link.

        Raises: NotFoundError, also for one that is larger.
        """
        return await asyncio.to_thread(_read, path, bytes_max)

    async def hash(
        self, files: Sequence[FolderFile], piece_bytes: int, told: Callable[[int], None]
    ) -> Hashed:
        """Hash files end to end in one pass, two calls at a time; in threads.

        Cancel-safe: the thread stops within a read, as the peer could not end before it.
        Raises: UnsafeFolderError when a file changed meanwhile, NotFoundError when it went.
        """
        stopped = Event()

        def heard(count: int) -> None:
            if stopped.is_set():
                raise UnsafeFolderError("stopped")
            told(count)

        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, hash_files, files, piece_bytes, heard)
        finally:
            stopped.set()

    async def put_away(self, path: Path, folder: str, why: str = "") -> None:
        """Move a file into a folder beside it, under a name free there; links are not followed.

        Raises: UnsafeFolderError, NotFoundError, DiskFullError.
        """
        await asyncio.to_thread(put_away, path, folder, why)

    async def watch(self, roots: Sequence[Path]) -> AsyncGenerator[frozenset[Path], None]:
        """Give sets of changed paths until closed; dotfiles are not told.

        A root that is a file is watched through its folder, as editors replace files.
        """
        names = {root for root in roots if root.is_file()}
        places = {root.parent if root in names else root for root in roots if root.exists()}
        folders = {root for root in roots if root not in names}

        def wanted(_change: Change, text: str) -> bool:
            path = Path(text)
            return path in names or any(_is_told(path, folder) for folder in folders)

        while places:
            polling = False
            try:
                async for changes in awatch(
                    *sorted(places),
                    watch_filter=wanted,
                    debounce=WATCH_DEBOUNCE_MS,
                    step=WATCH_STEP_MS,
                    force_polling=polling,
                    poll_delay_ms=POLL_DELAY_MS,
                    ignore_permission_denied=True,
                    recursive=bool(folders),
                ):
                    yield frozenset(Path(text) for _, text in changes)
                return
            except OSError as error:
                if polling:
                    raise
                # too many folders for inotify, or a file system without it
                log.warning("watching by polling", extra={"reason": error.strerror})
                polling = True

    def stat(self, path: Path) -> FileStat | None:
        """Give a regular file's stat, None where there is none; never follows a link."""
        try:
            return file_stat(os.lstat(path))
        except OSError:
            return None

    def free_bytes(self, path: Path) -> Bytes:
        """Give the room on the path's disk, or on that of its nearest folder that is there."""
        while not path.exists() and path != path.parent:
            path = path.parent
        return Bytes(shutil.disk_usage(path).free)

    def close(self) -> None:
        """Let the threads go once they are done."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _is_told(path: Path, folder: Path) -> bool:
    if not path.is_relative_to(folder):
        return False
    return not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _read(path: Path, bytes_max: Bytes) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags)
        with os.fdopen(handle, "rb") as file:
            state = os.fstat(handle)
            if not stat.S_ISREG(state.st_mode) or state.st_size > bytes_max:
                raise NotFoundError(str(path))
            body = file.read(bytes_max + 1)
    except OSError as error:
        raise NotFoundError(str(path)) from error
    if len(body) > bytes_max:
        raise NotFoundError(str(path))
    return body


def _walk(root: Path) -> list[FolderFile]:
    try:
        found = os.lstat(root)
    except OSError as error:
        raise NotFoundError(str(root)) from error
    single = file_stat(found)
    if single is not None:
        return [FolderFile(path=root, relative=(root.name,), stat=single)]
    if not stat.S_ISDIR(found.st_mode):
        raise NotFoundError(str(root))
    files: list[FolderFile] = []
    try:
        for relative, state in _entries(_folder(root, None), ()):
            if len(files) == WALK_FILES_MAX:
                log.warning("too many files in one folder", extra={"root": str(root)})
                break
            files.append(FolderFile(path=root.joinpath(*relative), relative=relative, stat=state))
    except OSError as error:  # swapped for a link, or no longer readable: as good as gone
        raise NotFoundError(str(root)) from error
    return sorted(files, key=lambda file: file.relative)


def _folder(path: Path | str, above: int | None) -> Path | int:
    """Open a folder by handle, so that a link put in its place meanwhile is not followed."""
    if not WALKS_BY_HANDLE:
        return Path(path)
    return os.open(path, os.O_RDONLY | DIRECTORY | NO_FOLLOW, dir_fd=above)


def _entries(
    folder: Path | int, above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], FileStat]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                found = entry.stat(follow_symlinks=False)
                relative = (*above, entry.name)
                if is_passed_over(entry.name, found):
                    continue
                if stat.S_ISDIR(found.st_mode) and len(relative) < PATH_PARTS_MAX:
                    yield from _below(folder, entry.name, relative)
                state = file_stat(found)
                if state is not None:
                    yield relative, state
    finally:
        if isinstance(folder, int):
            os.close(folder)


def _below(
    folder: Path | int, name: str, relative: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], FileStat]]:
    try:
        inner = _folder(name, folder) if isinstance(folder, int) else folder / name
        yield from _entries(inner, relative)
    except OSError as error:  # one unreadable folder does not hide the others
        log.warning("a folder cannot be read", extra={"reason": error.strerror})
