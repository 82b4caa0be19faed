"""NIP-44 against the vectors of its specification, and what a stranger may send instead."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kkiri.adapters.keys import nip44
from kkiri.base.errors import BadSealError
from kkiri.base.types import PubKey
from kkiri.event.verify import Signer

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "vectors/nip44.json").read_text("utf-8")
)["v2"]
VALID, INVALID = VECTORS["valid"], VECTORS["invalid"]


def key_of(secret: str, other: str) -> bytes:
    return nip44.conversation_key(nip44.private_key(bytes.fromhex(secret)), PubKey(other))


def test_conversation_keys() -> None:
    assert len(VALID["get_conversation_key"]) == 35
    for one in VALID["get_conversation_key"]:
        assert key_of(one["sec1"], one["pub2"]).hex() == one["conversation_key"]
    for one in INVALID["get_conversation_key"]:
        with pytest.raises(BadSealError):
            key_of(one["sec1"], one["pub2"])


def test_message_keys() -> None:
    for group in VALID["get_message_keys"]["keys"]:
        made = nip44.message_keys(
            bytes.fromhex(VALID["get_message_keys"]["conversation_key"]),
            bytes.fromhex(group["nonce"]),
        )
        names = ("chacha_key", "chacha_nonce", "hmac_key")
        assert [part.hex() for part in made] == [group[name] for name in names]


def test_lengths() -> None:
    for length, padded in VALID["calc_padded_len"]:
        if length <= nip44.PLAIN_BYTES_MAX:
            assert nip44.padded_bytes(length) == padded
    key = bytes(32)
    for length in INVALID["encrypt_msg_lengths"]:
        with pytest.raises(BadSealError):
            nip44.encrypt(key, "x" * length, bytes(32))
    for length in INVALID["decrypt_msg_lengths"]:
        with pytest.raises(BadSealError):
            nip44.decrypt(key, "A" * length)


def test_encrypt_and_decrypt() -> None:
    assert len(VALID["encrypt_decrypt"]) == 10
    for one in VALID["encrypt_decrypt"]:
        key = bytes.fromhex(one["conversation_key"])
        assert key_of(one["sec1"], Signer(bytes.fromhex(one["sec2"])).pubkey) == key
        sealed = nip44.encrypt(key, one["plaintext"], bytes.fromhex(one["nonce"]))
        assert sealed == one["payload"]
        assert nip44.decrypt(key, sealed) == one["plaintext"]
    for one in INVALID["decrypt"]:
        with pytest.raises(BadSealError):
            nip44.decrypt(bytes.fromhex(one["conversation_key"]), one["payload"])


def test_the_longest_text_goes_both_ways() -> None:
    key, text = bytes(31) + b"\1", "끼" * 21_845
    sealed = nip44.encrypt(key, text, bytes(range(32)))
    assert len(text.encode()) == nip44.PLAIN_BYTES_MAX
    assert len(sealed) == nip44.SEALED_CHARS_MAX
    assert nip44.decrypt(key, sealed) == text


def test_a_changed_letter_is_told() -> None:
    chance, key = Random(44), bytes(31) + b"\1"
    sealed = nip44.encrypt(key, "소리바다", bytes(range(32)))
    for _ in range(200):
        at, letter = chance.randrange(len(sealed)), chance.choice("Aa1+/=#é\x00")
        changed = sealed[:at] + letter + sealed[at + 1 :]
        if changed != sealed:
            with pytest.raises(BadSealError):
                nip44.decrypt(key, changed)
