"""The signed record as on the wire: an `Event` is a stranger's claim, a `Record` was verified.

Source: NIP-01.
"""

from typing import Annotated

import msgspec

from kkiri.base.errors import BadRecordError
from kkiri.base.limits import (
    HEX32_CHARS,
    HEX64_CHARS,
    KIND_MAX,
    RECORD_BYTES_MAX,
    TAG_ITEMS_MAX,
    TAGS_MAX,
)
from kkiri.base.types import EventId, Kind, PubKey, Signature, UnixTime

Tag = tuple[str, ...]

# `$` also matches before a newline, so the length is bounded as well
_Hex32 = msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=HEX32_CHARS)
_Hex64 = msgspec.Meta(pattern="^[0-9a-f]{128}$", max_length=HEX64_CHARS)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One signed Nostr event, its form checked and its signature not."""

    id: Annotated[EventId, _Hex32]
    pubkey: Annotated[PubKey, _Hex32]
    created_at: Annotated[UnixTime, msgspec.Meta(ge=0, le=2**53 - 1)]
    kind: Annotated[Kind, msgspec.Meta(ge=0, le=KIND_MAX)]
    tags: Annotated[
        tuple[Annotated[Tag, msgspec.Meta(max_length=TAG_ITEMS_MAX)], ...],
        msgspec.Meta(max_length=TAGS_MAX),
    ]
    content: str
    sig: Annotated[Signature, _Hex64]

    def values(self, name: str) -> tuple[str, ...]:
        """Give the first value of every tag of that name, in order."""
        return tuple(tag[1] for tag in self.tags if len(tag) > 1 and tag[0] == name)

    def value(self, name: str) -> str | None:
        """Give the first value of the first tag of that name."""
        return next((tag[1] for tag in self.tags if len(tag) > 1 and tag[0] == name), None)


class Record(Event, frozen=True, kw_only=True):
    """An event whose id and signature were checked by `event.verify`, or that we signed."""


def as_record(event: Event) -> Record:
    """Take an event as verified; only `event.verify` and a store of verified records may."""
    return Record(
        id=event.id,
        pubkey=event.pubkey,
        created_at=event.created_at,
        kind=event.kind,
        tags=event.tags,
        content=event.content,
        sig=event.sig,
    )


def decode(raw: bytes, *, bytes_max: int = RECORD_BYTES_MAX) -> Event:
    """Read one event from JSON; its size is gated before it is parsed.

    Raises: BadRecordError.
    """
    if len(raw) > bytes_max:
        raise BadRecordError(f"{len(raw)} bytes")
    try:
        return msgspec.json.decode(raw, type=Event)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRecordError(str(error)[:200]) from error


def encode(event: Event) -> bytes:
    """Give the event's JSON, UTF-8, without spaces."""
    return msgspec.json.encode(event)


def canonical(
    pubkey: PubKey, created_at: UnixTime, kind: Kind, tags: tuple[Tag, ...], content: str
) -> bytes:
    """Give the bytes whose sha256 is the record's id. Source: NIP-01, Events and signatures."""
    return msgspec.json.encode([0, pubkey, created_at, kind, tags, content])
