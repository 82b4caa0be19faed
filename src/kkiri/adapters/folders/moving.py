"""Putting a file away into a folder beside it; nothing is overwritten and no link is followed."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from kkiri.adapters.folders.hashing import NO_FOLLOW
from kkiri.base.errors import DiskFullError, NotFoundError, RefusedError, UnsafeFolderError

NAMES_MAX = 10_000  # of files with one name; the next is refused rather than counted for ever


def put_away(path: Path, folder: str, why: str) -> None:
    """Move a file into a folder beside it, with a text of why.

    Raises: UnsafeFolderError, NotFoundError, DiskFullError, RefusedError.
    """
    place = path.parent / folder
    try:
        place.mkdir(exist_ok=True)
        if not stat.S_ISDIR(os.lstat(place).st_mode):
            raise UnsafeFolderError(str(place))
        for target in _names(place, path.name):
            note = target.with_name(f"{target.name}.why.txt")
            if not os.path.lexists(target) and not os.path.lexists(note):
                path.rename(target)
                if why:
                    _write(note, why)
                return
    except FileNotFoundError as error:
        raise NotFoundError(str(path)) from error
    except FileExistsError as error:
        raise UnsafeFolderError(str(place)) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFullError(str(place)) from error
        raise RefusedError(f"{place}: {error.strerror}") from error
    raise RefusedError(str(place))


def _names(place: Path, name: str) -> Iterator[Path]:
    stem, suffix = Path(name).stem, Path(name).suffix
    for number in range(1, NAMES_MAX):
        yield place / (name if number == 1 else f"{stem} ({number}){suffix}")


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW, 0o644)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
