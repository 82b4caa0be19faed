"""Records in few bytes: hex as bytes, msgpack, zstd with a dictionary of what listings say.

What comes out is the very JSON that `event.record.encode` gives. The dictionary is part of the
file format: a changed one gets a new number, and old numbers stay readable.
"""

import re

import msgspec
import zstandard

from kkiri.base.types import EventId, Kind, PubKey, Signature, UnixTime
from kkiri.event.record import Event

MOMENT_ID_BITS = 22  # 1,000 records of one second share a moment in 1 of 8 cases; it is then moved
MOMENT_SECONDS_MAX = (1 << 40) - 1  # moments are 62 bits; later times are only in the body
_ID_MASK = (1 << MOMENT_ID_BITS) - 1
_SIG_BYTES = 64  # BIP-340
_LEVEL = 6  # 3 to 9 differ by 2 % in size on listings; 6 still costs under 30 µs a record
_HEX = re.compile(r"(?:[0-9a-f]{2}){8,}\Z")


class _Body(msgspec.Struct, array_like=True):
    tags: list[list[object]]
    """Each item text, or bytes for what is hex in the record."""
    content: str
    created_at: int | None = None
    """Only where the moment cannot hold it."""


# Last is best: zstd spends fewer bits on near matches. Fragments of msgpack as listings have them.
_TAG_NAMES = (
    "expiration relay challenge address capacity prefix depth since subject summary image "
    "published_at location status price currency emoji proxy client nonce title alt "
    "imdb: tmdb:movie: mal:anime: tcat:video,movie tcat:video,tv tcat:audio,music tcat:book "
    "https:// http:// wss:// ws:// 127.0.0.1:6881 192.168.0. .jpg .png .pdf .epub .txt .srt .smi "
    ".avi .mp4 .mkv .m4a .ogg .flac .mp3 1080p 720p x264 x265 HEVC BluRay WEB-DL WEBRip DTS "
    "The the of and in to 노래 영화 드라마 시즌 앨범 라이브 자막 한국어 그리고 "
)
_TAG_PAIRS = (
    ("client", "kkiri"),
    ("lang", "en"),
    ("lang", "ko"),
    ("width", "1280"),
    ("height", "720"),
    ("width", "1920"),
    ("height", "1080"),
    ("codec", "h264"),
    ("codec", "aac"),
    ("codec", "flac"),
    ("codec", "mp3"),
    ("bitrate", "128000"),
    ("bitrate", "320000"),
    ("duration", "240"),
    ("album", "The Best"),
    ("artist", "The "),
    ("t", "program"),
    ("t", "picture"),
    ("t", "text"),
    ("t", "film"),
    ("t", "music"),
    ("part", "1", "1"),
    ("address", "127.0.0.1:6881"),
    ("size", "104857600"),
    ("file", "01 - ", "5242880", bytes(range(32))),
    ("x", bytes(range(20))),
    ("p", bytes(range(32))),
    ("e", bytes(range(32))),
    ("title", "The "),
)


def _dictionary() -> zstandard.ZstdCompressionDict:
    text = _TAG_NAMES.encode() + b"".join(msgspec.msgpack.encode(pair) for pair in _TAG_PAIRS)
    return zstandard.ZstdCompressionDict(text, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def moment_of(created_at: UnixTime, event_id: EventId) -> int:
    """Give the number by which records are ordered: later is greater, then lower ids are."""
    high = min(created_at, MOMENT_SECONDS_MAX)
    return high << MOMENT_ID_BITS | _ID_MASK - (int(event_id[:6], 16) >> 24 - MOMENT_ID_BITS)


def first_moment(seconds: int) -> int:
    """Give the lowest moment of a second."""
    return min(seconds, MOMENT_SECONDS_MAX) << MOMENT_ID_BITS


def last_moment(seconds: int) -> int:
    """Give the highest moment of a second."""
    return first_moment(seconds) | _ID_MASK


def seconds_of(moment: int) -> UnixTime:
    """Give the second of a moment."""
    return UnixTime(moment >> MOMENT_ID_BITS)


class Encoding:
    """Turns records into bodies and back; one for each connection, as zstd keeps state."""

    def __init__(self) -> None:
        dictionary = _dictionary()
        self._squeeze = zstandard.ZstdCompressor(
            level=_LEVEL, dict_data=dictionary, write_checksum=False, write_dict_id=False
        )
        self._expand = zstandard.ZstdDecompressor(dict_data=dictionary)
        self._reader = msgspec.msgpack.Decoder(_Body)

    def body(self, event: Event) -> bytes:
        """Give what is stored of an event besides its id, author, kind and moment."""
        tags = [[_small(item) for item in tag] for tag in event.tags]
        beyond = event.created_at > MOMENT_SECONDS_MAX
        plain = _Body(tags, event.content, event.created_at if beyond else None)
        return bytes.fromhex(event.sig) + self._squeeze.compress(msgspec.msgpack.encode(plain))

    def event(self, event_id: bytes, author: bytes, kind: int, moment: int, body: bytes) -> Event:
        """Put an event together again."""
        plain = self._reader.decode(self._expand.decompress(body[_SIG_BYTES:]))
        return Event(
            id=EventId(event_id.hex()),
            pubkey=PubKey(author.hex()),
            created_at=_created_at(plain, moment),
            kind=Kind(kind),
            tags=tuple([tuple([_large(item) for item in tag]) for tag in plain.tags]),
            content=plain.content,
            sig=Signature(body[:_SIG_BYTES].hex()),
        )


def _created_at(plain: _Body, moment: int) -> UnixTime:
    return seconds_of(moment) if plain.created_at is None else UnixTime(plain.created_at)


def _small(item: str) -> object:
    return bytes.fromhex(item) if _HEX.match(item) else item


def _large(item: object) -> str:
    return item.hex() if isinstance(item, bytes) else str(item)
