"""Where a torrent's files stand on disk: names from strangers become names every system takes.

Two names that a file system would take as one (case, NFC and NFD) get a number behind (SAFETY F2).
"""

from collections.abc import Sequence

from kkiri.base.errors import BadMetainfoError, BadNameError
from kkiri.base.names import PATH_PARTS_MAX, collision_key, safe_name
from kkiri.base.types import SafeName
from kkiri.swarm.metainfo import MetaInfo

SUFFIX_CHARS_MAX = 8  # `.part.mp3` is a stem and a suffix; longer endings are part of the name
PATH_BYTES_MAX = 1_000  # macOS takes 1,024 for a whole path below the folder; Linux 4,096
Place = tuple[SafeName, ...]


def numbered(name: SafeName, number: int) -> SafeName:
    """Give `song (2).mp3` for `song.mp3`; the number 1 changes nothing."""
    if number < 2:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > SUFFIX_CHARS_MAX:
        stem, dot, suffix = name, "", ""
    return SafeName(f"{stem} ({number}){dot}{suffix}")  # NAME_BYTES_MAX left room for it


def top_name(info: MetaInfo) -> SafeName:
    """Give the name of the torrent's file or folder; the info-hash where none is usable."""
    try:
        return safe_name(info.name)
    except BadNameError:
        return SafeName(info.info_hash)


def places(info: MetaInfo) -> tuple[Place, ...]:
    """Give where each file stands, top name first, all different on every file system.

    Raises: BadMetainfoError when a path is too deep or too long.
    """
    top = top_name(info)
    if info.single:
        return ((top,),)
    taken: dict[Place, dict[str, int]] = {}
    folders: dict[tuple[Place, str], SafeName] = {}
    return tuple(_place(top, file.parts, taken, folders) for file in info.files)


def _place(
    top: SafeName,
    parts: Sequence[str],
    taken: dict[Place, dict[str, int]],
    folders: dict[tuple[Place, str], SafeName],
) -> Place:
    if len(parts) > PATH_PARTS_MAX:
        raise BadMetainfoError("a path too deep")
    at: Place = (top,)
    for part in parts[:-1]:
        known = folders.get((at, part))
        if known is None:
            known = folders[at, part] = _free(part, taken.setdefault(at, {}))
        at = (*at, known)
    at = (*at, _free(parts[-1], taken.setdefault(at, {})))
    if len("/".join(at).encode()) > PATH_BYTES_MAX:
        raise BadMetainfoError("a path too long")
    return at


def _free(part: str, taken: dict[str, int]) -> SafeName:
    """Take a name that nothing in this folder has; `taken` counts on, so a flood stays linear."""
    try:
        name = safe_name(part)
    except BadNameError:
        name = SafeName("_")
    first = collision_key(name)
    number = taken.get(first, 0) + 1
    while collision_key(numbered(name, number)) in taken and number > 1:
        number += 1
    found = numbered(name, number)
    taken[first] = number
    taken.setdefault(collision_key(found), 1)
    return found
