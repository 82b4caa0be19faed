"""Albums, songs and their ids: a function of what torrents say, the same in any order."""

import random

import pytest

from kkiri.base.types import Bytes, InfoHash, Link, UnixTime
from kkiri.event.listing import MediaFacts
from kkiri.flows.playing.songs import (
    UNKNOWN_ALBUM,
    UNKNOWN_ARTIST,
    VARIOUS_ARTISTS,
    Work,
    album_hash,
    album_of,
    collect,
    file_number,
    is_about,
    letter_of,
    path_mark,
    song_parts,
    words_of,
)
from kkiri.swarm.metainfo import MetaFile, MetaInfo


def _work(number: int, title: str, *files: str, **facts: str) -> Work:
    return Work(
        info_hash=InfoHash(f"{number:040x}"),
        title=title,
        created_at=UnixTime(1_000 + number),
        files=tuple((path, Bytes(10)) for path in files),
        facts=MediaFacts(**facts),  # type: ignore[arg-type]
        link=Link("magnet:?x") if number % 2 else None,
    )


WORKS = [
    _work(1, "바다 앨범", "02 파도.mp3", "01 바람.mp3", "cover.jpg", artist="해녀", album="바다"),
    _work(2, "Lone", "lone.mp3", artist="Zed", album="Alone"),
    _work(3, "Other", "other.flac", artist="zed", album="ALONE"),
    _work(4, "No tags", "x.mp3"),
    _work(5, "Mixed", "CD1/1-01 a.mp3", "CD2/01. b.mp3", "CD1/02_c.mp3"),
    _work(6, "Pictures", "a.jpg", "b.jpg"),
]


def test_folders_are_albums_and_singles_meet_by_artist_and_album() -> None:
    all_of_it = collect(WORKS)
    albums = {album.name: album for album in all_of_it.albums.values()}
    assert set(albums) == {"바다", "Alone", UNKNOWN_ALBUM, "Mixed"}
    assert [song.title for song in albums["바다"].songs] == ["바람", "파도"]
    assert [song.track for song in albums["바다"].songs] == [1, 2]
    assert {song.title for song in albums["Alone"].songs} == {"Lone", "Other"}
    assert albums[UNKNOWN_ALBUM].artist == UNKNOWN_ARTIST
    assert albums["Mixed"].artist == VARIOUS_ARTISTS
    told = [(song.disc, song.track, song.title) for song in albums["Mixed"].songs]
    assert told == [(1, 1, "a"), (1, 2, "c"), (2, 1, "b")]
    assert {artist.name for artist in all_of_it.artists.values()} == {
        "해녀",
        "Zed",
        UNKNOWN_ARTIST,
        VARIOUS_ARTISTS,
    }


@pytest.mark.parametrize("seed", range(20))
def test_order_changes_nothing(seed: int) -> None:
    shuffled = WORKS.copy()
    random.Random(seed).shuffle(shuffled)
    one, other = collect(WORKS), collect(shuffled)
    assert one.songs == other.songs
    assert list(one.albums) == list(other.albums)
    assert list(one.artists) == list(other.artists)


def test_ids_lead_back() -> None:
    for work in WORKS:
        album = album_of(work)
        assert album_hash(album.id) == work.info_hash
        for song in album.songs:
            assert song_parts(song.id) == (work.info_hash, path_mark(song.path))
    for wrong in ("", "al-", "al-" + "0" * 39, "so-x", "so-" + "0" * 40, "as-x", "so-" + "0" * 62):
        assert album_hash(wrong) is None
        assert song_parts(wrong) is None


def test_what_files_say_of_themselves_comes_first() -> None:
    told = {"01 바람.mp3": MediaFacts(title="바람이 분다", artist="손님", duration_seconds=99)}
    first = album_of(WORKS[0], told).songs[0]
    assert (first.title, first.artist, first.seconds) == ("바람이 분다", "손님", 99)
    assert first.album == "바다"


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("해녀", "ㅎ"),
        ("까치", "ㄱ"),
        ("Zed", "Z"),
        ("zed", "Z"),
        ("Émile", "E"),
        ("Ångström", "A"),
        ("한", "ㅎ"),
        ("1984", "#"),
        ("", "#"),
        ("日本", "#"),
    ],
)
def test_letters(name: str, letter: str) -> None:
    assert letter_of(name) == letter


def test_words_are_looked_for_anywhere() -> None:
    assert is_about(words_of("바다 해녀"), "바다 앨범", "해녀")
    assert is_about(words_of('"SEA*"'), "the sea")
    assert is_about(words_of(""), "anything")
    assert is_about(words_of('""'), "anything")
    assert not is_about(words_of("산"), "바다")


def _info(single: bool, *paths: str) -> MetaInfo:
    files = tuple(
        MetaFile(parts=() if single else tuple(path.split("/")), size=Bytes(1)) for path in paths
    )
    return MetaInfo(
        info_hash=InfoHash("0" * 40),
        name="top",
        piece_bytes=16_384,
        pieces=b"",
        files=files,
        single=single,
    )


def test_a_listed_path_is_found_among_a_torrent_s_files() -> None:
    info = _info(False, "a/b.mp3", "c.mp3", "É.mp3")
    assert file_number(info, "c.mp3") == 1
    assert file_number(info, "a/b.mp3") == 0
    assert file_number(info, "é.mp3") == 2
    assert file_number(info, "C.MP3") == 1
    assert file_number(info, "d.mp3") is None
    assert file_number(_info(True, "x"), "whatever") == 0
    assert file_number(_info(False, "a.mp3", "A.mp3"), "a.mp3") == 0
