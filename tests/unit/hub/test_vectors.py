"""The examples of docs/protocol/finding-hubs.md."""

import json
from pathlib import Path

import pytest

from kkiri.adapters.lan import DATAGRAM_BYTES_MAX, MAGIC
from kkiri.base.errors import BadRecordError
from kkiri.base.types import HubUrl, PubKey, UnixTime
from kkiri.event import card
from kkiri.event.record import decode
from kkiri.event.verify import verified
from kkiri.hub.address import BadHubUrlError, Source, hub_url, may_dial, neighbourhood
from kkiri.hub.rendezvous import meeting_keys
from kkiri.hub.shard import holds, place, read_prefix, shard_of, write_prefix

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "finding.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["addresses"], ids=lambda v: v["typed"])
def test_addresses(vector: dict[str, str | None]) -> None:
    typed, address = vector["typed"] or "", vector["address"]
    if address is not None:
        assert hub_url(typed) == address
        return
    with pytest.raises(BadHubUrlError):
        hub_url(typed)


@pytest.mark.parametrize("vector", VECTORS["dialled for"], ids=lambda v: v["address"])
def test_whose_word_is_enough(vector: dict[str, list[str]]) -> None:
    url = HubUrl(str(vector["address"]))
    assert neighbourhood(url) == vector["neighbourhood"]
    for public, name in ((True, "public"), (False, "private")):
        allowed = [source.value for source in Source if may_dial(url, source, public=public)]
        assert allowed == vector[name]


@pytest.mark.parametrize("vector", VECTORS["places"], ids=lambda v: v["pubkey"][-4:])
def test_places(vector: dict[str, list[dict[str, str]]]) -> None:
    key = PubKey(str(vector["pubkey"]))
    assert f"{place(key):04x}" == vector["place"]
    for said in vector["shards"]:
        shard = read_prefix(said["prefix"], int(said["depth"]))
        assert shard == shard_of(key, shard.depth)
        assert holds(shard, key)
        assert write_prefix(shard) == said["prefix"]


@pytest.mark.parametrize("vector", VECTORS["bad prefixes"])
def test_bad_prefixes(vector: dict[str, str]) -> None:
    with pytest.raises(BadRecordError):
        read_prefix(vector["prefix"], int(vector["depth"]))


@pytest.mark.parametrize("vector", VECTORS["meeting keys"])
def test_meeting_keys(vector: dict[str, list[str]]) -> None:
    now = UnixTime(int(str(vector["now"])))
    assert [key.hex() for key in meeting_keys(now)] == vector["keys"]


def test_the_card_and_its_datagram() -> None:
    raw = str(VECTORS["datagram"]).encode()
    assert raw.startswith(MAGIC)
    assert len(raw) <= DATAGRAM_BYTES_MAX
    record = verified(decode(raw[len(MAGIC) :]))
    assert record.id == VECTORS["hub card"]["id"]
    said = card.from_event(record)
    assert hub_url(said.url) == said.url
    assert read_prefix(said.prefix, said.depth).depth == 0
