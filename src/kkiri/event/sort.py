"""What a set of files is (music, film, text …), guessed from names and sizes alone."""

from collections.abc import Sequence
from typing import Final

from kkiri.base.types import Bytes
from kkiri.event.listing import ListedFile, Sort

_WORDS: Final = {
    Sort.MUSIC: "mp3 flac ogg oga opus m4a m4b aac wav wma ape wv aiff aif mka mid midi mpc dsf",
    Sort.FILM: "mp4 m4v mkv webm avi mov wmv mpg mpeg ts m2ts flv ogv 3gp vob rmvb rm divx asf",
    Sort.TEXT: "txt md pdf epub mobi azw3 djvu doc docx hwp hwpx odt rtf html htm tex fb2 cbz cbr",
    Sort.PICTURE: "jpg jpeg png gif webp bmp tif tiff svg heic avif psd raw cr2 nef xcf",
    Sort.PROGRAM: "exe msi dmg pkg deb rpm apk appimage jar wasm ipa iso img bat sh py whl xpi",
}
_SORT_OF: Final = {suffix: sort for sort, words in _WORDS.items() for suffix in words.split()}
_CATEGORIES: Final = {
    Sort.MUSIC: "audio,music",
    Sort.FILM: "video,movie",
    Sort.TEXT: "other,e-book",
    Sort.PICTURE: "other,picture",
    Sort.PROGRAM: "application",
}


def sort_of_name(name: str) -> Sort:
    """Guess what one file is from its suffix."""
    stem, dot, suffix = name.rpartition(".")
    return _SORT_OF.get(suffix.lower(), Sort.OTHER) if stem and dot else Sort.OTHER


def sort_of(files: Sequence[ListedFile]) -> Sort:
    """Guess what a set of files is: the sort with most bytes, then most files, that is known.

    A cover or a text beside an album weighs little, so bytes decide.
    """
    bytes_of: dict[Sort, int] = {}
    count_of: dict[Sort, int] = {}
    for file in files:
        sort = sort_of_name(file.path.rpartition("/")[2])
        bytes_of[sort] = bytes_of.get(sort, 0) + file.size
        count_of[sort] = count_of.get(sort, 0) + 1
    if not bytes_of:
        return Sort.OTHER
    order = list(Sort)
    return max(bytes_of, key=lambda sort: (bytes_of[sort], count_of[sort], -order.index(sort)))


def category_of(sort: Sort) -> str | None:
    """Give the `tcat` path of a sort. Source: NIP-35, tag prefixes."""
    return _CATEGORIES.get(sort)


def sort_of_category(category: str) -> Sort | None:
    """Read a `tcat` path such as `video,movie,4k`; None when it says nothing we know."""
    first, _, rest = category.lower().partition(",")
    match first:
        case "audio":
            return Sort.MUSIC
        case "video":
            return Sort.FILM
        case "application" | "game":
            return Sort.PROGRAM
        case "other" if rest.partition(",")[0] in {"e-book", "comic"}:
            return Sort.TEXT
        case "other" if rest.partition(",")[0] == "picture":
            return Sort.PICTURE
        case _:
            return None


def total_bytes(files: Sequence[ListedFile]) -> Bytes:
    """Add up the sizes."""
    return Bytes(sum(file.size for file in files))
