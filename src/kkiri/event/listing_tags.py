"""A listing as tags of kind 2003 and back; reading is bounded and never trusts a foreign field.

Source: NIP-35 (db5fe3de); kkiri's plain tags are in docs/protocol/records.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from kkiri.base.errors import BadNameError, BadRecordError, RefusedError
from kkiri.base.hexes import info_hash, is_hex32
from kkiri.base.limits import LISTING_ADDRESSES_MAX, LISTING_RECORD_BYTES_MAX, TAGS_MAX
from kkiri.base.names import safe_path
from kkiri.base.types import Bytes, FileRoot
from kkiri.event import fields, kinds
from kkiri.event.listing import ListedFile, Listing, MediaFacts, PeerAddress, Sort
from kkiri.event.record import Event, Tag
from kkiri.event.sort import category_of, sort_of, sort_of_category, total_bytes

TITLE_CHARS_MAX = 300  # longest real titles are about 250; one line on a screen
NAME_CHARS_MAX = 200  # artist, album, codec
TOPICS_MAX = 32  # more is keyword stuffing
TOPIC_CHARS_MAX = 64
PATH_CHARS_MAX = 1_024  # 16 parts of 64; PATH_MAX of most systems is 4,096 bytes
DESCRIPTION_CHARS_MAX = 12_000  # 36 kB of Korean, so that a first part of 60 kB has room for files
LISTING_PARTS_MAX = 512  # about 150,000 files of 200 bytes each in one torrent
ENVELOPE_BYTES = 420  # id, pubkey, sig, created_at, kind and the names of an event in JSON

_SORTS: Final = {sort.value: sort for sort in Sort}


def to_records_tags(listing: Listing) -> list[tuple[tuple[Tag, ...], str]]:
    """Give tags and content of each record: one, or several parts when there are many files.

    Raises: RefusedError when the files would need more than LISTING_PARTS_MAX records.
    """
    head = _head_tags(listing)
    content = listing.description[:DESCRIPTION_CHARS_MAX]
    head_bytes = ENVELOPE_BYTES + sum(_json_bytes(tag) for tag in head) + 32  # 32: the part tag
    runs: list[list[Tag]] = [[]]
    used = head_bytes + len(msgspec.json.encode(content))
    for file in listing.files:
        tag = _file_tag(file)
        more = _json_bytes(tag)
        full = used + more > LISTING_RECORD_BYTES_MAX or len(runs[-1]) + len(head) + 1 >= TAGS_MAX
        if full and runs[-1]:
            runs.append([])
            used = head_bytes
        runs[-1].append(tag)
        used += more
    if len(runs) > LISTING_PARTS_MAX:
        raise RefusedError(f"{len(listing.files)} files in one folder")
    if len(runs) == 1:
        return [((*head, *runs[0]), content)]
    return [
        ((*head, ("part", str(number), str(len(runs))), *run), content if number == 1 else "")
        for number, run in enumerate(runs, 1)
    ]


def from_event(event: Event) -> Listing:
    """Read a listing, ours or a foreign NIP-35 one; what is not understood is left out.

    Raises: BadRecordError when it is not kind 2003 or names no info-hash or nothing to call it by.
    """
    if event.kind != kinds.LISTING:
        raise BadRecordError(f"kind {event.kind}")
    hashed = info_hash(event.value("x") or "")
    files = tuple(_files(event.tags))
    title = fields.clean(event.value("title") or "", TITLE_CHARS_MAX)
    if not title and files:
        title = fields.clean(files[0].path.partition("/")[0], TITLE_CHARS_MAX)
    if not title:
        raise BadRecordError("title")
    size = fields.whole(event.value("size"))
    part, parts = _part(event)
    return Listing(
        title=title,
        info_hash=hashed,
        sort=_sort(event, files),
        size=total_bytes(files) if size is None else Bytes(size),
        files=files,
        facts=_facts(event),
        description=event.content[:DESCRIPTION_CHARS_MAX],
        topics=_topics(event),
        addresses=_addresses(event),
        part=part,
        parts=parts,
        author=event.pubkey,
        created_at=event.created_at,
    )


def joined(listings: Sequence[Listing]) -> Listing:
    """Put parts of one torrent by one author together, in part order, repeats taken once.

    The first part speaks for all but the files. Raises: BadRecordError when they are not of one.
    """
    if len({(listing.info_hash, listing.author) for listing in listings}) != 1:
        raise BadRecordError("parts")
    newest = max((listing.parts, listing.created_at or 0) for listing in listings)
    by_part = {
        listing.part: listing
        for listing in sorted(listings, key=_part_order)
        if listing.parts == newest[0]
    }
    ordered = [by_part[number] for number in sorted(by_part)]
    return replace(ordered[0], files=tuple(file for one in ordered for file in one.files), part=1)


def _part_order(listing: Listing) -> tuple[int, int, str]:
    return (listing.part, listing.created_at or 0, repr(listing.files))


def _json_bytes(tag: Tag) -> int:
    return len(msgspec.json.encode(tag)) + 1  # and a comma


def _file_tag(file: ListedFile) -> Tag:
    tag = ("file", file.path, str(file.size))
    return tag if file.root is None else (*tag, file.root)


def _head_tags(listing: Listing) -> list[Tag]:
    facts = listing.facts
    category = category_of(listing.sort)
    named = {
        "size": listing.size,
        "artist": facts.artist,
        "album": facts.album,
        "duration": facts.duration_seconds,
        "bitrate": facts.bitrate,
        "codec": facts.codec,
        "width": facts.width,
        "height": facts.height,
        "lang": facts.language,
    }
    topics = [("t", topic[:TOPIC_CHARS_MAX]) for topic in listing.topics[:TOPICS_MAX]]
    addresses = [("address", str(address)) for address in listing.addresses]
    return [
        ("title", listing.title[:TITLE_CHARS_MAX]),
        ("x", listing.info_hash),
        ("t", listing.sort.value),
        *topics,
        *([] if category is None else [("i", f"tcat:{category}")]),
        *(
            (name, str(value)[:NAME_CHARS_MAX])
            for name, value in named.items()
            if value is not None
        ),
        *addresses[:LISTING_ADDRESSES_MAX],
    ]


def _files(tags: Iterable[Tag]) -> Iterable[ListedFile]:
    for tag in tags:
        if len(tag) < 2 or tag[0] != "file" or len(tag[1]) > PATH_CHARS_MAX:
            continue
        try:
            path = "/".join(safe_path(tag[1].strip("/")))
        except BadNameError:
            continue
        size = fields.whole(tag[2]) if len(tag) > 2 else None
        root = FileRoot(tag[3]) if len(tag) > 3 and is_hex32(tag[3]) else None
        yield ListedFile(path=path, size=Bytes(size or 0), root=root)


def _part(event: Event) -> tuple[int, int]:
    tag = next((tag for tag in event.tags if len(tag) > 2 and tag[0] == "part"), None)
    if tag is None:
        return 1, 1
    part, parts = fields.whole(tag[1]), fields.whole(tag[2], LISTING_PARTS_MAX)
    if not part or not parts or part > parts:
        raise BadRecordError("part")
    return part, parts


def _sort(event: Event, files: Sequence[ListedFile]) -> Sort:
    for topic in event.values("t"):
        if topic in _SORTS:
            return _SORTS[topic]
    for value in event.values("i"):
        found = sort_of_category(value[5:]) if value.startswith("tcat:") else None
        if found is not None:
            return found
    return sort_of(files)


def _topics(event: Event) -> tuple[str, ...]:
    words = (fields.clean(value, TOPIC_CHARS_MAX) for value in event.values("t")[: TOPICS_MAX + 1])
    return tuple(word for word in dict.fromkeys(words) if word and word not in _SORTS)[:TOPICS_MAX]


def _addresses(event: Event) -> tuple[PeerAddress, ...]:
    found: list[PeerAddress] = []
    for value in event.values("address")[:LISTING_ADDRESSES_MAX]:
        try:
            found.append(fields.peer_address(value))
        except BadRecordError:
            continue
    return tuple(dict.fromkeys(found))


def _facts(event: Event) -> MediaFacts:
    def text(name: str) -> str | None:
        return fields.clean(event.value(name) or "", NAME_CHARS_MAX) or None

    def number(name: str) -> int | None:
        return fields.whole(event.value(name))

    return MediaFacts(
        artist=text("artist"),
        album=text("album"),
        duration_seconds=number("duration"),
        bitrate=number("bitrate"),
        codec=text("codec"),
        width=number("width"),
        height=number("height"),
        language=text("lang"),
    )
