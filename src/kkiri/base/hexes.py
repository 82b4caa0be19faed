"""Hex strings from strangers, checked once."""

import re

from kkiri.base.errors import BadRecordError
from kkiri.base.types import EventId, InfoHash, PubKey

_HEX64 = re.compile(r"[0-9a-f]{64}\Z")
_HEX40 = re.compile(r"[0-9a-f]{40}\Z")


def is_hex32(text: str) -> bool:
    """Say whether the text is 32 bytes in lower-case hex."""
    return _HEX64.match(text) is not None


def event_id(text: str) -> EventId:
    """Read an event id. Raises: BadRecordError."""
    if not is_hex32(text):
        raise BadRecordError("id")
    return EventId(text)


def pubkey(text: str) -> PubKey:
    """Read a public key. Raises: BadRecordError."""
    if not is_hex32(text):
        raise BadRecordError("pubkey")
    return PubKey(text)


def info_hash(text: str) -> InfoHash:
    """Read a v1 info-hash, upper case allowed. Raises: BadRecordError."""
    low = text.lower()
    if _HEX40.match(low) is None:
        raise BadRecordError("info-hash")
    return InfoHash(low)
