"""The messages between a hub and those who ask it, each way. Source: NIP-01, 42, 45, 67, 77."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec

from kkiri.base.errors import BadMessageError
from kkiri.base.limits import FILTERS_MAX, HEX32_CHARS, SUB_ID_CHARS_MAX
from kkiri.base.types import EventId, SubId
from kkiri.event.filters import Filter, from_json, to_json
from kkiri.event.record import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """`["EVENT", event]`: store this."""

    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """`["REQ", sub, filter…]`: stored records, then new ones."""

    sub: SubId
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """`["COUNT", sub, filter…]`: how many."""

    sub: SubId
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """`["CLOSE", sub]`: no more."""

    sub: SubId


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """`["AUTH", event]`: here is who I am."""

    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class NegOpen:
    """`["NEG-OPEN", sub, filter, hex]`: compare sets."""

    sub: SubId
    wanted: Filter
    frame: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NegMsg:
    """`["NEG-MSG", sub, hex]`: next frame of the comparison, either way."""

    sub: SubId
    frame: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NegClose:
    """`["NEG-CLOSE", sub]`: the comparison is over."""

    sub: SubId


Asked = Put | Ask | Count | Close | Auth | NegOpen | NegMsg | NegClose


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`["EVENT", sub, event]`."""

    sub: SubId
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Ok:
    """`["OK", id, accepted, reason]`."""

    id: EventId
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfStored:
    """`["EOSE", sub]`, with the hints `["finish"]` or `["more"]` that NIP-67 adds."""

    sub: SubId
    more: bool | None
    """None when the hub does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """`["CLOSED", sub, reason]`."""

    sub: SubId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`["NOTICE", text]`."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """`["AUTH", challenge]`."""

    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """`["COUNT", sub, {"count": n}]`."""

    sub: SubId
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NegErr:
    """`["NEG-ERR", sub, reason]`."""

    sub: SubId
    reason: str


Told = Found | Ok | EndOfStored | Closed | Notice | Challenge | Counted | NegMsg | NegErr

_Parts = list[msgspec.Raw]


def _parts(raw: bytes | str, bytes_max: int) -> tuple[str, _Parts]:
    if len(raw) > bytes_max:
        raise BadMessageError(f"{len(raw)} bytes")
    try:
        parts = msgspec.json.decode(raw, type=_Parts)
        return msgspec.json.decode(parts[0], type=str), parts
    except (msgspec.MsgspecError, UnicodeError, RecursionError, IndexError) as error:
        raise BadMessageError(str(error)[:200]) from error


def read_asked(raw: bytes | str, *, bytes_max: int) -> Asked:
    """Read a message that asks something of a hub.

    Raises: BadMessageError.
    """
    word, parts = _parts(raw, bytes_max)
    reader = _ASKED.get(word)
    if reader is None:
        raise BadMessageError(f"unknown word {word[:20]!r}")
    return _read(reader, parts)


def read_told(raw: bytes | str, *, bytes_max: int) -> Told:
    """Read a message that a hub tells.

    Raises: BadMessageError.
    """
    word, parts = _parts(raw, bytes_max)
    reader = _TOLD.get(word)
    if reader is None:
        raise BadMessageError(f"unknown word {word[:20]!r}")
    return _read(reader, parts)


class _Id(msgspec.Struct):
    id: str


def complaint(raw: bytes, why: str) -> Told:
    """Give the answer to a message that could not be read: to its record or question if it has one.

    Source: NIP-01 (OK and CLOSED with `invalid:`, else NOTICE).
    """
    reason = f"invalid: {why[:200]}"
    try:
        word, parts = _parts(raw, len(raw))
        if word == "EVENT":
            event_id = msgspec.json.decode(parts[1], type=_Id).id
            return Ok(id=EventId(event_id[:HEX32_CHARS]), accepted=False, reason=reason)
        if word in {"REQ", "COUNT"}:
            return Closed(sub=_sub(parts[1]), reason=reason)
        if word in {"NEG-OPEN", "NEG-MSG"}:
            return NegErr(sub=_sub(parts[1]), reason=reason)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, IndexError, BadMessageError):
        pass
    return Notice(text=reason)


T = TypeVar("T")


def _read(reader: Callable[[_Parts], T], parts: _Parts) -> T:
    try:
        return reader(parts)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, IndexError, ValueError) as error:
        raise BadMessageError(str(error)[:200]) from error


def _text(raw: msgspec.Raw) -> str:
    return msgspec.json.decode(raw, type=str)


def _sub(raw: msgspec.Raw) -> SubId:
    text = _text(raw)
    if not 0 < len(text) <= SUB_ID_CHARS_MAX:
        raise BadMessageError("subscription id")
    return SubId(text)


def _event(raw: msgspec.Raw) -> Event:
    return msgspec.json.decode(raw, type=Event)


def _filters(parts: _Parts) -> tuple[Filter, ...]:
    if not 2 < len(parts) <= 2 + FILTERS_MAX:
        raise BadMessageError("number of filters")
    return tuple(_filter(part) for part in parts[2:])


def _filter(raw: msgspec.Raw) -> Filter:
    return from_json(msgspec.json.decode(raw, type=dict[str, object]))


def _frame(raw: msgspec.Raw) -> bytes:
    return bytes.fromhex(_text(raw))


class _CountBody(msgspec.Struct):
    count: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


def _count(raw: msgspec.Raw) -> int:
    return msgspec.json.decode(raw, type=_CountBody).count


def _end(parts: _Parts) -> EndOfStored:
    more: bool | None = None
    if len(parts) > 2:
        hints = msgspec.json.decode(parts[2])
        if isinstance(hints, list):  # unknown hints and other forms mean nothing (NIP-67)
            more = True if "more" in hints else False if "finish" in hints else None
    return EndOfStored(sub=_sub(parts[1]), more=more)


_ASKED: dict[str, Callable[[_Parts], Asked]] = {
    "EVENT": lambda parts: Put(event=_event(parts[1])),
    "REQ": lambda parts: Ask(sub=_sub(parts[1]), filters=_filters(parts)),
    "COUNT": lambda parts: Count(sub=_sub(parts[1]), filters=_filters(parts)),
    "CLOSE": lambda parts: Close(sub=_sub(parts[1])),
    "AUTH": lambda parts: Auth(event=_event(parts[1])),
    "NEG-OPEN": lambda parts: NegOpen(
        sub=_sub(parts[1]), wanted=_filter(parts[2]), frame=_frame(parts[3])
    ),
    "NEG-MSG": lambda parts: NegMsg(sub=_sub(parts[1]), frame=_frame(parts[2])),
    "NEG-CLOSE": lambda parts: NegClose(sub=_sub(parts[1])),
}

_TOLD: dict[str, Callable[[_Parts], Told]] = {
    "EVENT": lambda parts: Found(sub=_sub(parts[1]), event=_event(parts[2])),
    "OK": lambda parts: Ok(
        id=EventId(_text(parts[1])),
        accepted=msgspec.json.decode(parts[2], type=bool),
        reason=_text(parts[3]) if len(parts) > 3 else "",
    ),
    "EOSE": _end,
    "CLOSED": lambda parts: Closed(
        sub=_sub(parts[1]), reason=_text(parts[2]) if len(parts) > 2 else ""
    ),
    "NOTICE": lambda parts: Notice(text=_text(parts[1])),
    "AUTH": lambda parts: Challenge(challenge=_text(parts[1])),
    "COUNT": lambda parts: Counted(sub=_sub(parts[1]), count=_count(parts[2])),
    "NEG-MSG": lambda parts: NegMsg(sub=_sub(parts[1]), frame=_frame(parts[2])),
    "NEG-ERR": lambda parts: NegErr(sub=_sub(parts[1]), reason=_text(parts[2])),
}

WORDS_ASKED = tuple(_ASKED)
WORDS_TOLD = tuple(_TOLD)


def write_asked(message: Asked) -> bytes:
    """Give the JSON of a message to a hub."""
    return msgspec.json.encode(_asked_parts(message))


def write_told(message: Told) -> bytes:
    """Give the JSON of a message from a hub."""
    return msgspec.json.encode(_told_parts(message))


def _asked_parts(message: Asked) -> list[object]:
    match message:
        case Put(event=event):
            return ["EVENT", event]
        case Ask(sub=sub, filters=filters):
            return ["REQ", sub, *(to_json(wanted) for wanted in filters)]
        case Count(sub=sub, filters=filters):
            return ["COUNT", sub, *(to_json(wanted) for wanted in filters)]
        case Close(sub=sub):
            return ["CLOSE", sub]
        case Auth(event=event):
            return ["AUTH", event]
        case NegOpen(sub=sub, wanted=wanted, frame=frame):
            return ["NEG-OPEN", sub, to_json(wanted), frame.hex()]
        case NegMsg(sub=sub, frame=frame):
            return ["NEG-MSG", sub, frame.hex()]
        case NegClose(sub=sub):
            return ["NEG-CLOSE", sub]


def _told_parts(message: Told) -> list[object]:
    match message:
        case Found(sub=sub, event=event):
            return ["EVENT", sub, event]
        case Ok(id=event_id, accepted=accepted, reason=reason):
            return ["OK", event_id, accepted, reason]
        case EndOfStored(sub=sub, more=more):
            return ["EOSE", sub] if more is None else ["EOSE", sub, ["more" if more else "finish"]]
        case Closed(sub=sub, reason=reason):
            return ["CLOSED", sub, reason]
        case Notice(text=text):
            return ["NOTICE", text]
        case Challenge(challenge=challenge):
            return ["AUTH", challenge]
        case Counted(sub=sub, count=count):
            return ["COUNT", sub, {"count": count}]
        case NegMsg(sub=sub, frame=frame):
            return ["NEG-MSG", sub, frame.hex()]
        case NegErr(sub=sub, reason=reason):
            return ["NEG-ERR", sub, reason]
