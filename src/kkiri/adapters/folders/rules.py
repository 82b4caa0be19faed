"""Which folders are never shared, and which files inside a shared one are passed over."""

import os
import stat
from pathlib import Path
from typing import Final

from kkiri.base.errors import NotFoundError, UnsafeFolderError

_SYSTEM: Final = frozenset(
    "/bin /boot /dev /etc /lib /lib64 /proc /run /sbin /sys /usr /var /tmp /opt /root /home /Users"
    " /System /Library /Applications /private /Volumes /mnt /media".split()
)
_INSIDE_NEVER: Final = ("/dev", "/proc", "/sys", "/etc")
_DRIVES_UNDER: Final = ("/mnt", "/media", "/run/media", "/Volumes")
_UNFINISHED: Final = (".part", ".crdownload", ".partial", ".!qb", ".aria2", ".opdownload")
_LITTER: Final = frozenset({"thumbs.db", "desktop.ini", "icon\r"})


def checked(path: Path, home: Path, kkiri_home: Path) -> Path:
    """Give the real path of a folder or file that may be shared.

    Raises: NotFoundError; UnsafeFolderError with the reason.
    """
    if not path.is_absolute():
        raise UnsafeFolderError(f"{path}: not a full path")
    try:
        found = os.lstat(path)
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise NotFoundError(str(path)) from error
    if stat.S_ISLNK(found.st_mode):
        raise UnsafeFolderError(f"{path}: a link; name the folder it leads to")
    if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        raise UnsafeFolderError(f"{path}: neither folder nor file")
    reason = _reason(real, home.resolve(), kkiri_home.resolve())
    if reason is not None:
        raise UnsafeFolderError(f"{real}: {reason}")
    return real


def _reason(real: Path, home: Path, kkiri_home: Path) -> str | None:
    if real == Path(real.anchor):
        return "a whole drive; name a folder on it"
    if real == home or home.is_relative_to(real):
        return "the whole home folder; name a folder in it"
    if str(real) in _SYSTEM or str(real).startswith(tuple(f"{one}/" for one in _INSIDE_NEVER)):
        return "a folder of the system"
    if _is_drive(real):
        return "a whole drive; name a folder on it"
    if kkiri_home.is_relative_to(real):
        return "kkiri's own home is in it"
    if real.is_relative_to(kkiri_home):
        own = real.relative_to(kkiri_home).parts
        return None if own[0] == "shared" else "kkiri's own home"
    below = real.relative_to(home).parts if real.is_relative_to(home) else real.parts[-1:]
    return "hidden" if any(part.startswith(".") for part in below) else None


def _is_drive(real: Path) -> bool:
    """Say whether this is where a disk was put in; a mount elsewhere is somebody's own choice."""
    above = str(real.parent), str(real.parent.parent)
    return os.path.ismount(real) and any(one in _DRIVES_UNDER for one in above)


def is_passed_over(name: str, found: os.stat_result) -> bool:
    """Say whether an entry is hidden, litter of a file manager or still being downloaded."""
    low = name.lower()
    hidden_mark = getattr(found, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN
    return bool(name.startswith(".") or hidden_mark or low in _LITTER or low.endswith(_UNFINISHED))
