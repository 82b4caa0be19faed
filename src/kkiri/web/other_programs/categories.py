"""Torznab's category numbers and what kkiri calls things: both ways, from title, facts and sort.

Source: Newznab predefined categories; numbers from 100000 on are an indexer's own.
"""

import re
from collections.abc import Iterable, Mapping

from kkiri.event.listing import Sort
from kkiri.event.sort import sort_of_name
from kkiri.flows.finds import Found

PICTURES = 100_001  # a number of our own: there is none for pictures
CATEGORIES: Mapping[int, tuple[str, Mapping[int, str]]] = {
    2000: ("Movies", {2030: "Movies/SD", 2040: "Movies/HD", 2045: "Movies/UHD"}),
    3000: ("Audio", {3010: "Audio/MP3", 3040: "Audio/Lossless", 3050: "Audio/Other"}),
    4000: ("PC", {4010: "PC/0day", 4030: "PC/Mac", 4070: "PC/Mobile-Android"}),
    5000: ("TV", {5030: "TV/SD", 5040: "TV/HD", 5045: "TV/UHD"}),
    7000: ("Books", {7020: "Books/EBook", 7030: "Books/Comics"}),
    8000: ("Other", {8010: "Other/Misc"}),
    PICTURES: ("Pictures", {}),
}
_TV_SHIFT = 3000  # TV's numbers are those of films and so much
_SORTS: Mapping[int, Sort] = {
    2000: Sort.FILM,
    3000: Sort.MUSIC,
    4000: Sort.PROGRAM,
    5000: Sort.FILM,
    7000: Sort.TEXT,
    8000: Sort.OTHER,
    PICTURES: Sort.PICTURE,
}
_EPISODE = re.compile(
    r"(?<![a-z0-9])(s\d{1,4}[ ._-]?(e\d{1,4})?|\d{1,2}x\d{2,3}|season[ ._-]?\d{1,3}"
    r"|제?\d{1,4}[화회]|시즌[ ._-]?\d{1,3})(?![a-z0-9])",
    re.I,
)
_HEIGHT = re.compile(r"(?<!\d)(480|576|720|1080|2160|4320)[pi](?![a-z0-9])", re.I)
_HD_HEIGHT, _UHD_HEIGHT = 720, 2160
_LOSSLESS = {"flac", "alac", "ape", "wav", "wavpack", "wv", "aiff", "dsd", "tta"}
_COMICS = ("cbz", "cbr")


def sorts_for(numbers: Iterable[int]) -> tuple[Sort, ...]:
    """Give what a search for these categories looks for; empty when it looks for none we have."""
    return tuple(dict.fromkeys(_SORTS[top] for n in numbers if (top := _top(n)) in _SORTS))


def is_in(found: Found, numbers: Iterable[int]) -> bool:
    """Say whether a find is of one of the categories; a main one takes in those below it."""
    own = categories_of(found)
    return any(number in own for number in numbers)


def categories_of(found: Found) -> tuple[int, ...]:
    """Give the numbers of a find: the main category, then the narrower one when it shows."""
    match found.sort:
        case Sort.FILM:
            shift = _TV_SHIFT if _EPISODE.search(found.title) else 0
            return (2000 + shift, _film(found) + shift)
        case Sort.MUSIC:
            return (3000, _music(found))
        case Sort.PROGRAM:
            return (4000, *_program(found))
        case Sort.TEXT:
            comic = any(file.path.lower().endswith(_COMICS) for file in found.files)
            return (7000, 7030 if comic else 7020)
        case Sort.PICTURE:
            return (PICTURES,)
        case Sort.OTHER:
            return (8000, 8010)


def name_of(number: int) -> str:
    """Give a category's name."""
    top = _top(number)
    name, below = CATEGORIES[top]
    return below.get(number, name)


def _top(number: int) -> int:
    return number if number >= 100_000 else number // 1000 * 1000


def _film(found: Found) -> int:
    said = _HEIGHT.search(found.title)
    height = found.facts.height or (int(said[1]) if said else 0)
    if "2160" in found.title or height >= _UHD_HEIGHT:
        return 2045
    return 2040 if height >= _HD_HEIGHT else 2030


def _music(found: Found) -> int:
    codec = (found.facts.codec or "").lower()
    suffixes = [
        file.path.rpartition(".")[2].lower()
        for file in found.files
        if sort_of_name(file.path.rpartition("/")[2]) is Sort.MUSIC
    ]
    if codec in _LOSSLESS or codec.startswith("pcm") or _LOSSLESS & set(suffixes):
        return 3040
    return 3010 if codec == "mp3" or "mp3" in suffixes else 3050


def _program(found: Found) -> tuple[int, ...]:
    suffixes = {file.path.rpartition(".")[2].lower() for file in found.files}
    if "apk" in suffixes:
        return (4070,)
    return (4030,) if "dmg" in suffixes else (4010,)
