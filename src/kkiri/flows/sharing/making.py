"""Making listings: which files become which, and what a hashed one says in its records."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from kkiri.base.types import FileRoot
from kkiri.event import kinds
from kkiri.event.fields import clean
from kkiri.event.listing import ListedFile, Listing, MediaFacts, Sort
from kkiri.event.listing_tags import TITLE_CHARS_MAX, to_records_tags
from kkiri.event.record import Record
from kkiri.event.sort import sort_of, sort_of_name
from kkiri.flows.publish import sign
from kkiri.flows.world import World
from kkiri.ports.media import FileStat, FolderFile
from kkiri.ports.state import SharedFile, SharedListing
from kkiri.swarm.layout import plan
from kkiri.swarm.metainfo import build, piece_bytes_for, read
from kkiri.swarm.places import PATH_BYTES_MAX

FACTS_FILES_MAX = 64  # of one folder: a box of records; more tells nothing new about the whole

_Key = tuple[tuple[Path, FileStat], ...]
_Content = tuple[FileStat, ...]
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One listing that a root's files ask for."""

    name: str
    files: tuple[FolderFile, ...]
    size: int

    @property
    def folder(self) -> Path:
        """Give where the top name stands."""
        first = self.files[0]
        return first.path.parents[len(first.relative) - 1]

    @property
    def parts(self) -> list[tuple[tuple[str, ...], int]]:
        """Give path below the top name, and size, of each file."""
        return [(file.relative[1:], file.stat.size) for file in self.files]

    def probed(self) -> list[Path]:
        """Give the files that are worth asking what they say of themselves."""
        sorts = {Sort.MUSIC, Sort.FILM, Sort.PICTURE}
        found = [file.path for file in self.files if sort_of_name(file.path.name) in sorts]
        return found[:FACTS_FILES_MAX]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashes:
    """Pieces of one listing, fresh or kept from before a rename."""

    piece_bytes: int
    pieces: bytes
    merkles: tuple[FileRoot | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a root on disk and in the library differ."""

    gone: tuple[SharedListing, ...]
    """Removed or changed."""
    renamed: tuple[tuple[SharedListing, Wanted], ...]
    """The same files in the same order under other names: not hashed again."""
    new: tuple[Wanted, ...]
    kept: int
    """Listings as they were."""


def compare(files: Iterable[FolderFile], known: Sequence[SharedListing]) -> Difference:
    """Compare what is on disk with what is shared."""
    usable = [file for file in files if _is_usable(file)]
    wanted = [
        Wanted(
            name=one.name,
            files=tuple(usable[number] for number in one.files),
            size=one.size,
        )
        for one in plan([(file.relative, file.stat.size) for file in usable])
    ]
    there = {_key((file.path, file.stat) for file in one.files): one for one in wanted}
    shared = {_key((file.path, file.stat) for file in one.files): one for one in known}
    left: dict[_Content, list[SharedListing]] = {}
    for key, listing in shared.items():
        if key not in there:
            left.setdefault(_content(key), []).append(listing)
    renamed: list[tuple[SharedListing, Wanted]] = []
    new: list[Wanted] = []
    for key, one in there.items():
        before = left.get(_content(key))
        if key in shared:
            continue
        if before:
            renamed.append((before.pop(), one))
        else:
            new.append(one)
    return Difference(
        gone=tuple(listing for before in left.values() for listing in before),
        renamed=tuple(renamed),
        new=tuple(new),
        kept=len(there.keys() & shared.keys()),
    )


def _key(files: Iterable[tuple[Path, FileStat]]) -> _Key:
    return tuple(files)


def _content(key: _Key) -> _Content:
    return tuple(stat for _, stat in key)


def _is_usable(file: FolderFile) -> bool:
    """Say whether a torrent can name the file: valid UTF-8, and a path that others can store."""
    try:
        return len("/".join(file.relative).encode()) <= PATH_BYTES_MAX
    except UnicodeEncodeError:
        return False


def make(
    world: World, root: Path, wanted: Wanted, hashes: Hashes, facts: Sequence[MediaFacts]
) -> tuple[SharedListing, list[Record]]:
    """Make torrent, listing and signed records of one.

    Raises: BadMetainfoError, RefusedError when there is too much in it for one torrent.
    """
    metainfo = build(wanted.name, wanted.parts, hashes.piece_bytes, hashes.pieces)
    info = read(metainfo)
    listed = tuple(
        ListedFile(
            path=clean("/".join(file.relative[1:]) or wanted.name, PATH_BYTES_MAX),
            size=file.stat.size,
            root=merkle,
        )
        for file, merkle in zip(wanted.files, hashes.merkles, strict=True)
    )
    whole = combined(facts) if len(wanted.files) > 1 or not facts else facts[0]
    address = world.torrents.address
    listing = Listing(
        title=_title(wanted, whole),
        info_hash=info.info_hash,
        sort=sort_of(listed),
        size=info.size,
        files=listed,
        facts=whole,
        addresses=() if address is None else (address,),
    )
    records = [
        sign(world, kinds.LISTING, tags, content) for tags, content in to_records_tags(listing)
    ]
    shared = SharedListing(
        info_hash=info.info_hash,
        root=root,
        folder=wanted.folder,
        title=listing.title,
        size=info.size,
        metainfo=metainfo,
        records=tuple(record.id for record in records),
        files=tuple(
            SharedFile(path=file.path, stat=file.stat, merkle=merkle)
            for file, merkle in zip(wanted.files, hashes.merkles, strict=True)
        ),
    )
    return shared, records


def kept_hashes(listing: SharedListing) -> Hashes:
    """Give the hashes a listing has, for the same files under other names."""
    info = read(listing.metainfo)
    return Hashes(
        piece_bytes=info.piece_bytes,
        pieces=info.pieces,
        merkles=tuple(file.merkle for file in listing.files),
    )


def piece_bytes_of(wanted: Wanted) -> int:
    """Choose the piece size of a listing."""
    return piece_bytes_for(wanted.size)


def combined(facts: Sequence[MediaFacts]) -> MediaFacts:
    """Say of a folder what all its files agree on; lengths add up, pictures give the largest."""
    known = [one for one in facts if one != MediaFacts()]
    if not known:
        return MediaFacts()
    lengths = [one.duration_seconds for one in known if one.duration_seconds is not None]
    largest = max(known, key=lambda one: (one.width or 0) * (one.height or 0))
    return MediaFacts(
        artist=_agreed(one.artist for one in known),
        album=_agreed(one.album for one in known),
        duration_seconds=sum(lengths) if lengths else None,
        bitrate=_most([one.bitrate for one in known]),
        codec=_most([one.codec for one in known]),
        width=largest.width,
        height=largest.height,
        language=_agreed(one.language for one in known),
    )


def _agreed(values: Iterable[str | None]) -> str | None:
    found = {value for value in values if value}
    return found.pop() if len(found) == 1 else None


def _most(values: Sequence[T | None]) -> T | None:
    counted = Counter(value for value in values if value is not None)
    return counted.most_common(1)[0][0] if counted else None


def _title(wanted: Wanted, facts: MediaFacts) -> str:
    """Choose what to call it: a song by its tag, else the name without a known suffix."""
    single = len(wanted.files) == 1 and len(wanted.files[0].relative) == 1
    sort = sort_of_name(wanted.name) if single else Sort.OTHER
    name = wanted.name.rpartition(".")[0] if sort in {Sort.MUSIC, Sort.FILM} else wanted.name
    tagged = facts.title if single and sort is Sort.MUSIC else None
    title = clean(tagged or "", TITLE_CHARS_MAX) or clean(name, TITLE_CHARS_MAX)
    return title or clean(repr(wanted.name), TITLE_CHARS_MAX)


def moved(listing: SharedListing, owner: SharedListing) -> SharedListing:
    """Give a listing the records of another that stands for the same torrent in another root."""
    return replace(listing, records=owner.records)
