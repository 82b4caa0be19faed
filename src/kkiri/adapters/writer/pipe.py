"""The frames between hub and writer: four bytes of length, then MessagePack."""

import struct
from typing import BinaryIO

import msgspec

from kkiri.ports.serving import Fate

FRAME_EVENTS_MAX = 256  # with FRAME_BYTES: a transaction of about 50 ms at worst
FRAME_BYTES_MAX = 256 * (128 * 1024 + 64)  # so many of the largest records
HEAD = struct.Struct("<I")


class Handed(msgspec.Struct, frozen=True, array_like=True):
    """One event on its way to the store."""

    number: int
    event: bytes
    """Its JSON."""


class Settled(msgspec.Struct, frozen=True, array_like=True):
    """What became of it; on disk when this is sent."""

    number: int
    fate: Fate


def pack(items: list[Handed] | list[Settled]) -> bytes:
    """Give one frame."""
    body = msgspec.msgpack.encode(items)
    return HEAD.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> list[Handed] | None:
    """Read one frame of events, waiting for it; None at the end of the stream."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    size = HEAD.unpack(head)[0]
    body = stream.read(size)
    if len(body) < size:
        return None
    return msgspec.msgpack.decode(body, type=list[Handed])
