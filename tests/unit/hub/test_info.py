"""NIP-11 and the proof of a hub's key: right ones are believed, borrowed and broken are not."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kkiri.base.errors import HubUnprovedError
from kkiri.base.types import HubUrl, Kind, UnixTime
from kkiri.event.kinds import AUTH
from kkiri.event.verify import Signer
from kkiri.hub.info import DOCUMENT_BYTES_MAX, document, prove, read_document, same_hub

HUB, LIAR = Signer(bytes([1]) * 32), Signer(bytes([2]) * 32)
URL = HubUrl("ws://192.0.2.1:7777")
NONCE = "ab" * 32
AUX = bytes(32)


def paper(proof: object) -> bytes:
    raw = document(name="n", key=HUB.pubkey, version="1", work_bits_min=0, proof=None)
    return msgspec.json.encode(json.loads(raw) | {"proof": proof})


def test_right_proof() -> None:
    proof = prove(HUB, URL, NONCE, UnixTime(5), AUX)
    raw = document(name="집 허브", key=HUB.pubkey, version="1", work_bits_min=0, proof=proof)
    claim = read_document(raw, URL, NONCE)
    assert claim.proved == HUB.pubkey
    assert (claim.name, claim.limit_max) == ("집 허브", 500)
    assert {1, 11, 42, 50, 77} <= claim.nips


@pytest.mark.parametrize(
    "raw",
    [
        paper(prove(HUB, URL, "cd" * 32, UnixTime(5), AUX)),
        paper(prove(HUB, HubUrl("ws://192.0.2.2:7777"), NONCE, UnixTime(5), AUX)),
        paper(prove(HUB, HubUrl("ws://192.0.2.1:7778"), NONCE, UnixTime(5), AUX)),
        paper(prove(HUB, HubUrl("wss://192.0.2.1:7777"), NONCE, UnixTime(5), AUX)),
        paper(prove(LIAR, URL, NONCE, UnixTime(5), AUX)),
        paper(HUB.sign(Kind(1), (("relay", URL), ("challenge", NONCE)), "", UnixTime(5))),
        paper(HUB.sign(AUTH, (("relay", URL),), "", UnixTime(5))),
        paper(msgspec.structs.replace(prove(HUB, URL, NONCE, UnixTime(5), AUX), sig="0" * 128)),
        paper("yes"),
        paper({}),
        paper(None),
        b"",
        b"[]",
        b"<html>",
        b"[" * 50_000,
        b" " * (DOCUMENT_BYTES_MAX + 1),
    ],
    ids=lambda raw: repr(raw[-20:]),
)
def test_wrong_proof(raw: bytes) -> None:
    with pytest.raises(HubUnprovedError):
        read_document(raw, URL, NONCE)


def test_a_foreign_relay_has_none() -> None:
    claim = read_document(b"{}", URL, NONCE)
    assert (claim.proved, claim.name, claim.nips, claim.limit_max) == (None, "", frozenset(), None)


def test_fields_of_a_wrong_form_count_as_absent() -> None:
    raw = b'{"name":[1],"supported_nips":["x",1,null,2.5,true],"limitation":{"max_limit":"all"}}'
    claim = read_document(raw, URL, NONCE)
    assert (claim.name, claim.nips, claim.limit_max) == ("", frozenset({1}), None)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ws://a:80", "ws://a", True),
        ("ws://a/", "ws://a", True),
        ("wss://A.example:443/x/", "wss://a.example/x", True),
        ("ws://a", "wss://a", False),
        ("ws://a/x", "ws://a/y", False),
        ("ws://a:99999", "ws://a:99999", False),
        ("http://a", "http://a", False),
        ("", "", False),
        ("ws://[::1", "ws://[::1", False),
    ],
)
def test_same_hub(one: str, other: str, same: bool) -> None:
    assert same_hub(one, other) is same


VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors/hub.json").read_text("utf-8")
)


def test_vectors() -> None:
    for vector in VECTORS["proofs"]:
        raw = json.dumps(vector["document"]).encode()
        if vector["valid"]:
            proved = read_document(raw, HubUrl(vector["url"]), vector["nonce"]).proved
            assert proved == vector["document"]["self"]
        else:
            with pytest.raises(HubUnprovedError):
                read_document(raw, HubUrl(vector["url"]), vector["nonce"])
