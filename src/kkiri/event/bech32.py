"""Bech32: bytes as text that is read aloud, pasted and checked; the form of npub, nsec, ncryptsec.

Source: BIP-173 (not bech32m), without its limit of 90 characters, as NIP-19 allows.
"""

from collections.abc import Iterable

from kkiri.base.errors import RefusedError

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LETTERS = 6
TEXT_CHARS_MAX = 5_000  # NIP-19's own advice for the longest text to read


class BadBech32Error(RefusedError):
    """That text is incomplete or mistyped. | 빠졌거나 잘못 적힌 글자가 있습니다."""

    number = 60


def _polymod(values: Iterable[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                checksum ^= generator
    return checksum


def _expand(prefix: str) -> list[int]:
    return [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]


def encode(prefix: str, body: bytes) -> str:
    """Give the text of a body under a lower-case prefix such as `npub`."""
    number = int.from_bytes(body, "big")
    count = -(-len(body) * 8 // 5)
    number <<= count * 5 - len(body) * 8
    values = [number >> 5 * place & 31 for place in range(count - 1, -1, -1)]
    check = _polymod([*_expand(prefix), *values, *([0] * _CHECKSUM_LETTERS)]) ^ 1
    values += [check >> 5 * place & 31 for place in range(_CHECKSUM_LETTERS - 1, -1, -1)]
    return f"{prefix}1{''.join(_LETTERS[value] for value in values)}"


def decode(text: str) -> tuple[str, bytes]:
    """Give prefix and body.

    Raises: BadBech32Error.
    """
    if len(text) > TEXT_CHARS_MAX or not text.isascii():
        raise BadBech32Error
    if text not in (low := text.lower(), text.upper()):
        raise BadBech32Error  # mixed case is forbidden: it is a sign of a mangled copy
    prefix, one, rest = low.rpartition("1")
    values = [_LETTERS.find(char) for char in rest]
    if not one or not prefix or len(values) < _CHECKSUM_LETTERS or -1 in values:
        raise BadBech32Error
    if _polymod([*_expand(prefix), *values]) != 1:
        raise BadBech32Error
    return prefix, _bytes(values[:-_CHECKSUM_LETTERS])


def _bytes(values: list[int]) -> bytes:
    number = 0
    for value in values:
        number = number << 5 | value
    spare = len(values) * 5 % 8
    if spare > 4 or number & ((1 << spare) - 1):
        raise BadBech32Error
    return (number >> spare).to_bytes(len(values) * 5 // 8, "big")
