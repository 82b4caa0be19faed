"""Keys and pointers as text, against the examples of NIP-19."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadKeyError
from kkiri.base.types import EventId, Kind, PubKey
from kkiri.event.bech32 import encode as write_bech32
from kkiri.event.nip19 import (
    AddressPointer,
    EventPointer,
    Pointer,
    ProfilePointer,
    decode,
    encode,
    npub,
)

hex32 = st.binary(min_size=32, max_size=32).map(bytes.hex)
relays = st.lists(st.text(min_size=1, max_size=40), max_size=4).map(tuple)
kinds = st.integers(0, 65_535).map(Kind)
pointers: st.SearchStrategy[Pointer] = st.one_of(
    st.builds(ProfilePointer, pubkey=hex32.map(PubKey), relays=relays),
    st.builds(
        EventPointer,
        id=hex32.map(EventId),
        relays=relays,
        author=st.none() | hex32.map(PubKey),
        kind=st.none() | kinds,
    ),
    st.builds(
        AddressPointer,
        kind=kinds,
        author=hex32.map(PubKey),
        d=st.text(max_size=30),
        relays=relays,
    ),
)


def test_the_examples_of_the_spec() -> None:
    key = PubKey("7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e")
    text = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg"
    assert npub(key) == text
    assert decode(text) == ProfilePointer(pubkey=key)
    profile = (
        "nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhhytnc9e3k7m"
        "gpz4mhxue69uhkg6nzv9ejuumpv34kytnrdaksjlyr9p"
    )
    assert decode(f"nostr:{profile}") == ProfilePointer(
        pubkey=PubKey("3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d"),
        relays=("wss://r.x.com", "wss://djbas.sadkb.com"),
    )


@given(pointers)
def test_a_pointer_is_read_back(pointer: Pointer) -> None:
    assert decode(encode(pointer)) == pointer


@pytest.mark.parametrize(
    ("prefix", "body"),
    [
        ("npub", bytes(31)),
        ("nprofile", b""),
        ("nprofile", b"\x00\x20" + bytes(31)),
        ("nprofile", b"\x01\x03abc"),
        ("nprofile", b"\x00\x20" + bytes(32) + b"\x01\x09abc"),
        ("nevent", b"\x00\x20" + bytes(32) + b"\x03\x04\xff\xff\xff\xff"),
        ("naddr", b"\x00\x01a"),
        ("nprofile", b"\x00\x20" + bytes(32) + b"\x01\x02\xff\xff"),
        ("nsec", bytes(32)),
        ("nrelay", b"\x00\x01a"),
    ],
)
def test_what_is_cut_or_secret_is_refused(prefix: str, body: bytes) -> None:
    with pytest.raises(BadKeyError):
        decode(write_bech32(prefix, body))


def test_unknown_items_are_passed_over() -> None:
    body = b"\x09\x02hi" + b"\x00\x20" + bytes(32)
    assert decode(write_bech32("nprofile", body)) == ProfilePointer(pubkey=PubKey("00" * 32))


@given(st.text(max_size=80))
def test_any_text_is_a_pointer_or_refused(text: str) -> None:
    try:
        decode(text)
    except BadKeyError:
        return
