"""Messages each way: written and read back, and refused when they have no such form."""

import json

import pytest

from kkiri.base.errors import BadMessageError
from kkiri.base.limits import FILTERS_MAX, MESSAGE_BYTES_MAX
from kkiri.base.types import EventId, Kind, SubId, UnixTime
from kkiri.event import wire
from kkiri.event.filters import Filter
from kkiri.event.verify import Signer

RECORD = Signer(bytes([5]) * 32).sign(Kind(1), (), "끼리", UnixTime(5))
EVENT = wire.read_asked(wire.write_asked(wire.Put(event=RECORD)), bytes_max=10_000)
assert isinstance(EVENT, wire.Put)
SUB = SubId('한 " \\ 이름')
ASKED = [
    EVENT,
    wire.Ask(sub=SUB, filters=(Filter(), Filter(kinds=(Kind(1),), limit=3))),
    wire.Count(sub=SUB, filters=(Filter(search="바다"),)),
    wire.Close(sub=SUB),
    wire.Auth(event=EVENT.event),
    wire.NegOpen(sub=SUB, wanted=Filter(), frame=b"\x61"),
    wire.NegMsg(sub=SUB, frame=b"\x61\x00"),
    wire.NegClose(sub=SUB),
]
TOLD = [
    wire.Found(sub=SUB, event=EVENT.event),
    wire.Ok(id=RECORD.id, accepted=True, reason=""),
    wire.Ok(id=RECORD.id, accepted=False, reason="invalid: 안 됨"),
    wire.EndOfStored(sub=SUB, more=None),
    wire.EndOfStored(sub=SUB, more=True),
    wire.EndOfStored(sub=SUB, more=False),
    wire.Closed(sub=SUB, reason="error: x"),
    wire.Notice(text="n"),
    wire.Challenge(challenge="c"),
    wire.Counted(sub=SUB, count=3),
    wire.NegMsg(sub=SUB, frame=b"\x61"),
    wire.NegErr(sub=SUB, reason="blocked: x"),
]


@pytest.mark.parametrize("message", ASKED, ids=lambda message: type(message).__name__)
def test_asked_there_and_back(message: wire.Asked) -> None:
    assert wire.read_asked(wire.write_asked(message), bytes_max=10_000) == message


@pytest.mark.parametrize("message", TOLD, ids=lambda message: type(message).__name__)
def test_told_there_and_back(message: wire.Told) -> None:
    assert wire.read_told(wire.write_told(message), bytes_max=10_000) == message


@pytest.mark.parametrize(
    ("hints", "more"),
    [
        (["finish"], False),
        (["more"], True),
        (["soon", "more"], True),
        ([], None),
        (["soon"], None),
        ("finish", None),
        ({}, None),
        (None, None),
    ],
    ids=str,
)
def test_end_of_stored_hints(hints: object, more: bool | None) -> None:
    raw = json.dumps(["EOSE", "s", hints])
    assert wire.read_told(raw, bytes_max=100) == wire.EndOfStored(sub=SubId("s"), more=more)


def test_the_hint_is_a_list_on_the_wire() -> None:
    assert (
        wire.write_told(wire.EndOfStored(sub=SubId("s"), more=False)) == b'["EOSE","s",["finish"]]'
    )


BAD = [
    "",
    "{}",
    "[]",
    "null",
    "[1]",
    '["NOPE"]',
    '["REQ"]',
    '["REQ","s"]',
    '["REQ","",{}]',
    '["REQ","' + "s" * 65 + '",{}]',
    '["REQ",1,{}]',
    '["REQ","s",[]]',
    '["REQ","s",' + ",".join(["{}"] * (FILTERS_MAX + 1)) + "]",
    '["EVENT"]',
    '["EVENT",{}]',
    '["EVENT","x"]',
    '["CLOSE"]',
    '["NEG-OPEN","s",{},"zz"]',
    '["NEG-OPEN","s",{},"6"]',
    '["NEG-MSG","s"]',
    '["AUTH","challenge"]',
    "[" * 20_000,
    '["REQ","s",' + '{"a":' * 20_000,
    '["REQ","s",{"since":' + "9" * 5_000 + "}]",
]


@pytest.mark.parametrize("raw", BAD, ids=lambda raw: raw[:24])
def test_not_a_question(raw: str) -> None:
    with pytest.raises(BadMessageError):
        wire.read_asked(raw.encode(), bytes_max=MESSAGE_BYTES_MAX)


def test_size_is_looked_at_before_parsing() -> None:
    with pytest.raises(BadMessageError, match="6 bytes"):
        wire.read_asked(b"[[[[[[", bytes_max=5)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ('["EVENT",{"id":"ab"}]', wire.Ok(id=EventId("ab"), accepted=False, reason="invalid: w")),
        ('["REQ","s",{"x":1}]', wire.Closed(sub=SubId("s"), reason="invalid: w")),
        ('["COUNT","s",{"x":1}]', wire.Closed(sub=SubId("s"), reason="invalid: w")),
        ('["NEG-MSG","s",1]', wire.NegErr(sub=SubId("s"), reason="invalid: w")),
        ('["EVENT",{}]', wire.Notice(text="invalid: w")),
        ('["REQ"]', wire.Notice(text="invalid: w")),
        ("[[[[", wire.Notice(text="invalid: w")),
        ("", wire.Notice(text="invalid: w")),
    ],
)
def test_complaint(raw: str, told: wire.Told) -> None:
    assert wire.complaint(raw.encode(), "w") == told
