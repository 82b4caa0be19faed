"""Torrent files: ours are v1 and carry `info` alone; a stranger's is cut to that before any use.

Trackers, web seeds, nodes and comments of a foreign torrent never reach the engine (SAFETY P2).
Source: BEP 3; BEP 47 for the attributes of files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1

from kkiri.base.errors import BadMetainfoError
from kkiri.base.types import Bytes, InfoHash
from kkiri.swarm.bencode import Bencoded, encode, sections

METAINFO_BYTES_MAX = 16 * 1024 * 1024  # 50,000 long names and 400,000 pieces; none bigger is real
FILES_MAX = 50_000  # reads in about half a second; the engine takes as long again
PIECE_BYTES_MIN = 16 * 1024  # BEP 3 in practice: a piece has at least one block
PIECE_BYTES_MAX = 64 * 1024 * 1024  # the largest that clients in use still accept
TOTAL_BYTES_MAX = 2**50  # a petabyte; keeps every sum of sizes in 63 bits
OURS_PIECE_BYTES_MIN = 64 * 1024  # a song of 4 MB has 64 pieces: 1.3 kB of memory for an idle seed
OURS_PIECE_BYTES_MAX = 16 * 1024 * 1024  # aria2, Transmission and rtorrent all take it
OURS_PIECE_SQUARE = 16  # times the size: what a player waits for, hashes and a piece, is least
_HASH_BYTES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaFile:
    """One file of a torrent; names as the torrent has them, for mapping and never for opening."""

    parts: tuple[str, ...]
    """Below the torrent's top name; empty for a torrent of a single file."""
    size: Bytes
    padding: bool = False
    """Never written: it only aligns the next file (BEP 47)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaInfo:
    """What a torrent's `info` says."""

    info_hash: InfoHash
    name: str
    piece_bytes: int
    pieces: bytes
    files: tuple[MetaFile, ...]
    single: bool
    """One file under the top name itself, not a folder."""

    @property
    def size(self) -> Bytes:
        """Give the sum of the files without padding."""
        return Bytes(sum(file.size for file in self.files if not file.padding))


def piece_bytes_for(size: int) -> int:
    """Choose the piece size for so many bytes: the first power of two whose hashes are no heavier.

    Who plays a film waits for all hashes and then for one piece; a film of 2 GB has 256 KiB.
    """
    piece_bytes = OURS_PIECE_BYTES_MIN
    while piece_bytes < OURS_PIECE_BYTES_MAX and piece_bytes**2 < OURS_PIECE_SQUARE * size:
        piece_bytes *= 2
    return piece_bytes


def build(
    name: str,
    files: Sequence[tuple[tuple[str, ...], int]],
    piece_bytes: int,
    pieces: bytes,
) -> bytes:
    """Make a v1 torrent file of `info` alone from (parts below `name`, size) and sha1 hashes.

    One file with no parts makes a torrent of a single file.
    """
    info: dict[bytes, Bencoded] = {
        b"name": name.encode(),
        b"piece length": piece_bytes,
        b"pieces": pieces,
    }
    if len(files) == 1 and not files[0][0]:
        info[b"length"] = files[0][1]
    else:
        info[b"files"] = [
            {b"length": size, b"path": [part.encode() for part in parts]} for parts, size in files
        ]
    return encode({b"info": info})


def cut(metainfo: bytes) -> bytes:
    """Keep a torrent file's `info` alone, byte for byte, and drop everything else.

    Raises: BadMetainfoError.
    """
    return b"d4:info" + _info(metainfo)[1] + b"e"


def from_info(info: bytes) -> bytes:
    """Make a torrent file of an `info` dictionary that came from a swarm (BEP 9)."""
    return b"d4:info" + info + b"e"


def info_hash_of(metainfo: bytes) -> InfoHash:
    """Compute the v1 info-hash.

    Raises: BadMetainfoError.
    """
    return InfoHash(sha1(_info(metainfo)[1], usedforsecurity=False).hexdigest())


def read(metainfo: bytes) -> MetaInfo:
    """Read a torrent file, every number and name bounded.

    Raises: BadMetainfoError: not v1, too big, hashes that do not fit the sizes, links inside.
    """
    info, raw = _info(metainfo)
    piece_bytes = _whole(info, b"piece length", PIECE_BYTES_MIN, PIECE_BYTES_MAX)
    pieces = info.get(b"pieces")
    if not isinstance(pieces, bytes) or len(pieces) % _HASH_BYTES:
        raise BadMetainfoError("no v1 pieces")
    name = _name(info, b"name")
    single = b"files" not in info
    files = (_single(info),) if single else _files(info[b"files"])
    total = sum(file.size for file in files)
    if not 0 < total <= TOTAL_BYTES_MAX or -(-total // piece_bytes) * _HASH_BYTES != len(pieces):
        raise BadMetainfoError("sizes and pieces differ")
    return MetaInfo(
        info_hash=InfoHash(sha1(raw, usedforsecurity=False).hexdigest()),
        name=name,
        piece_bytes=piece_bytes,
        pieces=pieces,
        files=files,
        single=single,
    )


def _info(metainfo: bytes) -> tuple[Mapping[bytes, Bencoded], bytes]:
    found = sections(metainfo, bytes_max=METAINFO_BYTES_MAX).get(b"info")
    if found is None or not isinstance(found[0], Mapping):
        raise BadMetainfoError("no info")
    return found[0], found[1]


def _single(info: Mapping[bytes, Bencoded]) -> MetaFile:
    _no_link(info)
    return MetaFile(parts=(), size=Bytes(_whole(info, b"length", 0, TOTAL_BYTES_MAX)))


def _files(value: Bencoded) -> tuple[MetaFile, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= FILES_MAX:
        raise BadMetainfoError("files")
    return tuple(_file(item) for item in value)


def _file(item: Bencoded) -> MetaFile:
    if not isinstance(item, Mapping):
        raise BadMetainfoError("file")
    path = item.get(b"path.utf-8", item.get(b"path"))
    if not isinstance(path, list) or not path:
        raise BadMetainfoError("path")
    _no_link(item)
    attributes = item.get(b"attr", b"")
    return MetaFile(
        parts=tuple(_text(part) for part in path),
        size=Bytes(_whole(item, b"length", 0, TOTAL_BYTES_MAX)),
        padding=isinstance(attributes, bytes) and b"p" in attributes,
    )


def _no_link(item: Mapping[bytes, Bencoded]) -> None:
    # BEP 47 links would be made on disk by the engine; F1 says links are never made
    attributes = item.get(b"attr", b"")
    if b"symlink path" in item or not isinstance(attributes, bytes) or b"l" in attributes:
        raise BadMetainfoError("a link inside")


def _name(info: Mapping[bytes, Bencoded], key: bytes) -> str:
    return _text(info.get(key + b".utf-8", info.get(key)))


def _text(value: Bencoded | None) -> str:
    """Read a name: UTF-8, else CP949 as in Korean torrents of the 2000s, else what is readable."""
    if not isinstance(value, bytes):
        raise BadMetainfoError("name")
    for encoding in ("utf-8", "cp949"):
        try:
            return value.decode(encoding)
        except UnicodeDecodeError:
            continue
    return value.decode(errors="replace")


def _whole(item: Mapping[bytes, Bencoded], key: bytes, low: int, high: int) -> int:
    value = item.get(key)
    if not isinstance(value, int) or not low <= value <= high:
        raise BadMetainfoError(key.decode())
    return value
