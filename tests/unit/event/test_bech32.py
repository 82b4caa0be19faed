"""Bech32: BIP-173's own strings, round trips, and every single mistyped letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.event.bech32 import BadBech32Error, decode, encode

NPUB = "npub1zutzeysacnf9rru6zqwmxd54mud0k44tst6l70ja5mhv8jjumytsd2x7nu"


def test_known() -> None:
    body = bytes.fromhex("17162c921dc4d2518f9a101db33695df1afb56ab82f5ff3e5da6eec3ca5cd917")
    assert encode("npub", body) == NPUB
    assert decode(NPUB) == ("npub", body)
    assert decode(NPUB.upper()) == ("npub", body)
    assert decode("A12UEL5L") == ("a", b"")  # BIP-173


@given(st.text("abcdefnpubsec1", min_size=1, max_size=9), st.binary(max_size=200))
def test_round_trip(prefix: str, body: bytes) -> None:
    assert decode(encode(prefix, body)) == (prefix, body)


@given(st.integers(0, len(NPUB) - 1), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_one_mistyped_letter_is_always_seen(at: int, letter: str) -> None:
    if NPUB[at] != letter:
        with pytest.raises(BadBech32Error):
            decode(NPUB[:at] + letter + NPUB[at + 1 :])


@pytest.mark.parametrize(
    "text", ["", "1", "npub", "npub1", NPUB[:-1], "N" + NPUB[1:], NPUB + "끼", "1" * 6000]
)
def test_refused(text: str) -> None:
    with pytest.raises(BadBech32Error):
        decode(text)
