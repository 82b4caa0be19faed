"""A person's picture inside their profile: a small JPEG in a `data:` URL, checked to the last byte.

A stranger's picture is never fetched (P2); one that is not inside the profile is none.
Source: RFC 2397, ITU T.81 annex B.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from kkiri.base.errors import RefusedError

PICTURE_BYTES_MAX = 24 * 1024  # a profile stays below the 64 kB that the strictest relays take
SIDE_MAX = 512  # a face on a screen; a decoder spends at most 1 MB on it
HEAD = "data:image/jpeg;base64,"
DATA_URL_CHARS_MAX = len(HEAD) + (PICTURE_BYTES_MAX + 2) // 3 * 4
_START, _END, _SCAN, _ADOBE = 0xD8, 0xD9, 0xDA, 0xEE
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM and restarts have no length
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: what browsers decode
_TABLES = frozenset({0xC4, 0xDB, 0xDD})
_TOLD = frozenset({*range(0xE0, 0xF0), 0xFE})  # what a camera says of itself, and comments


class BadPictureError(RefusedError):
    """That is not a JPEG picture of at most 24 kB and 512 pixels a side. | 24 kB, 한 변 512화소까지의 JPEG 그림이 아닙니다."""  # noqa: E501

    number = 123


def data_url(jpeg: bytes) -> str:
    """Give a picture as a profile holds it, without what the camera said of itself.

    Raises: BadPictureError.
    """
    return HEAD + b64encode(clean_jpeg(jpeg)).decode("ascii")


def jpeg_of(text: str) -> bytes | None:
    """Give the picture in a profile; None when it is elsewhere, none, or no JPEG as ours are."""
    if not text.startswith(HEAD) or len(text) > DATA_URL_CHARS_MAX:
        return None
    try:
        return clean_jpeg(b64decode(text[len(HEAD) :], validate=True))
    except (Base64Error, ValueError, BadPictureError):
        return None


def clean_jpeg(raw: bytes) -> bytes:
    """Check a JPEG from its first byte to its last and leave out what is not picture.

    Place, time and camera stand in the parts left out. Raises: BadPictureError.
    """
    if len(raw) > PICTURE_BYTES_MAX or raw[:2] != bytes([0xFF, _START]):
        raise BadPictureError
    kept, at, framed = [raw[:2]], 2, False
    while True:
        mark = _mark(raw, at)
        if mark == _END:
            if not framed or at + 2 != len(raw):
                raise BadPictureError
            kept.append(raw[at:])
            return b"".join(kept)
        end = _segment_end(raw, at)
        if mark in _FRAMES:
            _check_sides(raw[at:end])
            framed = True
        elif mark == _SCAN:
            if not framed:
                raise BadPictureError
            end = _scan_end(raw, end)
        elif mark not in _TABLES and mark not in _TOLD:
            raise BadPictureError
        if mark not in _TOLD or mark == _ADOBE:  # Adobe's says how colours are kept
            kept.append(raw[at:end])
        at = end


def _mark(raw: bytes, at: int) -> int:
    if at + 1 >= len(raw) or raw[at] != 0xFF:
        raise BadPictureError
    return raw[at + 1]


def _segment_end(raw: bytes, at: int) -> int:
    length = int.from_bytes(raw[at + 2 : at + 4])
    if length < 2 or at + 2 + length > len(raw):
        raise BadPictureError
    return at + 2 + length


def _check_sides(frame: bytes) -> None:
    height, width = int.from_bytes(frame[5:7]), int.from_bytes(frame[7:9])
    if len(frame) < 10 or not 0 < height <= SIDE_MAX or not 0 < width <= SIDE_MAX:
        raise BadPictureError


def _scan_end(raw: bytes, at: int) -> int:
    """Pass over the picture's own bytes, to the next mark that is not part of them."""
    while True:
        at = raw.find(b"\xff", at)
        if at < 0 or at + 1 >= len(raw):
            raise BadPictureError
        if raw[at + 1] != 0 and raw[at + 1] not in _ALONE:
            return at
        at += 2
