"""Every parser of records, messages, frames and documents takes anything and fails typed (P1)."""

import json
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kkiri.base.errors import RemoteError
from kkiri.base.limits import MESSAGE_BYTES_MAX, RECORD_BYTES_MAX
from kkiri.base.types import HubUrl, Kind, UnixTime
from kkiri.event import wire
from kkiri.event.filters import Filter, from_json, matches
from kkiri.event.kinds import address_of, deleted_ids, expires_at
from kkiri.event.record import decode, encode
from kkiri.event.verify import Signer, verify
from kkiri.hub.bucket import subnet
from kkiri.hub.info import read_document, same_hub
from kkiri.hub.negentropy import items_of, reconcile, respond
from kkiri.hub.policy import Rules, refusal
from tests.fakes.cost import processor_seconds

SECONDS_MAX = 1.0  # SAFETY P1
MEMORY_BYTES_MAX = 256 * 1024 * 1024  # SAFETY P1
RECORD = Signer(bytes([3]) * 32).sign(Kind(2003), (("x", "a" * 40), ("e",)), "끼리", UnixTime(9))
ITEMS = items_of((number % 5, number.to_bytes(32, "big")) for number in range(300))
URL = HubUrl("ws://192.0.2.1:7777")


def read_asked(raw: bytes) -> object:
    return wire.read_asked(raw, bytes_max=MESSAGE_BYTES_MAX)


def read_told(raw: bytes) -> object:
    return wire.read_told(raw, bytes_max=MESSAGE_BYTES_MAX)


def read_event(raw: bytes) -> object:
    event = decode(raw)
    refusal(event, (), Rules(owner=None, work_bits_min=8), UnixTime(10))
    address_of(event), deleted_ids(event), expires_at(event), matches(Filter(), event)
    assert decode(encode(event)) == event
    return verify(event)


def read_proof(raw: bytes) -> object:
    return read_document(raw, URL, "ab" * 32)


def answer_frame(raw: bytes) -> object:
    assert len(respond(ITEMS, raw, 10_000)) <= 10_000
    return None


def take_frame(raw: bytes) -> object:
    return reconcile(ITEMS, raw, 10_000)


PARSERS: list[Callable[[bytes], object]] = [
    read_asked,
    read_told,
    read_event,
    read_proof,
    answer_frame,
    take_frame,
]

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**63, 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["EVENT", "REQ", "AUTH", "COUNT", "NEG-OPEN", "OK", "EOSE", "s", "0" * 64]),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(
            st.sampled_from(["ids", "kinds", "#t", "limit", "id", "tags", "self", "proof"])
            | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
WORDS = [*wire.WORDS_ASKED, *wire.WORDS_TOLD]
MESSAGES = st.tuples(st.sampled_from(WORDS), JSON, JSON, JSON).map(list)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Give a true message with a few bytes changed, cut or repeated."""
    base = draw(
        st.sampled_from(
            [
                encode(RECORD),
                wire.write_asked(wire.Put(event=RECORD)),
                b'["REQ","s",{"kinds":[1],"#t":["a"],"since":5}]',
                b'["EOSE","s",["finish"]]',
                b'["NEG-MSG","s","6100000200"]',
                b"\x61\x05\x00\x01" + bytes(16) + b"\x00\x00\x02\x00",
            ]
        )
    )
    at = draw(st.integers(0, len(base)))
    to = draw(st.integers(at, min(len(base), at + 30)))
    return base[:at] + draw(st.binary(max_size=8)) * draw(st.integers(0, 4)) + base[to:]


RAW = (
    st.binary(max_size=300)
    | damaged()
    | MESSAGES.map(lambda parts: json.dumps(parts).encode())
    | JSON.map(lambda plain: json.dumps(plain).encode())
)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__name__)
@given(raw=RAW)
@example(raw=b'["REQ","s",{"ids":["\xed\xa0\x80"]}]')
@example(raw=b'["EVENT",{"id":"\\ud800"}]')
@example(raw=b"\x61" + b"\x80" * 50)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_typed_errors_only(parser: Callable[[bytes], object], raw: bytes) -> None:
    try:
        parser(raw)
    except RemoteError:
        pass


@given(raw=RAW)
@settings(max_examples=400, deadline=None)
def test_a_complaint_is_always_possible(raw: bytes) -> None:
    assert wire.write_told(wire.complaint(raw, "why"))


@given(plain=st.dictionaries(st.text(max_size=4), JSON, max_size=5))
@settings(max_examples=300, deadline=None)
def test_filters(plain: dict[str, object]) -> None:
    try:
        from_json(plain)
    except RemoteError:
        pass


@given(text=st.text(max_size=60) | st.text("ws:/[]@.%0123456789abcdef", max_size=40))
@settings(max_examples=400, deadline=None)
def test_addresses(text: str) -> None:
    subnet(text)
    same_hub(text, text)


LARGE: list[bytes] = [
    b"[" * RECORD_BYTES_MAX,
    b'["EVENT",' + b'{"a":' * 26_000,
    b'{"x":' + b"[" * 100_000,
    b'{"x":' * 20_000,
    b'["REQ","s",{"ids":[' + b'"",' * 40_000 + b'""]}]',
    b'["REQ","s",{"kinds":[' + b"9" * 120_000 + b"]}]",
    b'["REQ","s",{"limit":1e' + b"9" * 100_000 + b"}]",
    b'{"content":"' + b"\\u0000" * 20_000 + b'"}',
    b'{"tags":[' + b"[]," * 40_000 + b"[]]}",
    b'{"tags":[[' + b'"",' * 40_000 + b'""]]}',
    b'{"kind":-' + b"1" * 130_000 + b"}",
    b"\x61" + b"\x01\x00\x01" + bytes(16) * 8_000,
    b"\x61" + (b"\x01\x00\x01" + bytes(16)) * 6_000,
    b"\x61" + (b"\x02\x00\x00") * 40_000,
    b"\x61\x00\x00\x02\x87\xd0\x00" + bytes(131_000),
    b'{"supported_nips":[' + b"1," * 30_000 + b'1],"limitation":[]}',
]


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__name__)
@pytest.mark.parametrize("raw", LARGE, ids=lambda raw: repr(raw[:16]))
def test_large_and_hostile(parser: Callable[[bytes], object], raw: bytes) -> None:
    def parse() -> None:
        with suppress(RemoteError):
            parser(raw)

    assert processor_seconds(parse) <= SECONDS_MAX
    tracemalloc.start()
    parse()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= MEMORY_BYTES_MAX
