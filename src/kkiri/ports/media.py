"""Files of the shared folders: their changes, and what they say of themselves."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kkiri.base.types import Bytes, FileRoot
from kkiri.event.listing import MediaFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStat:
    """What tells one state of a file from another."""

    size: Bytes
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFile:
    """A regular file inside a shared folder; never a link, never a dotfile."""

    path: Path
    """Absolute."""
    relative: tuple[str, ...]
    """Parts below the shared folder, as on disk."""
    stat: FileStat


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashed:
    """The hashes of a run of files as one v1 torrent."""

    pieces: bytes
    """20 bytes of sha1 a piece, files end to end."""
    roots: tuple[FileRoot, ...]
    """One a file."""


class Media(Protocol):
    """Reads tags and streams in a worker without network; never raises for a bad file."""

    async def facts(self, paths: Sequence[Path]) -> list[MediaFacts]:
        """Give what each file says of itself; empty facts for what cannot be read."""
        ...


class Folders(Protocol):
    """The file system, as far as shared folders go."""

    def check(self, path: Path) -> Path:
        """Give the real path of a folder or file that may be shared.

        Raises: UnsafeFolderError (root, home, a drive, a link, kkiri's own home), NotFoundError.
        """
        ...

    async def walk(self, root: Path) -> list[FolderFile]:
        """List the regular files below, sorted by path; in a thread."""
        ...

    async def hash(
        self, files: Sequence[FolderFile], piece_bytes: int, told: Callable[[int], None]
    ) -> Hashed:
        """Hash files end to end in one pass; in threads. `told` hears bytes read, in the thread.

        Raises: UnsafeFolderError when a file changed meanwhile, NotFoundError when it went.
        """
        ...

    async def read(self, path: Path, bytes_max: Bytes) -> bytes:
        """Read a small regular file whole; never follows a link.

        Raises: NotFoundError, also for one that is larger.
        """
        ...

    async def put_away(self, path: Path, folder: str, why: str = "") -> None:
        """Move a file into a folder beside it, made when it is not there, under a name free there.

        `why` is written into a text file beside it. Raises: UnsafeFolderError when something else
        than a folder has that name, NotFoundError when the file went, DiskFullError.
        """
        ...

    def watch(self, roots: Sequence[Path]) -> AsyncGenerator[frozenset[Path], None]:
        """Give sets of changed paths until closed."""
        ...

    def stat(self, path: Path) -> FileStat | None:
        """Give a regular file's stat, None where there is none; never follows a link."""
        ...

    def free_bytes(self, path: Path) -> Bytes:
        """Give the room on the path's disk."""
        ...
