"""Songs, albums and artists as OpenSubsonic tells of them.

Source: OpenSubsonic API (opensubsonic/open-subsonic-api 4c1819fb), Responses.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from kkiri.base.types import UnixTime
from kkiri.flows.playing.songs import Album, Artist, Song, letter_of
from kkiri.web.file_answer import file_type
from kkiri.web.other_programs.subsonic_answer import Tree

ARTICLES = "The An A Die Das Ein"
KIBI = 1_000  # bit rates are told in thousands of bits a second
YEAR_MAX = 9_999  # what a date can say


def when(moment: UnixTime) -> str:
    """Write a moment as XML does."""
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):  # a stranger's listing may be of any year
        return "1970-01-01T00:00:00Z"


def song_tree(song: Song) -> Tree:
    """Tell of one song."""
    return {
        "id": song.id,
        "parent": song.album_id,
        "isDir": False,
        "title": song.title,
        "album": song.album,
        "artist": song.artist,
        "track": song.track,
        "genre": song.genre,
        "coverArt": song.id,
        "size": song.size,
        "contentType": file_type(song.path)[0],
        "suffix": song.suffix,
        "duration": song.seconds,
        "bitRate": None if song.bitrate is None else song.bitrate // KIBI,
        "path": f"{song.artist}/{song.album}/{song.path}",
        "isVideo": False,
        "discNumber": song.disc,
        "created": when(song.created_at),
        "albumId": song.album_id,
        "artistId": song.artist_id,
        "type": "music",
        "mediaType": "song",
        "displayArtist": song.artist,
        "genres": [{"name": song.genre}] if song.genre else [],
        "artists": [{"id": song.artist_id, "name": song.artist}],
    }


def album_tree(album: Album) -> Tree:
    """Tell of one album, without its songs."""
    return {
        "id": album.id,
        "name": album.name,
        "artist": album.artist,
        "artistId": album.artist_id,
        "coverArt": album.id,
        "songCount": len(album.songs),
        "duration": album.seconds,
        "created": when(album.created_at),
        "genre": album.genre,
        "genres": [{"name": album.genre}] if album.genre else [],
        "artists": [{"id": album.artist_id, "name": album.artist}],
        "displayArtist": album.artist,
    }


def folder_tree(album: Album) -> Tree:
    """Tell of one album as a folder of its artist."""
    return album_tree(album) | {
        "parent": album.artist_id,
        "isDir": True,
        "title": album.name,
        "album": album.name,
        "mediaType": "album",
    }


def artist_tree(artist: Artist) -> Tree:
    """Tell of one artist, without albums."""
    return {
        "id": artist.id,
        "name": artist.name,
        "albumCount": len(artist.albums),
        "coverArt": artist.id,
    }


def plain_artist(artist: Artist) -> Tree:
    """Tell of one artist as older players know them."""
    return {"id": artist.id, "name": artist.name}


def index_trees(artists: Iterable[Artist], *, plain: bool) -> Sequence[Tree]:
    """Tell of artists letter by letter."""
    by_letter: dict[str, list[Tree]] = {}
    for artist in artists:
        told = plain_artist(artist) if plain else artist_tree(artist)
        by_letter.setdefault(letter_of(_bare(artist.name)), []).append(told)
    return [{"name": letter, "artist": told} for letter, told in sorted(by_letter.items())]


def playlist_tree(
    key: str, name: str, songs: Sequence[Song], created_at: UnixTime, *, comment: str
) -> Tree:
    """Tell of one playlist, without its songs."""
    return {
        "id": key,
        "name": name,
        "comment": comment,
        "owner": "kkiri",
        "public": False,
        "readonly": True,
        "songCount": len(songs),
        "duration": sum(song.seconds or 0 for song in songs),
        "created": when(created_at),
        "changed": when(max((song.created_at for song in songs), default=created_at)),
    }


def _bare(name: str) -> str:
    """Leave out an article, as the index does."""
    first, _, rest = name.partition(" ")
    return rest if rest and first.casefold() in ARTICLES.casefold().split() else name
