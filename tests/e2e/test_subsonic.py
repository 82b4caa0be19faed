"""OpenSubsonic with an independent client that reads every answer into typed records."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as XmlTree

import libopensonic
import pytest
from libopensonic import errors

from tests.e2e.peers import until
from tests.e2e.stocked import ALBUM, ARTIST, HOSTILE, Program, Stocked, stocked

SPACE = "{http://subsonic.org/restapi}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stocked]:
    with stocked(tmp_path_factory.mktemp("subsonic")) as made:
        yield made


@contextmanager
def _connected(program: Program, **how: Any) -> Iterator[libopensonic.Connection]:
    if "api_key" not in how:
        how = {"username": "me", "password": program.password} | how
    link = libopensonic.Connection("http://127.0.0.1", port=program.port, **how)
    try:
        yield link
    finally:
        link.cleanup()
        link._loop.close()  # it leaves its loop open, and a warning is an error here


@pytest.fixture(scope="module")
def here(house: Stocked) -> Iterator[libopensonic.Connection]:
    with _connected(house.here) as link:
        yield link


@pytest.fixture(scope="module")
def there(house: Stocked) -> Iterator[libopensonic.Connection]:
    with _connected(house.there) as link:
        yield link


@pytest.mark.parametrize("use_get", [True, False])
@pytest.mark.parametrize("legacy_auth", [True, False])
@pytest.mark.parametrize("use_views", [True, False])
def test_every_way_in(house: Stocked, use_get: bool, legacy_auth: bool, use_views: bool) -> None:
    how = {"use_get": use_get, "legacy_auth": legacy_auth, "use_views": use_views}
    with _connected(house.here, **how) as link:
        assert link.ping()
        assert link.get_license()["license"]["valid"]
    with _connected(house.here, api_key=house.here.password, use_get=use_get) as keyed:
        assert keyed.ping()
        assert keyed.token_info().username == "kkiri"


def test_a_wrong_password_has_its_error(house: Stocked) -> None:
    with (
        _connected(house.here, password="wrong", legacy_auth=True) as link,
        pytest.raises(errors.CredentialError),
    ):
        link.get_artists()


def test_browsing_by_tags_and_by_folders_meets(
    house: Stocked, here: libopensonic.Connection
) -> None:
    # this client reads music folders as a bare list, which no server gives: asked by hand
    told = house.here.subsonic("getMusicFolders")["musicFolders"]["musicFolder"]
    assert told == [{"id": 1, "name": "kkiri"}]
    artists = {one.name: one for index in here.get_artists().index for one in index.artist}
    assert set(artists) == {ARTIST, "Zed"}
    letters = {index.name: [one.name for one in index.artist] for index in here.get_indexes().index}
    assert letters == {"ㅎ": [ARTIST], "Z": ["Zed"]}
    artist = here.get_artist(artists[ARTIST].id)
    (album,) = artist.album
    assert (album.name, album.song_count, album.artist) == (ALBUM, 3, ARTIST)
    whole = here.get_album(album.id)
    assert [song.title for song in whole.song] == ["노래 1", "노래 2", "노래 3"]
    assert [song.track for song in whole.song] == [1, 2, 3]
    assert [song.duration for song in whole.song] == [3, 3, 3]
    assert {song.content_type for song in whole.song} == {"audio/mpeg"}
    for song in whole.song:
        assert here.get_song(song.id) == song
    below = here.get_music_directory(artists[ARTIST].id)
    assert [(one.id, one.is_dir) for one in below.child] == [(album.id, True)]
    songs = here.get_music_directory(album.id)
    assert [one.id for one in songs.child] == [song.id for song in whole.song]


def test_lists_pages_and_chance(here: libopensonic.Connection) -> None:
    for kind in ("newest", "alphabeticalByName", "alphabeticalByArtist", "random"):
        assert len(here.get_album_list2(kind)) == 2, kind
        assert len(here.get_album_list(kind)) == 2, kind
    for kind in ("frequent", "recent", "highest", "starred"):
        assert here.get_album_list2(kind) == []
    names = [one.name for one in here.get_album_list2("alphabeticalByName")]
    assert names == ["Alone", ALBUM]
    assert [one.name for one in here.get_album_list2("alphabeticalByName", 1, 1)] == [ALBUM]
    assert here.get_album_list2("alphabeticalByName", 10, 5) == []
    assert len({song.id for song in here.get_random_songs(size=10)}) == 4
    assert here.get_genres() == []


def test_one_s_own_is_found_and_everything_for_no_words(here: libopensonic.Connection) -> None:
    found = here.search3("노래 2")
    assert [song.title for song in found.song] == ["노래 2"]
    assert [one.name for one in here.search3(ARTIST).artist] == [ARTIST]
    everything = here.search3("", song_count=500)
    assert len(everything.song) == 4
    first = here.search3("", song_count=3).song
    rest = here.search3("", song_count=3, song_offset=3).song
    assert [one.id for one in first + rest] == [one.id for one in everything.song]
    older = here.search2(ARTIST)
    assert [one.title for one in older.album] == [ALBUM]
    hostile = here.search3("Lone").song
    assert [one.title for one in hostile] == [f"Lone {HOSTILE}"]


def test_playlists_are_albums_and_kept_searches(
    house: Stocked, here: libopensonic.Connection
) -> None:
    number = house.here.api("POST", "/api/kept", {"words": "노래"})["number"]
    lists = {one.name: one for one in here.get_playlists()}
    assert {"노래", f"{ARTIST} - {ALBUM}"} <= set(lists)
    album = here.get_playlist(lists[f"{ARTIST} - {ALBUM}"].id)
    assert [one.title for one in album.entry] == ["노래 1", "노래 2", "노래 3"]
    kept = here.get_playlist(f"pk-{number}")
    assert len(kept.entry) == kept.song_count == 3
    house.here.api("POST", "/api/kept/drop", {"number": number})
    with pytest.raises(errors.DataNotFoundError):
        here.get_playlist(f"pk-{number}")


def test_bytes_of_one_s_own(house: Stocked) -> None:
    song = house.here.subsonic("search3", query="노래 2")["searchResult3"]["song"][0]
    query = urlencode({"u": "me", "p": house.here.password, "id": song["id"], "format": "raw"})
    whole = house.songs[1].read_bytes()
    status, head, body = house.here.ask("GET", f"/rest/stream?{query}")
    assert (status, head["content-type"], body) == (200, "audio/mpeg", whole)
    assert head["accept-ranges"] == "bytes"
    for asked, begin, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=-10", len(whole) - 10, len(whole)),
        (f"bytes={len(whole) - 1}-", len(whole) - 1, len(whole)),
        ("bytes=5-99999999", 5, len(whole)),
    ):
        status, head, body = house.here.ask(
            "GET", f"/rest/stream?{query}", headers={"Range": asked}
        )
        assert (status, body) == (206, whole[begin:end]), asked
        assert head["content-range"] == f"bytes {begin}-{end - 1}/{len(whole)}"
    past = {"Range": f"bytes={len(whole)}-"}
    status, head, body = house.here.ask("GET", f"/rest/stream?{query}", headers=past)
    assert (status, head["content-range"], body) == (416, f"bytes */{len(whole)}", b"")
    status, head, body = house.here.ask("HEAD", f"/rest/stream?{query}")
    assert (status, head["content-length"], body) == (200, str(len(whole)), b"")
    status, head, body = house.here.ask("GET", f"/rest/download?{query}")
    assert (head["content-disposition"], body) == ("attachment", whole)


def test_a_cover_is_a_picture(house: Stocked) -> None:
    told = house.here.subsonic("search3", query="노래 2")["searchResult3"]["song"][0]
    for key in (told["coverArt"], told["albumId"], told["artistId"]):
        query = urlencode({"u": "me", "p": house.here.password, "id": key, "size": "300"})
        status, head, body = house.here.ask("GET", f"/rest/getCoverArt?{query}")
        assert (status, head["content-type"], body[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")


def test_the_network_s_music_is_found_and_fetched_as_it_plays(
    house: Stocked, there: libopensonic.Connection
) -> None:
    assert house.there.api("GET", "/api/transfers") == []
    album = until(lambda: (there.search3(ARTIST).album or [None])[0], 30)
    assert album is not None
    assert (album.name, album.song_count) == (ALBUM, 3)
    whole = there.get_album(album.id)
    song = whole.song[1]
    assert house.there.api("GET", "/api/transfers") == []  # looking fetches nothing
    query = urlencode({"u": "me", "p": house.there.password, "id": song.id})
    part = {"Range": "bytes=1000-1999"}
    raw = house.songs[1].read_bytes()
    assert house.there.ask("GET", f"/rest/stream?{query}", headers=part)[2] == raw[1000:2000]
    assert house.there.ask("GET", f"/rest/stream?{query}")[2] == raw
    (transfer,) = house.there.api("GET", "/api/transfers")
    assert transfer["info_hash"] in song.id
    other = urlencode({"u": "me", "p": house.there.password, "id": whole.song[2].id})
    assert house.there.ask("GET", f"/rest/stream?{other}")[2] == house.songs[2].read_bytes()
    mine = until(lambda: there.get_album_list2("newest"), 30)
    assert [one.id for one in mine] == [album.id]


def test_ids_are_the_same_after_a_restart(house: Stocked) -> None:
    def ids() -> Any:
        told = house.here.subsonic("search3", query="", songCount="500")["searchResult3"]
        return {kind: sorted(one["id"] for one in told[kind]) for kind in told}

    before, address, password = ids(), house.here.page, house.here.password
    assert len(before["song"]) == 4
    house.one.stop()
    house.one.up()
    again = Program(house.one)
    assert (again.page, again.password) == (address, password)
    assert ids() == before


CALLS: list[tuple[str, dict[str, str]]] = [
    ("ping", {}),
    ("getLicense", {}),
    ("getOpenSubsonicExtensions", {}),
    ("getMusicFolders", {}),
    ("getIndexes", {}),
    ("getArtists", {}),
    ("getGenres", {}),
    ("getAlbumList", {"type": "newest"}),
    ("getAlbumList2", {"type": "random"}),
    ("getRandomSongs", {}),
    ("getSongsByGenre", {"genre": "x"}),
    ("search2", {"query": "노래"}),
    ("search3", {"query": "노래"}),
    ("getPlaylists", {}),
    ("getUser", {"username": "me"}),
    ("getScanStatus", {}),
    ("startScan", {}),
    ("scrobble", {"id": "x"}),
    ("getNowPlaying", {}),
    ("getStarred", {}),
    ("getStarred2", {}),
    ("getBookmarks", {}),
    ("getPlayQueue", {}),
    ("getLyrics", {}),
    ("getLyricsBySongId", {"id": "x"}),
    ("getSimilarSongs2", {"id": "x"}),
    ("getTopSongs", {"artist": "x"}),
    ("getArtistInfo2", {"id": "x"}),
    ("getAlbumInfo2", {"id": "x"}),
    ("getPodcasts", {}),
    ("getInternetRadioStations", {}),
    ("getShares", {}),
    ("tokenInfo", {}),
]


@pytest.mark.parametrize(("method", "asked"), CALLS, ids=[name for name, _ in CALLS])
def test_xml_and_json_say_the_same(house: Stocked, method: str, asked: dict[str, str]) -> None:
    told = house.here.subsonic(method, **asked)
    assert (told["status"], told["version"], told["openSubsonic"]) == ("ok", "1.16.1", True)
    query = urlencode(asked | {"u": "me", "p": house.here.password})
    status, head, raw = house.here.ask("GET", f"/rest/{method}.view?{query}")
    assert (status, head["content-type"]) == (200, "application/xml; charset=utf-8")
    root = XmlTree.fromstring(raw)
    assert root.tag == f"{SPACE}subsonic-response"
    if "random" not in (method + str(asked)).lower():
        assert _shape(root) == _told(told)


def _shape(element: XmlTree.Element) -> Any:
    """Give what an element says, its numbers as text: attributes, and lists of what is below."""
    below: dict[str, Any] = dict(element.attrib)
    for part in element:
        below.setdefault(part.tag.removeprefix(SPACE), []).append(_shape(part))
    if element.text:
        below["value"] = element.text
    return below


def _told(value: Any) -> Any:
    """Give what JSON says in the same shape."""
    if not isinstance(value, dict):
        return {"value": _text(value)}
    below: dict[str, Any] = {}
    for name, one in value.items():
        if isinstance(one, list):
            if one:
                below[name] = [_told(part) for part in one]
        elif isinstance(one, dict):
            below[name] = [_told(one)]
        elif name != "value" or one:
            below[name] = _text(one)
    return below


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    ("method", "asked", "code"),
    [
        ("getAlbum", {}, 10),
        ("getAlbumList2", {}, 10),
        ("getAlbumList2", {"type": "nonsense"}, 0),
        ("getAlbumList2", {"type": "newest", "size": "many"}, 0),
        ("getAlbumList2", {"type": "byYear"}, 10),
        ("getAlbum", {"id": "al-" + "0" * 40}, 70),
        ("getSong", {"id": "so-" + "0" * 40 + "-" + "0" * 20}, 70),
        ("getSong", {"id": "../../etc/passwd"}, 70),
        ("getArtist", {"id": "x"}, 70),
        ("getMusicDirectory", {"id": "x"}, 70),
        ("getPlaylist", {"id": "pk-x"}, 70),
        ("stream", {"id": "x"}, 70),
        ("stream", {}, 10),
        ("getCoverArt", {"id": "x"}, 70),
        ("getAvatar", {"username": "me"}, 70),
        ("getUser", {}, 10),
        ("star", {"id": "x"}, 50),
        ("setRating", {"id": "x", "rating": "5"}, 50),
        ("createPlaylist", {"name": "x"}, 50),
        ("deletePlaylist", {"id": "x"}, 50),
        ("createBookmark", {"id": "x", "position": "1"}, 50),
        ("createUser", {"username": "x", "password": "x"}, 50),
        ("nonsense", {}, 0),
    ],
)
def test_refusals_have_their_numbers(
    house: Stocked, method: str, asked: dict[str, str], code: int
) -> None:
    told = house.here.subsonic(method, **asked)
    assert (told["status"], told["error"]["code"]) == ("failed", code)
    assert told["error"]["message"]


def test_jsonp_is_refused(house: Stocked) -> None:
    query = urlencode({"u": "me", "p": house.here.password, "f": "jsonp", "callback": "alert"})
    status, head, body = house.here.ask("GET", f"/rest/ping?{query}")
    assert (status, head["content-type"]) == (200, "application/xml; charset=utf-8")
    assert b'status="failed"' in body
    assert b"alert" not in body


def test_what_can_be_asked_is_told_to_everybody_and_nothing_else(house: Stocked) -> None:
    status, _, body = house.here.ask("GET", "/rest/getOpenSubsonicExtensions?f=json")
    assert status == 200
    names = {one["name"] for one in json.loads(body)["subsonic-response"]["openSubsonicExtensions"]}
    assert names == {"formPost", "apiKeyAuthentication"}
    assert b'"code": 10' in house.here.ask("GET", "/rest/getArtists?f=json")[2]
