"""Listings as tags: what we write reads back, parts stay small, foreign and hostile ones read."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadRecordError, RefusedError
from kkiri.base.limits import LISTING_RECORD_BYTES_MAX, TAGS_MAX
from kkiri.base.types import Bytes, FileRoot, InfoHash, Kind, UnixTime
from kkiri.event import kinds, listing_tags
from kkiri.event.listing import ListedFile, Listing, MediaFacts, PeerAddress, Sort
from kkiri.event.record import Record, Tag, decode, encode
from kkiri.event.verify import Signer

SIGNER = Signer(bytes([7]) * 32)
HASH = InfoHash("ab" * 20)


def signed(tags: tuple[Tag, ...], content: str = "", kind: Kind = kinds.LISTING) -> Record:
    return SIGNER.sign(kind, tags, content, UnixTime(1_700_000_000))


def album(files: int = 2, name: str = "노래") -> Listing:
    return Listing(
        title="소리바다 모음",
        info_hash=HASH,
        sort=Sort.MUSIC,
        size=Bytes(files * 100),
        files=tuple(
            ListedFile(path=f"소리바다/{name} {n}.mp3", size=Bytes(100), root=FileRoot("0c" * 32))
            for n in range(files)
        ),
        facts=MediaFacts(
            artist="가수", album="첫 음반", duration_seconds=361, bitrate=320_000, codec="mp3"
        ),
        description="손으로 고른 노래",
        topics=("발라드", "2000"),
        addresses=(PeerAddress(host="127.0.0.1", port=6881), PeerAddress(host="::1", port=1)),
    )


def test_a_listing_reads_back_as_written() -> None:
    listing = album()
    ((tags, content),) = listing_tags.to_records_tags(listing)
    record = signed(tags, content)
    back = listing_tags.from_event(decode(encode(record)))
    assert replace(back, author=None, created_at=None) == listing
    assert back.author == SIGNER.pubkey
    assert ("i", "tcat:audio,music") in tags
    assert ("t", "music") in tags


def test_ten_thousand_files_are_split_into_records_that_travel() -> None:
    listing = album(10_000, "아주 긴 이름의 노래 " * 3)
    parts = listing_tags.to_records_tags(listing)
    records = [signed(tags, content) for tags, content in parts]
    assert len(parts) > 1
    assert max(len(encode(record)) for record in records) <= LISTING_RECORD_BYTES_MAX
    assert all(len(record.tags) <= TAGS_MAX for record in records)
    assert [record.value("x") for record in records] == [HASH] * len(parts)
    read = [listing_tags.from_event(record) for record in records]
    whole = listing_tags.joined([*reversed(read), read[0]])
    assert whole.files == listing.files
    assert whole.description == listing.description
    assert sum(bool(content) for _, content in parts) == 1


def test_many_short_files_do_not_pass_the_number_of_tags() -> None:
    files = tuple(ListedFile(path=f"{n:x}", size=Bytes(1)) for n in range(6_000))
    parts = listing_tags.to_records_tags(replace(album(), files=files))
    assert max(len(tags) for tags, _ in parts) <= TAGS_MAX


def test_a_folder_beyond_every_limit_is_refused() -> None:
    files = tuple(ListedFile(path=f"{n}" + "x" * 900, size=Bytes(1)) for n in range(40_000))
    with pytest.raises(RefusedError):
        listing_tags.to_records_tags(replace(album(), files=files))


def test_a_long_description_leaves_room() -> None:
    listing = replace(album(400), description="가" * 100_000)
    for tags, content in listing_tags.to_records_tags(listing):
        assert len(encode(signed(tags, content))) <= LISTING_RECORD_BYTES_MAX


def test_a_foreign_listing_reads() -> None:
    """A listing as DTAN writes it: tcat, topics, absolute-looking paths, none of our tags."""
    record = signed(
        (
            ("title", "Big.Film.2019.1080p"),
            ("x", HASH.upper()),
            ("file", "/Big.Film/film.mkv", "7000000000"),
            ("file", "Big.Film/cover.jpg", "1000"),
            ("file", "../../etc/passwd", "1"),
            ("file", "no size"),
            ("i", "tcat:video,movie,hd"),
            ("i", "imdb:tt123"),
            ("t", "movie"),
            ("t", "hd"),
            ("tracker", "udp://tracker.example"),
        ),
        "A film.",
    )
    listing = listing_tags.from_event(record)
    assert listing.sort is Sort.FILM
    assert listing.info_hash == HASH
    assert listing.size == 7_000_001_000
    assert [file.path for file in listing.files] == [
        "Big.Film/film.mkv",
        "Big.Film/cover.jpg",
        "no size",
    ]
    assert listing.topics == ("movie", "hd")
    assert listing.facts == MediaFacts()
    assert (listing.part, listing.parts) == (1, 1)


def test_the_sort_is_guessed_from_names_when_nobody_says() -> None:
    tags = (("x", HASH), ("file", "a/1.FLAC", "30000000"), ("file", "a/cover.png", "500"))
    assert listing_tags.from_event(signed(tags)).sort is Sort.MUSIC
    assert listing_tags.from_event(signed(tags)).title == "a"


@pytest.mark.parametrize(
    "tags",
    [
        (),
        (("title", "a"),),
        (("title", "a"), ("x", "zz" * 20)),
        (("title", "a"), ("x", "ab" * 19)),
        (("x", HASH),),
        (("x", HASH), ("title", "\u202e \x00")),
        (("x", HASH), ("title", "a"), ("part", "2", "1")),
        (("x", HASH), ("title", "a"), ("part", "0", "1")),
        (("x", HASH), ("title", "a"), ("part", "1", "999999")),
    ],
)
def test_what_is_no_listing_is_refused(tags: tuple[Tag, ...]) -> None:
    with pytest.raises(BadRecordError):
        listing_tags.from_event(signed(tags))


def test_another_kind_is_refused() -> None:
    with pytest.raises(BadRecordError):
        listing_tags.from_event(signed((("title", "a"), ("x", HASH)), kind=kinds.PROFILE))


def test_hostile_fields_are_left_out() -> None:
    tags: tuple[Tag, ...] = (
        ("title", "exe\u202etxt.\x1b[2Jmp3" + "가" * 1_000),
        ("x", HASH),
        ("size", "9" * 5_000),
        ("duration", "-1"),
        ("bitrate", "²"),
        ("width", "1.5"),
        ("lang",),
        ("file",),
        ("file", "a" * 2_000, "1"),
        ("file", "ok", "٣"),
        *(("address", value) for value in ("evil.example:80", "1.2.3.4:0", "1.2.3.4", "[::1]:9")),
        *(("t", f"topic {n}") for n in range(200)),
    )
    listing = listing_tags.from_event(signed(tags))
    assert len(listing.title) == listing_tags.TITLE_CHARS_MAX
    assert not any(char in listing.title for char in "\u202e\x1b\x00")
    assert listing.size == 0
    assert listing.facts == MediaFacts()
    assert listing.files == (ListedFile(path="ok", size=Bytes(0)),)
    assert listing.addresses == (PeerAddress(host="::1", port=9),)
    assert len(listing.topics) == listing_tags.TOPICS_MAX


word = st.sampled_from(["file", "x", "title", "size", "part", "t", "i", "address", "duration"])
value = st.one_of(
    st.text(max_size=30), st.sampled_from([HASH, "1", "2", "tcat:", "a/b", "1.1.1.1:1"])
)


@given(
    st.lists(st.tuples(word, value) | st.tuples(word, value, value) | st.tuples(word)), st.text()
)
def test_any_tags_give_a_listing_or_a_typed_error(tags: list[Tag], content: str) -> None:
    record = Record(
        id=SIGNER.sign(kinds.LISTING, (), "", UnixTime(1)).id,
        pubkey=SIGNER.pubkey,
        created_at=UnixTime(1),
        kind=kinds.LISTING,
        tags=(("x", HASH), ("title", "t"), *tags),
        content=content,
        sig=SIGNER.sign(kinds.LISTING, (), "", UnixTime(1)).sig,
    )
    try:
        listing = listing_tags.from_event(record)
    except BadRecordError:
        return
    json.dumps(listing.title)
    assert 0 <= listing.size
    assert listing.part <= listing.parts
    assert all(".." not in file.path.split("/") for file in listing.files)


def test_parts_of_different_torrents_do_not_join() -> None:
    one = listing_tags.from_event(signed((("title", "a"), ("x", HASH))))
    with pytest.raises(BadRecordError):
        listing_tags.joined([one, replace(one, info_hash=InfoHash("cd" * 20))])
