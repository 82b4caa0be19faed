"""Which files of a torrent belong to a film: its subtitles, its cover, and their languages."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kkiri.event.listing import Sort
from kkiri.event.sort import sort_of_name

BESIDE_MAX = 64  # subtitle files of one film that are offered
CAPTION_SUFFIXES: Final = frozenset({"srt", "ass", "ssa", "smi", "vtt"})
_FOLDERS: Final = frozenset(
    {"subs", "sub", "subtitles", "subtitle", "자막", "자막파일", "captions"}
)
_COVERS: Final = ("cover", "folder", "front", "poster", "album", "thumb", "앞면", "표지")
_PICTURES: Final = frozenset({"jpg", "jpeg", "png", "webp", "gif", "bmp"})
_WORDS: Final = {
    "ko": "ko kor korean kr 한국어 한글 한글자막 한국 korea",
    "en": "en eng english us gb 영어 영문 영문자막 영자막",
    "ja": "ja jpn jp japanese 일본어 일어 日本語",
    "zh": "zh chi zho cn chs cht chinese 중국어 中文 tw hk",
    "fr": "fr fre fra french 불어 프랑스어", "de": "de ger deu german 독일어",
    "es": "es spa spanish 스페인어", "it": "it ita italian", "pt": "pt por portuguese br",
    "ru": "ru rus russian 러시아어", "vi": "vi vie vietnamese", "th": "th tha thai",
    "id": "id ind indonesian", "ar": "ar ara arabic", "nl": "nl dut nld dutch",
    "pl": "pl pol polish", "sv": "sv swe swedish", "tr": "tr tur turkish", "he": "he heb hebrew",
}  # fmt: skip
_LANGUAGE_OF: Final = {word: code for code, words in _WORDS.items() for word in words.split()}
_SPLIT: Final = re.compile(r"[\s._()\[\]+-]+")
_EPISODE: Final = re.compile(
    r"(?<![a-z0-9])s(\d{1,2})[ ._-]?e(\d{1,3})(?!\d)|"
    r"(?<![a-z0-9])(?:e|ep)[ ._]?(\d{1,3})(?!\d)|(\d{1,4})\s?(?:화|회)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A subtitle file that belongs to a film."""

    index: int
    """Of the file in its torrent."""
    name: str
    language: str
    forced: bool


def captions_beside(paths: Sequence[tuple[str, ...]], index: int) -> list[Beside]:
    """Give the subtitle files of a film, best first: those of its own name, then of its folder.

    A file belongs to it when it stands in the same folder or in one of subtitles below, and its
    name begins as the film's, is of the same episode, or the film is the only one in the folder.
    """
    film = paths[index]
    folder = film[:-1]
    stem = _stem(film[-1])
    films = [path for path in paths if path[:-1] == folder and sort_of_name(path[-1]) is Sort.FILM]
    found: list[tuple[int, Beside]] = []
    for number, path in enumerate(paths):
        place = _place(path, folder)
        if place is None or _suffix(path[-1]) not in CAPTION_SUFFIXES:
            continue
        rank = _kin(stem, path, place, len(films) <= 1)
        if rank is not None:
            found.append((rank, _beside(number, stem, path)))
    found.sort(key=lambda one: (one[0], one[1].language != "ko", one[1].name))
    return [one for _, one in found[:BESIDE_MAX]]


def captions_by_name(film: str, names: Sequence[str]) -> list[Beside]:
    """Give those of other shared files that are a film's subtitles by their names, best first."""
    stem = _stem(film)
    found: list[tuple[int, Beside]] = []
    for number, name in enumerate(names):
        rank = _kin(stem, (name,), (name,), alone=False)
        if rank is not None and _suffix(name) in CAPTION_SUFFIXES:
            found.append((rank, _beside(number, stem, (name,))))
    found.sort(key=lambda one: (one[0], one[1].language != "ko", one[1].name))
    return [one for _, one in found[:BESIDE_MAX]]


def cover_beside(paths: Sequence[tuple[str, ...]], index: int | None) -> int | None:
    """Give the picture that stands for a file, or for the torrent: cover.jpg and its like."""
    if index is None:
        tops = [path[:-1] for path in paths]
        folders = sorted(set(tops), key=lambda one: (len(one), one))
    else:
        folder = paths[index][:-1]
        folders = [folder, folder[:-1]] if folder else [folder]
    for folder in folders[:8]:
        best: tuple[int, int] | None = None
        for number, path in enumerate(paths):
            if path[:-1] != folder or _suffix(path[-1]) not in _PICTURES:
                continue
            stem = _stem(path[-1])
            rank = next((n for n, word in enumerate(_COVERS) if word in stem), None)
            if rank is not None and (best is None or (rank, number) < best):
                best = (rank, number)
        if best is not None:
            return best[1]
    return None


def language_of(words: str) -> str:
    """Give the language that a name's words say, the last one counts; empty for none."""
    parts = _SPLIT.split(_folded(words))
    for part in reversed(parts):
        if part in _LANGUAGE_OF:
            return _LANGUAGE_OF[part]
    return ""


def _beside(number: int, stem: str, path: tuple[str, ...]) -> Beside:
    own = _stem(path[-1])
    rest = own[len(stem) :] if own.startswith(stem) else own
    folder = path[-2] if len(path) > 1 else ""
    return Beside(
        index=number,
        name=path[-1],
        language=language_of(rest) or language_of(folder),
        forced="forced" in _SPLIT.split(rest),
    )


def _place(path: tuple[str, ...], folder: tuple[str, ...]) -> tuple[str, ...] | None:
    """Give the folders between the film's own and a file; None where it does not belong."""
    below = path[len(folder) : -1]
    if path[: len(folder)] != folder or len(below) > 2:
        return None
    if below and _folded(below[0]) not in _FOLDERS:
        return None
    return below


def _kin(stem: str, path: tuple[str, ...], place: tuple[str, ...], alone: bool) -> int | None:
    own = _stem(path[-1])
    if own == stem:
        return 0
    if own.startswith(stem) and not own[len(stem)].isalnum():
        return 1
    if len(place) == 2 and _folded(place[1]) == stem:
        return 1  # Subs/FILM/2_Korean.srt
    mine, its = _episode(stem), _episode(own)
    if mine is not None and mine == its:
        return 2
    return 3 if alone else None


def _episode(stem: str) -> tuple[int, int] | None:
    found = _EPISODE.search(stem)
    if found is None:
        return None
    if found[1]:
        return int(found[1]), int(found[2])
    return 0, int(found[3] or found[4])


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name[:400]).casefold()


def _suffix(name: str) -> str:
    return _folded(name).rpartition(".")[2]


def _stem(name: str) -> str:
    folded = _folded(name)
    return folded.rpartition(".")[0] or folded
