"""Ids and signatures: the official BIP-340 vectors, events of the NIPs and ours, forgeries."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from coincurve import PrivateKey, PublicKeyXOnly

from kkiri.base.errors import BadRecordError
from kkiri.base.types import EventId, Kind, PubKey, Signature, UnixTime
from kkiri.event.record import Event, Record, as_record, decode, encode
from kkiri.event.verify import Signer, Verified, event_id_of, verified, verify

VECTORS = Path(__file__).parents[2] / "vectors"
BIP340: list[dict[str, Any]] = json.loads((VECTORS / "bip340.json").read_text("utf-8"))["vectors"]
EVENTS: list[dict[str, Any]] = json.loads((VECTORS / "nip01.json").read_text("utf-8"))["events"]
SIGNER = Signer(bytes([3]) * 32)


def event(**changes: object) -> Event:
    record = SIGNER.sign(Kind(1), (("t", "끼리"),), "hello", UnixTime(1_700_000_000))
    return msgspec.structs.replace(record, **changes)


@pytest.mark.parametrize("vector", BIP340, ids=lambda vector: str(vector["index"]))
def test_bip340(vector: dict[str, Any]) -> None:
    message, signature = bytes.fromhex(vector["message"]), bytes.fromhex(vector["signature"])
    try:
        good = PublicKeyXOnly(bytes.fromhex(vector["pubkey"])).verify(signature, message)
    except ValueError:
        good = False
    assert good == vector["valid"]
    if "secret" in vector:
        key = PrivateKey(bytes.fromhex(vector["secret"]))
        assert key.sign_schnorr(message, bytes.fromhex(vector["aux"])) == signature
        assert Signer(bytes.fromhex(vector["secret"])).pubkey == vector["pubkey"]


@pytest.mark.parametrize("vector", EVENTS, ids=lambda vector: str(vector["source"])[:24])
def test_events_of_the_specs_and_ours(vector: dict[str, Any]) -> None:
    raw = json.dumps(vector["event"], ensure_ascii=False).encode()
    found = decode(raw)
    if vector["valid"]:
        assert verified(found) == as_record(found)
        assert decode(encode(found)) == found
    else:
        with pytest.raises(BadRecordError, match="id"):
            verify(found)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"content": "hello!"}, "id"),
        ({"tags": (("t", "끼리2"),)}, "id"),
        ({"created_at": 1_700_000_001}, "id"),
        ({"kind": 2}, "id"),
        ({"pubkey": "1" * 64}, "id"),
        ({"id": "0" * 64}, "id"),
        ({"sig": "0" * 128}, "signature"),
        ({"sig": "f" * 128}, "signature"),
    ],
)
def test_forged(changes: dict[str, object], why: str) -> None:
    with pytest.raises(BadRecordError, match=why):
        verify(event(**changes))


def test_key_off_the_curve_is_a_bad_record() -> None:
    forged = event(pubkey=PubKey(BIP340[5]["pubkey"]))
    forged = msgspec.structs.replace(forged, id=event_id_of(forged))
    with pytest.raises(BadRecordError, match="pubkey"):
        verify(forged)


@dataclass
class Asked:
    """Remembers what it was asked."""

    answer: bool
    ids: list[EventId] = field(default_factory=list)

    def __call__(self, event_id: EventId) -> bool:
        self.ids.append(event_id)
        return self.answer


def test_the_id_is_recomputed_before_it_is_looked_up() -> None:
    known = Asked(answer=True)
    with pytest.raises(BadRecordError, match="id"):
        verify(event(content="forged under a known id"), known)
    assert known.ids == []
    assert verify(event(), known) is None
    assert known.ids == [event().id]


def test_unknown_is_verified() -> None:
    assert isinstance(verify(event(), Asked(answer=False)), Record)


def test_verified_checks_a_signature_once() -> None:
    seen = Verified(2)
    assert seen.record(event()) == seen.record(event()) == verified(event())


def test_verified_does_not_take_another_signature_for_a_known_id() -> None:
    seen = Verified(2)
    seen.record(event())
    with pytest.raises(BadRecordError, match="signature"):
        seen.record(event(sig=Signature("0" * 128)))


def test_verified_forgets_the_oldest() -> None:
    seen = Verified(1)
    seen.record(event())
    seen.record(SIGNER.sign(Kind(1), (), "another", UnixTime(1)))
    assert len(seen) == 1


def test_a_signer_does_not_show_its_key() -> None:
    assert (bytes([3]) * 32).hex() not in repr(SIGNER) + str(SIGNER.__dict__)
