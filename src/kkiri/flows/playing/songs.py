"""Songs, albums and artists as music players see them, made of torrents and what they say.

Pure: names and ids are a function of info-hash, path, artist and album alone, so they are the same
after every restart.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from kkiri.base.types import Bytes, InfoHash, Link, UnixTime
from kkiri.event.listing import MediaFacts, Sort
from kkiri.event.sort import sort_of_name
from kkiri.search.korean import INITIALS, SYLLABLE_FIRST, SYLLABLE_LAST
from kkiri.swarm.metainfo import MetaInfo

ID_DIGITS = 20  # 80 bits of a sha256: no two names of one library meet by chance
UNKNOWN_ARTIST, VARIOUS_ARTISTS = "[Unknown Artist]", "Various Artists"
UNKNOWN_ALBUM = "[Unknown Album]"
_SYLLABLES_OF_INITIAL = 588  # Unicode 16, 3.12: vowels times finals
_PLAIN_INITIALS = str.maketrans("ㄲㄸㅃㅆㅉ", "ㄱㄷㅂㅅㅈ")
_NUMBERED = re.compile(r"(?:(?:cd|disc)?\s?(\d)[-.])?(\d{1,3})\s?(?:[-._)\]]|\s)\s*(\S.*)\Z", re.I)
_DISC = re.compile(r"(?:cd|disc|disk)[ ._-]?(\d{1,2})\b", re.I)
_SONG_ID = re.compile(rf"so-([0-9a-f]{{40}})-([0-9a-f]{{{ID_DIGITS}}})\Z")
_ALBUM_HASH = re.compile(r"al-([0-9a-f]{40})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One torrent with music in it."""

    info_hash: InfoHash
    title: str
    created_at: UnixTime
    files: tuple[tuple[str, Bytes], ...]
    """Path below the torrent's top name, and size, of every file."""
    facts: MediaFacts = field(default_factory=MediaFacts)
    topics: tuple[str, ...] = ()
    link: Link | None = None
    """How it is fetched; None when it is here already."""
    paths: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    """Where files stand on this disk, complete, by path; none is given to anybody."""

    @property
    def songs(self) -> list[tuple[str, Bytes]]:
        """Give the files that are music, in the order of their paths."""
        music = [one for one in self.files if sort_of_name(_leaf(one[0])) is Sort.MUSIC]
        return sorted(music)


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """One file that is music."""

    id: str
    info_hash: InfoHash
    path: str
    title: str
    artist: str
    artist_id: str
    album: str
    album_id: str
    size: Bytes
    created_at: UnixTime
    track: int | None
    disc: int | None
    seconds: int | None
    bitrate: int | None
    genre: str | None
    here: bool
    """False for what would be fetched first."""

    @property
    def suffix(self) -> str:
        """Give the ending of its name."""
        return self.path.rpartition(".")[2].lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """Songs that belong together."""

    id: str
    name: str
    artist: str
    artist_id: str
    songs: tuple[Song, ...]
    created_at: UnixTime
    told_seconds: int | None = None
    """What its listing says, for as long as its songs were not asked."""

    @property
    def seconds(self) -> int:
        """Give its length, as far as known."""
        return sum(song.seconds or 0 for song in self.songs) or self.told_seconds or 0

    @property
    def genre(self) -> str | None:
        """Give the first genre."""
        return next((song.genre for song in self.songs if song.genre), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artist:
    """Who made the albums."""

    id: str
    name: str
    albums: tuple[Album, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Everything at one moment, by id; artists and albums by name."""

    artists: Mapping[str, Artist]
    albums: Mapping[str, Album]
    songs: Mapping[str, Song]


def collect(works: Iterable[Work]) -> Collection:
    """Make albums of works: each folder is one, single songs join by artist and album."""
    singles: dict[str, list[Song]] = {}
    albums: list[Album] = []
    for work in works:
        album = album_of(work)
        if len(album.songs) == 1 and len(work.files) == 1:
            song = album.songs[0]
            name = work.facts.album or UNKNOWN_ALBUM
            together = _id("as", f"{_key(song.artist)}\0{_key(name)}")
            song = replace(song, album=name, album_id=together)
            singles.setdefault(together, []).append(song)
        elif album.songs:
            albums.append(album)
    albums += [_joined(key, songs) for key, songs in singles.items()]
    albums.sort(key=lambda album: (_key(album.name), album.id))
    by_artist: dict[str, list[Album]] = {}
    for album in albums:
        by_artist.setdefault(album.artist_id, []).append(album)
    artists = [
        Artist(id=key, name=min(album.artist for album in own), albums=tuple(own))
        for key, own in by_artist.items()
    ]
    artists.sort(key=lambda artist: (_key(artist.name), artist.id))
    return Collection(
        artists={artist.id: artist for artist in artists},
        albums={album.id: album for album in albums},
        songs={song.id: song for album in albums for song in album.songs},
    )


def album_of(work: Work, told: Mapping[str, MediaFacts] = MappingProxyType({})) -> Album:
    """Give a work as an album of its own; `told` is what single files say of themselves."""
    files = work.songs
    single = len(work.files) == 1
    album_id = f"al-{work.info_hash}"
    nobody = UNKNOWN_ARTIST if single or len(files) == 1 else VARIOUS_ARTISTS
    artist = work.facts.artist or nobody
    name = work.facts.album or work.title
    songs = [
        _song(
            work,
            path,
            size,
            artist=artist,
            album=name,
            told=told.get(path, work.facts if single else MediaFacts()),
        )
        for path, size in files
    ]
    songs.sort(key=lambda song: (song.disc or 0, song.track or 0, song.path))
    return Album(
        id=album_id,
        name=name,
        artist=artist,
        artist_id=artist_id(artist),
        songs=tuple(songs),
        created_at=work.created_at,
        told_seconds=work.facts.duration_seconds,
    )


def artist_id(name: str) -> str:
    """Give an artist's id."""
    return _id("ar", _key(name))


def song_parts(song_id: str) -> tuple[InfoHash, str] | None:
    """Read a song's id: its torrent, and the mark of its path."""
    match = _SONG_ID.match(song_id)
    return (InfoHash(match[1]), match[2]) if match else None


def album_hash(album_id: str) -> InfoHash | None:
    """Read the torrent out of an album's id; None for single songs that were put together."""
    match = _ALBUM_HASH.match(album_id)
    return InfoHash(match[1]) if match else None


def path_mark(path: str) -> str:
    """Give what stands for a path in a song's id."""
    return sha256(path.encode(errors="replace")).hexdigest()[:ID_DIGITS]


def file_number(info: MetaInfo, path: str) -> int | None:
    """Find a listed path among a torrent's files; its listing may have written it otherwise."""
    named = ["/".join(file.parts) or info.name for file in info.files]
    wanted = _key(path)
    for read in (str, _key):
        goal = path if read is str else wanted
        found = [number for number, name in enumerate(named) if read(name) == goal]
        if len(found) == 1:
            return found[0]
    return 0 if info.single else None


def letter_of(name: str) -> str:
    """Give the letter under which a name stands: A to Z, a Korean initial, or #."""
    first = unicodedata.normalize("NFC", name).strip()[:1].upper()
    if first and SYLLABLE_FIRST <= ord(first) <= SYLLABLE_LAST:
        initial = INITIALS[(ord(first) - SYLLABLE_FIRST) // _SYLLABLES_OF_INITIAL]
        return initial.translate(_PLAIN_INITIALS)
    plain = unicodedata.normalize("NFD", first)[:1]
    return plain if plain.isascii() and plain.isalpha() else "#"


def is_about(words: Sequence[str], *texts: str) -> bool:
    """Say whether every word stands somewhere in the texts; no words are in everything."""
    text = _key(" ".join(texts))
    return all(word in text for word in words)


def words_of(query: str) -> list[str]:
    """Cut what a player asks for into words; quotes and stars are a player's own habit."""
    return [_key(word) for word in query.replace('"', " ").replace("*", " ").split()]


def _song(work: Work, path: str, size: Bytes, *, artist: str, album: str, told: MediaFacts) -> Song:
    single = len(work.files) == 1
    stem = _leaf(path).rpartition(".")[0]
    match = _NUMBERED.match(stem)
    disc = _DISC.search(path.rpartition("/")[0])
    title = told.title or (work.title if single else (match[3] if match else stem))
    return Song(
        id=f"so-{work.info_hash}-{path_mark(path)}",
        info_hash=work.info_hash,
        path=path,
        title=title,
        artist=told.artist or artist,
        artist_id=artist_id(told.artist or artist),
        album=album,
        album_id=f"al-{work.info_hash}",
        size=size,
        created_at=work.created_at,
        track=int(match[2]) if match else None,
        disc=int(match[1]) if match and match[1] else (int(disc[1]) if disc else None),
        seconds=told.duration_seconds,
        bitrate=told.bitrate,
        genre=next((one for one in work.topics if one not in {s.value for s in Sort}), None),
        here=work.link is None,
    )


def _joined(key: str, songs: list[Song]) -> Album:
    first = songs[0]
    songs.sort(key=lambda song: (_key(song.title), song.id))
    return Album(
        id=key,
        name=first.album,
        artist=first.artist,
        artist_id=first.artist_id,
        songs=tuple(songs),
        created_at=max(song.created_at for song in songs),
    )


def _leaf(path: str) -> str:
    return path.rpartition("/")[2]


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()


def _id(kind: str, text: str) -> str:
    return f"{kind}-{sha256(text.encode(errors='replace')).hexdigest()[:ID_DIGITS]}"
