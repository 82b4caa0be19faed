"""Which records one side has and the other lacks, found by comparing ranges of fingerprints.

Pure: a frame in, a frame out; the responder keeps nothing but its items between frames.
Source: NIP-77 with its appendix, Negentropy Protocol V1 (nips db5fe3de).
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate

from kkiri.base.errors import BadMessageError

VERSION = 0x61  # NIP-77: protocol version 1
INFINITY = 2**64 - 1  # NIP-77: the timestamp above all timestamps
ID_BYTES = 32  # NIP-77
FINGERPRINT_BYTES = 16  # NIP-77
SKIP, FINGERPRINT, ID_LIST = 0, 1, 2  # NIP-77: modes of a range

BUCKETS = 32  # measured: 1 M against 1 M in 2 rounds with frames of 500 kB
FRAME_BYTES_MIN = 4096  # a smaller limit could not hold one split range
TAIL_BYTES = 2_300  # one split range (63 ids, or 32 fingerprints with bounds) and the last range
VARINT_DIGITS_MAX = 10  # 64 bits in digits of 7

Bound = tuple[int, bytes]
"""(timestamp, id or its first bytes); compares as the protocol orders."""
_TOP: Bound = (INFINITY, b"")


@dataclass(frozen=True, slots=True)
class Items:
    """One side's records in the protocol's order, with running sums for their fingerprints."""

    bounds: list[Bound]
    sums: list[int] = field(repr=False)

    def fingerprint(self, lower: int, upper: int) -> bytes:
        """Give the digest of the items of a half-open span of indexes."""
        total = (self.sums[upper] - self.sums[lower]) % 2**256
        body = total.to_bytes(32, "little") + write_varint(upper - lower)
        return sha256(body).digest()[:FINGERPRINT_BYTES]


def items_of(pairs: Iterable[tuple[int, bytes]]) -> Items:
    """Sort (created_at, id of 32 bytes) pairs; repeats count once."""
    bounds = sorted(set(pairs))
    ids = (int.from_bytes(item[1], "little") for item in bounds)
    return Items(bounds, list(accumulate(ids, initial=0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one frame taught the initiator, and the frame to send next."""

    frame: bytes | None
    """None when all is known."""
    have: list[bytes]
    """Ids that only we have."""
    need: list[bytes]
    """Ids that only the other side has."""


def initiate(items: Items, frame_bytes_max: int) -> bytes:
    """Give the first frame of a comparison."""
    out = _Writer(frame_bytes_max)
    _split(items, 0, len(items.bounds), _TOP, out)
    return bytes(out.frame)


def respond(items: Items, frame: bytes, frame_bytes_max: int) -> bytes:
    """Answer one frame of an initiator.

    Raises: BadMessageError.
    """
    return _walk(items, frame, frame_bytes_max, None) or bytes([VERSION])


def reconcile(items: Items, frame: bytes, frame_bytes_max: int) -> Round:
    """Read one answer as the initiator.

    Raises: BadMessageError.
    """
    learnt = Round(frame=None, have=[], need=[])
    reply = _walk(items, frame, frame_bytes_max, learnt)
    return Round(frame=reply, have=learnt.have, need=learnt.need)


