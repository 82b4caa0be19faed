"""tests/vectors/records.json: what every program that reads kkiri's records should read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kkiri.base.errors import BadRecordError
from kkiri.event import card, comment, listing_tags, presence, profile
from kkiri.event.record import Event
from kkiri.event.verify import Signer, verified

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "records.json").read_text("utf-8"))
READERS: dict[int, Callable[[Event], object]] = {
    0: profile.read_profile,
    3: profile.read_follows,
    1111: comment.read_comment,
    1984: comment.read_report,
    1985: comment.read_label,
    2003: listing_tags.from_event,
    2004: comment.read_comment,
    10_002: profile.read_hub_list,
    12_003: card.from_event,
    30_315: presence.from_event,
}


def why(vector: dict[str, Any]) -> str:
    return str(vector["why"])


def event_of(vector: dict[str, Any]) -> Event:
    return verified(msgspec.convert(vector["record"], Event))


@pytest.mark.parametrize("vector", VECTORS["records"], ids=why)
def test_read_as_written(vector: dict[str, Any]) -> None:
    event = event_of(vector)
    assert json.loads(msgspec.json.encode(READERS[event.kind](event))) == vector["reads"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=why)
def test_refused(vector: dict[str, Any]) -> None:
    event = event_of(vector)
    with pytest.raises(BadRecordError):
        READERS[event.kind](event)


@pytest.mark.parametrize("vector", VECTORS["records"][:2], ids=why)
def test_written_as_in_the_vectors(vector: dict[str, Any]) -> None:
    event = event_of(vector)
    ((tags, content),) = listing_tags.to_records_tags(listing_tags.from_event(event))
    signer = Signer(bytes.fromhex(VECTORS["secret"]))
    record = signer.sign(event.kind, tags, content, event.created_at)
    assert json.loads(msgspec.json.encode(record)) == vector["record"]


def test_every_reader_has_its_vectors() -> None:
    assert {vector["record"]["kind"] for vector in VECTORS["records"]} == set(READERS)
