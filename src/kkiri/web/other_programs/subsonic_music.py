"""The methods of OpenSubsonic that tell of music: artists, albums, songs, lists, searches.

One's own comes first; what the network has comes behind it in `search2` and `search3`.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from kkiri.app.peer import Peer
from kkiri.base.types import UnixTime
from kkiri.flows.playing.music import Music
from kkiri.flows.playing.songs import Album, Artist, Collection, Song, is_about, words_of
from kkiri.web.other_programs.subsonic_answer import GENERIC, NOT_FOUND, Fault, Tree
from kkiri.web.other_programs.subsonic_asked import LIST_MAX, Fields, RefusedFault
from kkiri.web.other_programs.subsonic_telling import (
    ARTICLES,
    album_tree,
    artist_tree,
    folder_tree,
    index_trees,
    plain_artist,
    playlist_tree,
    song_tree,
)

FOLDER_ID = 1
ALBUM_LISTS_MAX = 500  # albums told as playlists; a longer list is not scrolled
KEPT, ALBUM_LIST = "pk-", "pl-"

T = TypeVar("T")
Method = Callable[[Peer, Music, Fields], Awaitable[Tree]]


async def folders(_peer: Peer, _music: Music, _asked: Fields) -> Tree:
    """Tell of the one folder there is."""
    return {"musicFolders": {"musicFolder": [{"id": FOLDER_ID, "name": "kkiri"}]}}


async def indexes(peer: Peer, music: Music, asked: Fields) -> Tree:
    """Tell of artists as folders."""
    own = await music.own()
    newest = max((album.created_at for album in own.albums.values()), default=UnixTime(0))
    since = asked.whole("ifModifiedSince", 0)
    told = [] if since >= newest * 1000 > 0 else index_trees(own.artists.values(), plain=True)
    return {"indexes": {"ignoredArticles": ARTICLES, "lastModified": newest * 1000, "index": told}}


async def artists(_peer: Peer, music: Music, _asked: Fields) -> Tree:
    """Tell of all artists."""
    own = await music.own()
    index = index_trees(own.artists.values(), plain=False)
    return {"artists": {"ignoredArticles": ARTICLES, "index": index}}


async def directory(_peer: Peer, music: Music, asked: Fields) -> Tree:
    """Tell what is in a folder: an artist's albums, or an album's songs."""
    key = asked.need("id")
    artist = (await music.own()).artists.get(key)
    if artist is not None:
        below: Tree = {
            "id": key,
            "name": artist.name,
            "parent": str(FOLDER_ID),
            "child": [folder_tree(album) for album in artist.albums],
        }
        return {"directory": below}
    album = await music.album(key)
    return {
        "directory": {
            "id": key,
            "name": album.name,
            "parent": album.artist_id,
            "child": [song_tree(song) for song in album.songs],
        }
    }


async def artist(_peer: Peer, music: Music, asked: Fields) -> Tree:
    """Tell of one artist and their albums."""
    key = asked.need("id")
    found = (await music.own()).artists.get(key)
    if found is None:
        raise RefusedFault(Fault(NOT_FOUND, "Artist not found"))
    return {"artist": artist_tree(found) | {"album": [album_tree(one) for one in found.albums]}}


async def album(_peer: Peer, music: Music, asked: Fields) -> Tree:
    """Tell of one album and its songs."""
    found = await music.album(asked.need("id"))
    return {"album": album_tree(found) | {"song": [song_tree(song) for song in found.songs]}}


async def song(_peer: Peer, music: Music, asked: Fields) -> Tree:
    """Tell of one song."""
    return {"song": song_tree(await music.song(asked.need("id")))}


async def genres(_peer: Peer, music: Music, _asked: Fields) -> Tree:
    """Tell of all genres."""
    own = await music.own()
    songs = Counter(one.genre for one in own.songs.values() if one.genre)
    albums = Counter(one.genre for one in own.albums.values() if one.genre)
    told: list[Tree] = [
        {"value": name, "songCount": songs[name], "albumCount": albums[name]}
        for name in sorted(songs)
    ]
    return {"genres": {"genre": told}}


async def album_list(peer: Peer, music: Music, asked: Fields) -> Tree:
    """List albums as folders."""
    told = [folder_tree(one) for one in await _listed(peer, music, asked)]
    return {"albumList": {"album": told}}


async def album_list2(peer: Peer, music: Music, asked: Fields) -> Tree:
    """List albums."""
    return {"albumList2": {"album": [album_tree(one) for one in await _listed(peer, music, asked)]}}


async def _listed(peer: Peer, music: Music, asked: Fields) -> Sequence[Album]:
    how = asked.need("type")
    size, offset = asked.whole("size", 10, LIST_MAX), asked.whole("offset", 0)
    albums = list((await music.own()).albums.values())
    match how:
        case "alphabeticalByName":
            pass
        case "alphabeticalByArtist":
            albums.sort(key=lambda one: (one.artist.casefold(), one.name.casefold(), one.id))
        case "newest":
            albums.sort(key=lambda one: (-one.created_at, one.id))
        case "random":
            return _some(peer, albums, size)
        case "byGenre":
            genre = asked.need("genre")
            albums = [one for one in albums if one.genre == genre]
        case "byYear":  # torrents do not say in which year
            asked.need("fromYear")
            asked.need("toYear")
            albums = []
        case "highest" | "frequent" | "recent" | "starred":  # nobody is watched while listening
            albums = []
        case _:
            raise RefusedFault(Fault(GENERIC, f"No such list: {how}"))
    return albums[offset : offset + size]


async def random_songs(peer: Peer, music: Music, asked: Fields) -> Tree:
    """Choose songs by chance."""
    genre, size = asked.text("genre"), asked.whole("size", 10, LIST_MAX)
    songs = [one for one in (await music.own()).songs.values() if genre in {"", one.genre}]
    return {"randomSongs": {"song": [song_tree(one) for one in _some(peer, songs, size)]}}


async def songs_by_genre(_peer: Peer, music: Music, asked: Fields) -> Tree:
    """List songs of a genre."""
    genre = asked.need("genre")
    count, offset = asked.whole("count", 10, LIST_MAX), asked.whole("offset", 0)
    songs = [one for one in (await music.own()).songs.values() if one.genre == genre]
    told = [song_tree(one) for one in songs[offset : offset + count]]
    return {"songsByGenre": {"song": told}}


async def search3(_peer: Peer, music: Music, asked: Fields) -> Tree:
    """Search one's own music, then the network's."""
    artists, albums, songs = await _found(music, asked)
    return {
        "searchResult3": {
            "artist": [artist_tree(one) for one in artists],
            "album": [album_tree(one) for one in albums],
            "song": [song_tree(one) for one in songs],
        }
    }


async def search2(_peer: Peer, music: Music, asked: Fields) -> Tree:
    """Search as `search3`, told as folders."""
    artists, albums, songs = await _found(music, asked)
    return {
        "searchResult2": {
            "artist": [plain_artist(one) for one in artists],
            "album": [folder_tree(one) for one in albums],
            "song": [song_tree(one) for one in songs],
        }
    }


async def _found(
    music: Music, asked: Fields
) -> tuple[Sequence[Artist], Sequence[Album], Sequence[Song]]:
    query = asked.text("query")
    words = words_of(query)
    own = await music.own()
    network = await music.found(query) if words else []
    # thousands of names are looked through: in a thread
    artists, albums, songs = await asyncio.to_thread(_matching, own, words)
    # of an album that a search found, all songs are what was looked for
    songs += _songs(network)
    return (
        _page(artists, asked, "artist"),
        _page([*albums, *network], asked, "album"),
        _page(songs, asked, "song"),
    )


def _matching(
    own: Collection, words: Sequence[str]
) -> tuple[list[Artist], list[Album], list[Song]]:
    return (
        [one for one in own.artists.values() if is_about(words, one.name)],
        [one for one in own.albums.values() if is_about(words, one.name, one.artist)],
        [one for one in own.songs.values() if is_about(words, one.title, one.album, one.artist)],
    )


async def playlists(peer: Peer, music: Music, _asked: Fields) -> Tree:
    """List kept searches and albums as playlists."""
    told: list[Tree] = []
    for kept in peer.world.people.kept():
        songs = await _own_songs(music, kept.words)  # the network is asked when it is opened
        key, comment = f"{KEPT}{kept.number}", "kept search"
        told.append(playlist_tree(key, kept.words, songs, kept.created_at, comment=comment))
    albums = sorted((await music.own()).albums.values(), key=lambda one: -one.created_at)
    for one in albums[:ALBUM_LISTS_MAX]:
        told.append(_album_list_tree(one))
    return {"playlists": {"playlist": told}}


async def playlist(peer: Peer, music: Music, asked: Fields) -> Tree:
    """Tell of one playlist and its songs."""
    key = asked.need("id")
    songs: Sequence[Song]
    if key.startswith(ALBUM_LIST):
        found = await music.album(key.removeprefix(ALBUM_LIST))
        tree, songs = _album_list_tree(found), found.songs
    else:
        number = key.removeprefix(KEPT)
        kept = next((one for one in peer.world.people.kept() if str(one.number) == number), None)
        if kept is None or not key.startswith(KEPT):
            raise RefusedFault(Fault(NOT_FOUND, "Playlist not found"))
        songs = [*await _own_songs(music, kept.words), *_songs(await music.found(kept.words))]
        tree = playlist_tree(key, kept.words, songs, kept.created_at, comment="kept search")
    return {"playlist": tree | {"entry": [song_tree(one) for one in songs]}}


def _album_list_tree(album: Album) -> Tree:
    name = f"{album.artist} - {album.name}"
    key = f"{ALBUM_LIST}{album.id}"
    return playlist_tree(key, name, album.songs, album.created_at, comment="album")


async def _own_songs(music: Music, query: str) -> list[Song]:
    return (await asyncio.to_thread(_matching, await music.own(), words_of(query)))[2]


def _songs(albums: Sequence[Album]) -> list[Song]:
    return [song for album in albums for song in album.songs]


def _page(items: Sequence[T], asked: Fields, name: str) -> Sequence[T]:
    count = asked.whole(f"{name}Count", 20, LIST_MAX)
    offset = asked.whole(f"{name}Offset", 0)
    return items[offset : offset + count]


def _some(peer: Peer, items: Sequence[T], size: int) -> Sequence[T]:
    """Choose by chance, each at most once."""
    left = list(items)
    chosen: list[T] = []
    while left and len(chosen) < size:
        chosen.append(left.pop(peer.world.chance.randrange(0, len(left))))
    return chosen


METHODS: Mapping[str, Method] = {
    "getMusicFolders": folders,
    "getIndexes": indexes,
    "getArtists": artists,
    "getMusicDirectory": directory,
    "getArtist": artist,
    "getAlbum": album,
    "getSong": song,
    "getGenres": genres,
    "getAlbumList": album_list,
    "getAlbumList2": album_list2,
    "getRandomSongs": random_songs,
    "getSongsByGenre": songs_by_genre,
    "search2": search2,
    "search3": search3,
    "getPlaylists": playlists,
    "getPlaylist": playlist,
}
