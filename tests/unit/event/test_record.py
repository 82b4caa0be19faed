"""Events from the wire: what has the form is read, all else is a bad record."""

import json

import pytest

from kkiri.base.errors import BadRecordError
from kkiri.base.limits import RECORD_BYTES_MAX, TAG_ITEMS_MAX, TAGS_MAX
from kkiri.event.record import Event, canonical, decode, encode

PLAIN: dict[str, object] = {
    "id": "a" * 64,
    "pubkey": "b" * 64,
    "created_at": 1_700_000_000,
    "kind": 1,
    "tags": [["t", "끼리", "더"], ["t"], []],
    "content": "안녕",
    "sig": "c" * 128,
}


def read(**changes: object) -> Event:
    return decode(json.dumps(PLAIN | changes).encode())


def test_there_and_back() -> None:
    assert decode(encode(read())) == read()
    assert read().values("t") == ("끼리",)
    assert read().value("t") == "끼리"
    assert read().value("x") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "A" * 64},
        {"id": "a" * 63},
        {"id": "a" * 64 + "\n"},
        {"id": 1},
        {"pubkey": "g" * 64},
        {"created_at": -1},
        {"created_at": 1.5},
        {"created_at": "1"},
        {"created_at": 2**53},
        {"created_at": True},
        {"kind": 65_536},
        {"kind": -1},
        {"kind": "1"},
        {"kind": None},
        {"tags": [["t", 1]]},
        {"tags": [["t", None]]},
        {"tags": "t"},
        {"tags": [["t"] * (TAG_ITEMS_MAX + 1)]},
        {"tags": [["t"]] * (TAGS_MAX + 1)},
        {"content": None},
        {"sig": "c" * 127},
    ],
    ids=str,
)
def test_wrong_form(changes: dict[str, object]) -> None:
    with pytest.raises(BadRecordError):
        read(**changes)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"kind":' + b"9" * 5_000 + b"}",
        b'{"content":"\\ud800"}',
        b'{"content":"\xed\xa0\x80"}',
        b" " * (RECORD_BYTES_MAX + 1),
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_not_an_event(raw: bytes) -> None:
    with pytest.raises(BadRecordError):
        decode(raw)


def test_size_is_looked_at_before_parsing() -> None:
    with pytest.raises(BadRecordError, match=f"{RECORD_BYTES_MAX + 1} bytes"):
        decode(b"{" * (RECORD_BYTES_MAX + 1))


def test_canonical_form_escapes_as_json_does() -> None:
    event = read(content='\x00\b\t\n\x0b\f\r\x1f"\\/\x7f', tags=[])
    body = canonical(event.pubkey, event.created_at, event.kind, event.tags, event.content)
    escaped = rb'"\u0000\b\t\n\u000b\f\r\u001f\"\\/' + b'\x7f"'
    assert body == b'[0,"' + b"b" * 64 + b'",1700000000,1,[],' + escaped + b"]"
