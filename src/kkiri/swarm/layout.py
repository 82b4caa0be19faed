"""How a shared folder becomes listings: each file directly in it one, each sub-folder one."""

from collections.abc import Sequence
from dataclasses import dataclass

from kkiri.base.types import Bytes
from kkiri.swarm.metainfo import FILES_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One listing to be made."""

    name: str
    """The top name: a file's, or a sub-folder's."""
    files: tuple[int, ...]
    """Which of the given files, in order."""
    size: Bytes
    single: bool


def plan(files: Sequence[tuple[tuple[str, ...], int]]) -> list[Planned]:
    """Plan listings for files given as (parts below the shared folder, size).

    Empty files make no listing of their own, as a torrent has no pieces for them. A sub-folder of
    more files than a torrent may have is cut off at that number.
    """
    found: list[Planned] = []
    folders: dict[str, list[int]] = {}
    for number, (parts, size) in enumerate(files):
        if len(parts) > 1:
            folders.setdefault(parts[0], []).append(number)
        elif size > 0:
            found.append(
                Planned(name=parts[0], files=(number,), size=Bytes(size), single=True),
            )
    for name, numbers in folders.items():
        kept = tuple(numbers[:FILES_MAX])
        total = sum(files[number][1] for number in kept)
        if total > 0:
            found.append(Planned(name=name, files=kept, size=Bytes(total), single=False))
    return found
