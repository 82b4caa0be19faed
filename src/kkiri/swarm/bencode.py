"""Bencoding, read with limits: what is not exactly BEP 3 is refused. Source: BEP 3, bencoding."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from kkiri.base.errors import BadMetainfoError

DEPTH_MAX = 40  # a v2 file tree is the deepest thing in use; kkiri itself needs 5
ITEMS_MAX = 500_000  # 50,000 files of a torrent are 450,000 items: read in about half a second

Bencoded: TypeAlias = int | bytes | Sequence["Bencoded"] | Mapping[bytes, "Bencoded"]

# a length of at most 9 digits, a number of at most 19 (63 bits), or a sign
_TOKEN = re.compile(rb"(0|[1-9][0-9]{0,8}):|i(0|-?[1-9][0-9]{0,18})e|([lde])")
_END, _LIST = ord("e"), ord("l")


class _Reader:
    """One pass over the bytes, with what is left of the items."""

    def __init__(self, raw: bytes, bytes_max: int, items_max: int) -> None:
        if len(raw) > bytes_max:
            raise BadMetainfoError(f"{len(raw)} bytes")
        self._raw = raw
        self._left = items_max
        self.at = 0

    def value(self) -> Bencoded:
        """Read the value that stands here, in one loop: torrents have hundreds of thousands."""
        raw, at, left, match = self._raw, self.at, self._left, _TOKEN.match
        outer: list[tuple[list[Bencoded] | dict[bytes, Bencoded] | None, bytes | None]] = []
        here: list[Bencoded] | dict[bytes, Bencoded] | None = None
        key: bytes | None = None
        while True:
            token = match(raw, at)
            left -= 1
            if token is None or left < 0:
                raise BadMetainfoError(f"bencode: byte {at}")
            at = token.end()
            wants_key = key is None and type(here) is dict
            value: Bencoded
            if token.lastindex == 1:
                stop = at + int(token[1])
                value, at = raw[at:stop], stop
                if wants_key and at <= len(raw):
                    key = value
                    continue
            elif token.lastindex == 2:
                value = int(token[2])
            elif raw[at - 1] == _END and here is not None and key is None:
                value = here
                here, key = outer.pop()
                wants_key = False
            elif raw[at - 1] == _END or len(outer) >= DEPTH_MAX or wants_key:
                raise BadMetainfoError(f"bencode: byte {at - 1}")
            else:
                outer.append((here, key))
                here, key = [] if raw[at - 1] == _LIST else {}, None
                continue
            if at > len(raw) or wants_key:
                raise BadMetainfoError(f"bencode: byte {at}")
            if here is None:
                self.at, self._left = at, left
                return value
            _put(here, key, value)
            key = None

    def end(self) -> None:
        """See that nothing follows."""
        if self.at != len(self._raw):
            raise BadMetainfoError("bencode: bytes after the end")


def _put(here: list[Bencoded] | dict[bytes, Bencoded], key: bytes | None, value: Bencoded) -> None:
    if isinstance(here, list):
        here.append(value)
    elif key is not None and key not in here:
        here[key] = value
    else:
        raise BadMetainfoError("bencode: a key twice")


def decode(raw: bytes, *, bytes_max: int, items_max: int = ITEMS_MAX) -> Bencoded:
    """Read one value that fills the bytes; the size is gated before anything is parsed.

    Keys may stand in any order: real torrents have unsorted ones, and their hash is of the bytes.
    Raises: BadMetainfoError.
    """
    reader = _Reader(raw, bytes_max, items_max)
    found = reader.value()
    reader.end()
    return found


def sections(
    raw: bytes, *, bytes_max: int, items_max: int = ITEMS_MAX
) -> dict[bytes, tuple[Bencoded, bytes]]:
    """Read a dictionary, each value together with the very bytes it stands in.

    Raises: BadMetainfoError.
    """
    reader = _Reader(raw, bytes_max, items_max)
    if raw[:1] != b"d":
        raise BadMetainfoError("bencode: not a dictionary")
    reader.at = 1
    found: dict[bytes, tuple[Bencoded, bytes]] = {}
    while raw[reader.at : reader.at + 1] != b"e":
        key = reader.value()
        if not isinstance(key, bytes) or key in found:
            raise BadMetainfoError("bencode: key")
        start = reader.at
        found[key] = (reader.value(), raw[start : reader.at])
    reader.at += 1
    reader.end()
    return found


def encode(value: Bencoded) -> bytes:
    """Give the one canonical form: keys sorted, no spare digits."""
    parts: list[bytes] = []
    _encode(value, parts)
    return b"".join(parts)


def _encode(value: Bencoded, parts: list[bytes]) -> None:
    if isinstance(value, int):
        parts.append(b"i%de" % value)
    elif isinstance(value, bytes):
        parts.append(b"%d:" % len(value))
        parts.append(value)
    elif isinstance(value, Mapping):
        parts.append(b"d")
        for key in sorted(value):
            _encode(key, parts)
            _encode(value[key], parts)
        parts.append(b"e")
    else:
        parts.append(b"l")
        for item in value:
            _encode(item, parts)
        parts.append(b"e")
