"""Subtitles shared by themselves: files directly in a shared folder are listings of their own.

They are found as anything is, by words; their names say to which film they belong.
"""

import re
from dataclasses import dataclass

from kkiri.base.types import Bytes, InfoHash
from kkiri.flows.find import find
from kkiri.flows.finds import Found
from kkiri.flows.world import World
from kkiri.play.beside import Beside, captions_by_name
from kkiri.search.query import parse

TEXT_BYTES_MAX = Bytes(4_000_000)  # of a subtitle file; the longest film has a tenth of it
WORDS_MAX = 12  # of a file's name that are searched for
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionFound:
    """A subtitle file that somebody shares by itself."""

    found: Found
    beside: Beside
    own: bool
    """One of those who share the film shares it too."""


async def captions_elsewhere(world: World, film: str, info_hash: InfoHash) -> list[CaptionFound]:
    """Find the subtitle files that are named as a film file is, best first."""
    stem = film.rpartition(".")[0] or film
    words = " ".join(_WORD.findall(stem)[:WORDS_MAX])
    if not words:
        return []
    finds = await find(world, parse(words))
    sharers = {author for one in finds if one.info_hash == info_hash for author in one.authors}
    alone = [one for one in finds if len(one.files) == 1 and 0 < one.size <= TEXT_BYTES_MAX]
    names = [one.files[0].path.rpartition("/")[2] for one in alone]
    found = [
        CaptionFound(found=its, beside=one, own=not sharers.isdisjoint(its.authors))
        for one in captions_by_name(film, names)
        for its in (alone[one.index],)
    ]
    return sorted(found, key=lambda one: not one.own)
