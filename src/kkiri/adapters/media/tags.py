"""What a media file says of itself: its tags by mutagen, its streams by PyAV, which only probes.

Runs in the media worker alone: both libraries parse what strangers wrote.
"""

import re
import struct
from io import BufferedReader
from typing import Final, Protocol

import av
import mutagen

from kkiri.event.fields import clean
from kkiri.event.listing import MediaFacts, Sort
from kkiri.event.sort import sort_of_name

TEXT_CHARS_MAX = 200  # of one tag
LENGTH_SECONDS_MAX = 10**7  # four months; longer is a broken header
SIDE_MAX = 100_000  # pixels
RATE_MAX = 10**10  # bits a second
PROBE_BYTES = 2_000_000  # what FFmpeg may read to find the streams
PROBE_MICROSECONDS = 2_000_000  # ... and how much of play time

# what mutagen 1.48 and PyAV 18 were seen to raise on mutated files, and their own errors; anything
# else ends the worker, which is started again
BROKEN: Final = (
    mutagen.MutagenError,
    av.FFmpegError,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    MemoryError,
    RecursionError,
    struct.error,
)
FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,mpegts,mpeg,mpegvideo,flv,ogg,mp3,flac,wav,aac,"
    "aiff,ape,wv,rm,png_pipe,jpeg_pipe,gif,gif_pipe,webp_pipe,bmp_pipe,tiff_pipe,image2"
)
_HIGH: Final = re.compile("[\x80-\xff]+")
_HANGUL: Final = re.compile("[가-힣]")
_NOT_KOREAN: Final = re.compile("[^\x00-\x7f가-힣ㄱ-ㅣ一-鿿\u3000-\u303f\uff01-\uff5e·…—’‘“”]")
LANGUAGES: Final = {
    "kor": "ko", "eng": "en", "jpn": "ja", "zho": "zh", "chi": "zh", "fra": "fr", "fre": "fr",
    "deu": "de", "ger": "de", "spa": "es", "rus": "ru", "ita": "it", "por": "pt", "vie": "vi",
}  # fmt: skip
_NAMES: Final = {
    "title": ("title", "TIT2", "©nam", "Title"),
    "artist": ("artist", "albumartist", "TPE1", "TPE2", "©ART", "Author", "Artist"),
    "album": ("album", "TALB", "©alb", "WM/AlbumTitle", "Album"),
}


class _Info(Protocol):
    length: float
    bitrate: int


def read_facts(name: str, file: BufferedReader) -> MediaFacts:
    """Read tags and streams of one open file; empty facts for what cannot be read."""
    sort = sort_of_name(name)
    tagged = MediaFacts()
    if sort in {Sort.MUSIC, Sort.FILM}:
        try:
            tagged = _tags(file)
        except BROKEN:
            file.seek(0)
    if sort is Sort.MUSIC and tagged.duration_seconds:
        return tagged
    file.seek(0)
    try:
        streams = _streams(file, sort)
    except BROKEN:
        return tagged
    return _merged(tagged, streams)


def repaired(text: str) -> str:
    """Undo a tag that says Latin-1 and is CP949 or UTF-8, as thousands of Korean songs have.

    Real Latin text stays: its accents stand alone, and alone they are not CP949.
    """
    if not _HIGH.search(text):
        return text
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    for encoding in ("utf-8", "cp949"):
        try:
            found = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or (_HANGUL.search(found) and not _NOT_KOREAN.search(found)):
            return found
    return text


def _tags(file: BufferedReader) -> MediaFacts:
    found = mutagen.File(file)
    if found is None:
        return MediaFacts()
    tags = {} if found.tags is None else found.tags
    info: _Info = found.info
    return MediaFacts(
        title=_tag(tags, "title"),
        artist=_tag(tags, "artist"),
        album=_tag(tags, "album"),
        duration_seconds=_bounded(getattr(info, "length", None), LENGTH_SECONDS_MAX),
        bitrate=_bounded(getattr(info, "bitrate", None), RATE_MAX),
        codec=_codec(found.mime[0] if found.mime else "", str(getattr(info, "codec", ""))),
    )


def _tag(tags: object, name: str) -> str | None:
    """Give the first value of a tag under any of the names that the formats have for it."""
    if not hasattr(tags, "__getitem__"):
        return None
    for key in _NAMES[name]:
        try:
            value = tags[key]
        except (KeyError, ValueError):
            continue
        first = value[0] if isinstance(value, list) and value else value
        text = clean(repaired(str(first).partition("\0")[0][: 4 * TEXT_CHARS_MAX]), TEXT_CHARS_MAX)
        if text:
            return text
    return None


def _codec(mime: str, codec: str) -> str | None:
    if codec:
        return "aac" if codec.startswith("mp4a") else clean(codec, TEXT_CHARS_MAX)
    kind = mime.rpartition("/")[2].removeprefix("x-").partition(";")[0]
    return {"ogg": "opus", "mpeg": "mp3"}.get(kind, kind) or None


def _streams(file: BufferedReader, sort: Sort) -> MediaFacts:
    options = {
        "format_whitelist": FORMATS,
        "protocol_whitelist": "none",  # a playlist must not open other files or addresses
        "probesize": str(PROBE_BYTES),
        "analyzeduration": str(PROBE_MICROSECONDS),
    }
    with av.open(file, mode="r", metadata_errors="replace", options=options) as container:
        video = next(iter(container.streams.video), None)
        audio = next(iter(container.streams.audio), None)
        main = video or audio
        if main is None:
            return MediaFacts()
        picture = sort is Sort.PICTURE
        length = None if picture or not container.duration else container.duration / av.time_base
        rate = None if picture else container.bit_rate
        return MediaFacts(
            duration_seconds=_bounded(length, LENGTH_SECONDS_MAX),
            bitrate=_bounded(rate, RATE_MAX),
            codec=clean(main.codec_context.name, TEXT_CHARS_MAX) or None,
            width=_bounded(video.codec_context.width if video else None, SIDE_MAX),
            height=_bounded(video.codec_context.height if video else None, SIDE_MAX),
            language=language(audio.metadata.get("language")) if audio else None,
        )


def language(code: str | None) -> str | None:
    if code is None or not code.isascii() or not code.isalpha() or len(code) not in {2, 3}:
        return None
    low = code.lower()
    return None if low == "und" else LANGUAGES.get(low, low)


def _bounded(value: object, most: int) -> int | None:
    if not isinstance(value, int | float) or not 0 < value <= most:  # false for a NaN too
        return None
    return round(value) or None


def _merged(tagged: MediaFacts, streams: MediaFacts) -> MediaFacts:
    return MediaFacts(
        title=tagged.title,
        artist=tagged.artist,
        album=tagged.album,
        duration_seconds=streams.duration_seconds or tagged.duration_seconds,
        bitrate=streams.bitrate or tagged.bitrate,
        codec=streams.codec or tagged.codec,
        width=streams.width,
        height=streams.height,
        language=streams.language,
    )
