"""The link into a showing: written, read again, and refused when it is not whole."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadLinkError
from kkiri.base.types import Bytes, HubUrl, InfoHash
from kkiri.event import bech32
from kkiri.event.listing import PeerAddress
from kkiri.play.invite import PREFIX, Invite, is_invite, read_invite, write_invite

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "together.json").read_text())
INVITE = Invite(
    secret=bytes(range(32)),
    film=InfoHash("c12fe1c06bba254a9dc9f519b335aa7c1367a88a"),
    file=3,
    name="겨울 바다 Winter Sea.mkv",
    size=Bytes(734_003_200),
    addresses=(PeerAddress(host="203.0.113.7", port=6881), PeerAddress(host="2001:db8::1", port=1)),
    hubs=(HubUrl("ws://203.0.113.7:4848"), HubUrl("wss://hub.example/kkiri")),
)


@pytest.mark.parametrize("vector", VECTORS["invites"], ids=lambda v: v["about"])
def test_vectors(vector: dict[str, Any]) -> None:
    invite = read_invite(vector["link"])
    assert write_invite(invite) == vector["link"]
    assert invite.secret.hex() == vector["secret"]
    assert (invite.tag, invite.key.hex()) == (vector["tag"], vector["key"])
    assert (invite.film, invite.file, invite.name) == (
        vector["film"],
        vector["file"],
        vector["name"],
    )
    assert list(invite.hubs) == vector["hubs"]


@given(
    st.binary(min_size=32, max_size=32),
    st.text(max_size=120).map(lambda text: " ".join(text.split())),
    st.integers(0, 50_000),
    st.none() | st.integers(0, 2**63 - 1),
)
def test_what_is_written_is_read(secret: bytes, name: str, file: int, size: int | None) -> None:
    clean = "".join(char for char in name if char.isprintable())
    invite = replace(
        INVITE, secret=secret, name="", file=file, size=None if size is None else Bytes(size)
    )
    assert read_invite(write_invite(invite)) == invite
    named = read_invite(write_invite(replace(invite, name=clean)))
    assert len(named.name.encode()) <= 255 * 3
    assert replace(named, name="") == invite


def test_as_people_paste_it() -> None:
    link = write_invite(INVITE)
    assert link.startswith("kkiri:together1")
    for pasted in (link, f"  {link}\n", link.upper(), link.removeprefix("kkiri:")):
        assert is_invite(pasted)
        assert read_invite(pasted) == INVITE
    assert not is_invite("magnet:?xt=urn:btih:" + INVITE.film)
    assert not is_invite("together we stand")


def test_one_letter_less_is_noticed() -> None:
    link = write_invite(INVITE)
    for at in range(0, len(link), 7):
        with pytest.raises(BadLinkError):
            read_invite(link[:at] + link[at + 1 :])


@given(
    st.text(max_size=200) | st.binary(max_size=400).map(lambda body: bech32.encode(PREFIX, body))
)
def test_p1_any_text_is_a_link_or_refused(text: str) -> None:
    try:
        invite = read_invite(text)
    except BadLinkError:
        return
    again = read_invite(write_invite(invite))
    assert (again.secret, again.film, again.hubs) == (invite.secret, invite.film, invite.hubs)


def _item(kind: int, value: bytes) -> bytes:
    return bytes([kind, len(value)]) + value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        _item(0, bytes(32)),
        _item(0, bytes(31)) + _item(1, bytes(20)),
        _item(0, bytes(32)) + _item(1, bytes(32)),
        _item(0, bytes(32)) + _item(1, bytes(20)) + b"\x03",
        _item(0, bytes(32)) + _item(1, bytes(20)) + b"\x03\x09abc",
        _item(0, bytes(32)) + _item(1, bytes(20)) + _item(2, b"\xff" * 8),
    ],
)
def test_refused(body: bytes) -> None:
    with pytest.raises(BadLinkError):
        read_invite(bech32.encode(PREFIX, body))


def test_bad_places_are_left_out() -> None:
    body = _item(0, bytes(32)) + _item(1, bytes(20)) + _item(5, b"evil.test:80")
    body += _item(5, b"198.51.100.4:6881") + _item(6, b"http://x") + _item(6, b"\xff\xfe")
    body += _item(6, b"ws://198.51.100.4:4848") + _item(99, b"of a later version")
    invite = read_invite(bech32.encode(PREFIX, body))
    assert [str(one) for one in invite.addresses] == ["198.51.100.4:6881"]
    assert invite.hubs == ("ws://198.51.100.4:4848",)


def test_the_secret_is_not_shown_and_nothing_tells_of_it() -> None:
    assert INVITE.secret.hex() not in repr(INVITE)
    derived = {INVITE.tag, INVITE.key.hex(), INVITE.id}
    assert len(derived) == 3
    assert not any(one.startswith(INVITE.id) for one in derived - {INVITE.id})