def write_varint(number: int) -> bytes:
    """Write a number in base 128, most significant digit first."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))


class _Reader:
    """A frame being read; each read says when the frame is too short."""

    def __init__(self, frame: bytes) -> None:
        self._frame = frame
        self._at = 0
        self._timestamp = 0

    def more(self) -> bool:
        return self._at < len(self._frame)

    def take(self, count: int) -> bytes:
        if count > len(self._frame) - self._at:
            raise BadMessageError("negentropy frame too short")
        self._at += count
        return self._frame[self._at - count : self._at]

    def varint(self) -> int:
        number = 0
        for _ in range(VARINT_DIGITS_MAX):
            digit = self.take(1)[0]
            number = number << 7 | digit & 0x7F
            if not digit & 0x80:
                return number
        raise BadMessageError("negentropy number too long")

    def bound(self) -> Bound:
        offset = self.varint()
        if offset == 0 or self._timestamp == INFINITY:
            self._timestamp = INFINITY
        else:
            self._timestamp = min(self._timestamp + offset - 1, INFINITY)
        count = self.varint()
        if count > ID_BYTES:
            raise BadMessageError("negentropy bound too long")
        return (self._timestamp, self.take(count))

    def ids(self) -> list[bytes]:
        count = self.varint()
        body = self.take(count * ID_BYTES)
        return [body[at : at + ID_BYTES] for at in range(0, len(body), ID_BYTES)]


class _Writer:
    """A frame being written; ranges that need no more work are merged into one skip."""

    def __init__(self, bytes_max: int) -> None:
        self.frame = bytearray([VERSION])
        self.room = max(bytes_max, FRAME_BYTES_MIN) - TAIL_BYTES
        self._timestamp = 0
        self._skip: Bound | None = None

    def full(self) -> bool:
        return len(self.frame) > self.room

    def skip(self, upper: Bound) -> None:
        self._skip = upper

    def range(self, upper: Bound, mode: int, payload: bytes) -> None:
        if self._skip is not None:
            skipped, self._skip = self._skip, None
            self._bound(skipped)
            self.frame += write_varint(SKIP)
        self._bound(upper)
        self.frame += write_varint(mode) + payload

    def _bound(self, bound: Bound) -> None:
        timestamp, prefix = bound
        if timestamp == INFINITY:
            self._timestamp = INFINITY
            self.frame += write_varint(0)
        else:
            self.frame += write_varint(1 + timestamp - self._timestamp)
            self._timestamp = timestamp
        self.frame += write_varint(len(prefix)) + prefix


def _walk(items: Items, frame: bytes, frame_bytes_max: int, learnt: Round | None) -> bytes | None:
    """Go through the ranges of a frame; the responder has no `learnt`."""
    reader, out = _Reader(frame), _Writer(frame_bytes_max)
    if (version := reader.take(1)[0]) != VERSION:
        if learnt is None and 0x60 <= version <= 0x6F:
            return bytes([VERSION])  # the highest that we speak: the other side may come down
        raise BadMessageError("negentropy version")
    lower, before = 0, (0, b"")
    while reader.more():
        upper_bound = reader.bound()
        if upper_bound < before:
            raise BadMessageError("negentropy ranges out of order")
        before = upper_bound
        upper = bisect_left(items.bounds, upper_bound, lower)
        mode = reader.varint()
        if mode == SKIP:
            out.skip(upper_bound)
        elif mode == FINGERPRINT:
            if reader.take(FINGERPRINT_BYTES) == items.fingerprint(lower, upper):
                out.skip(upper_bound)
            else:
                _split(items, lower, upper, upper_bound, out)
        elif mode == ID_LIST:
            _compare(items, lower, upper, upper_bound, reader.ids(), out, learnt)
        else:
            raise BadMessageError("negentropy mode")
        lower = upper
        if out.full():
            if upper_bound != _TOP:
                out.range(_TOP, FINGERPRINT, items.fingerprint(upper, len(items.bounds)))
            break
    return bytes(out.frame) if len(out.frame) > 1 else None


def _compare(
    items: Items,
    lower: int,
    upper: int,
    upper_bound: Bound,
    theirs: list[bytes],
    out: _Writer,
    learnt: Round | None,
) -> None:
    if learnt is None:
        _list(items, lower, upper, upper_bound, out)
        return
    ours = {item[1] for item in items.bounds[lower:upper]}
    learnt.have.extend(ours.difference(theirs))
    learnt.need.extend(set(theirs) - ours)
    out.skip(upper_bound)


def _list(items: Items, lower: int, upper: int, upper_bound: Bound, out: _Writer) -> None:
    """Answer an id list with ours, as far as the frame has room; the rest is asked for again."""
    room = max(0, (out.room - len(out.frame)) // ID_BYTES)
    end = upper if upper - lower <= room else lower + room
    bound = upper_bound if end == upper else items.bounds[end]
    payload = b"".join(item[1] for item in items.bounds[lower:end])
    out.range(bound, ID_LIST, write_varint(end - lower) + payload)
    if end != upper:
        out.range(upper_bound, FINGERPRINT, items.fingerprint(end, upper))


def _split(items: Items, lower: int, upper: int, upper_bound: Bound, out: _Writer) -> None:
    count = upper - lower
    if count < BUCKETS * 2:
        payload = b"".join(item[1] for item in items.bounds[lower:upper])
        out.range(upper_bound, ID_LIST, write_varint(count) + payload)
        return
    each, extra = divmod(count, BUCKETS)
    at = lower
    for bucket in range(BUCKETS):
        end = at + each + (1 if bucket < extra else 0)
        bound = upper_bound if end == upper else _between(items.bounds[end - 1], items.bounds[end])
        out.range(bound, FINGERPRINT, items.fingerprint(at, end))
        at = end


def _between(last: Bound, first: Bound) -> Bound:
    """Give the shortest bound above one item and not above the next."""
    if last[0] != first[0]:
        return (first[0], b"")
    shared = next(at for at in range(ID_BYTES) if last[1][at] != first[1][at])
    return (first[0], first[1][: shared + 1])
