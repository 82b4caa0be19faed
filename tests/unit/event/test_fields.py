"""Single fields from strangers: one canonical form, or a typed refusal."""

import pytest

from kkiri.base.errors import BadRecordError
from kkiri.base.types import Bytes, HubUrl, UnixTime
from kkiri.event import card, fields, kinds, presence
from kkiri.event.listing import PeerAddress
from kkiri.event.verify import Signer

SIGNER = Signer(bytes([7]) * 32)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("ws://127.0.0.1:7777", "ws://127.0.0.1:7777"),
        ("WS://Hub.Example/", "ws://hub.example:80"),
        ("wss://hub.example:443", "wss://hub.example"),
        ("wss://hub.example:444/Path/", "wss://hub.example:444/Path"),
        ("ws://[0:0:0:0:0:0:0:1]:9", "ws://[::1]:9"),
    ],
)
def test_hub_addresses_have_one_form(text: str, url: str) -> None:
    assert fields.hub_url(text) == url
    assert fields.hub_url(url) == url


@pytest.mark.parametrize(
    "text",
    ["", "http://a", "ws://", "ws://a b", "ws://a:0", "ws://a:65536", "ws://u@a", "ws://[zz]",
     "ws://a:1\n", "ws://a/\x00", "ws://" + "a" * 600, "ws://a:99999999999999999999"],
)  # fmt: skip
def test_what_is_no_hub_address_is_refused(text: str) -> None:
    if text == "ws://a:1\n":  # pasted with its line end
        assert fields.hub_url(text) == "ws://a:1"
        return
    with pytest.raises(BadRecordError):
        fields.hub_url(text)


@pytest.mark.parametrize(
    "text",
    ["", "1.2.3.4", "1.2.3.4:", "1.2.3.4:70000", "a:1", "::1:1", "[1.2.3.4]:1", "[fe80::1%eth0]:1"],
)
def test_what_is_no_peer_address_is_refused(text: str) -> None:
    with pytest.raises(BadRecordError):
        fields.peer_address(text)


def test_peer_addresses_read() -> None:
    assert fields.peer_address("1.2.3.4:5") == PeerAddress(host="1.2.3.4", port=5)
    assert str(fields.peer_address("[0::1]:5")) == "[::1]:5"


def test_a_hub_card_reads_back() -> None:
    told = card.HubCard(
        url=HubUrl("ws://127.0.0.1:1"),
        prefix="a8",
        depth=5,
        capacity=Bytes(2_000),
        since=UnixTime(9),
    )
    record = SIGNER.sign(kinds.HUB_CARD, card.to_tags(told), "", UnixTime(10))
    back = card.from_event(record)
    assert (back.key, back.created_at) == (SIGNER.pubkey, 10)
    assert card.to_tags(back) == card.to_tags(told)


@pytest.mark.parametrize(
    ("name", "value"),
    [("address", "http://a"), ("depth", "33"), ("depth", "4"), ("prefix", "a9"), ("prefix", "A8"),
     ("prefix", "a8a"), ("capacity", "x"), ("since", "")],
)  # fmt: skip
def test_a_wrong_hub_card_is_refused(name: str, value: str) -> None:
    good = {"address": "ws://a", "prefix": "a8", "depth": "5", "capacity": "1", "since": "1"}
    tags = tuple((good | {name: value}).items())
    with pytest.raises(BadRecordError):
        card.from_event(SIGNER.sign(kinds.HUB_CARD, tags, "", UnixTime(10)))


def test_presence_reads_back_and_other_statuses_do_not() -> None:
    told = presence.Presence(
        addresses=(PeerAddress(host="127.0.0.1", port=6881),), until=UnixTime(99)
    )
    tags = presence.to_tags(told)
    back = presence.from_event(SIGNER.sign(kinds.PRESENCE, tags, "", UnixTime(10)))
    assert (back.addresses, back.until) == (told.addresses, told.until)
    for wrong in ((("d", "music"), *tags[1:]), (tags[0], tags[2])):
        with pytest.raises(BadRecordError):
            presence.from_event(SIGNER.sign(kinds.PRESENCE, wrong, "", UnixTime(10)))
