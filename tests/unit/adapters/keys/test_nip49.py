"""ncryptsec: the vectors of the specifications, and what a wrong passphrase or text does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.adapters.keys import nip49
from kkiri.base.errors import BadKeyError
from kkiri.event.bech32 import BadBech32Error, decode, encode
from tests.unit.adapters.keys import VECTORS

SPEC = json.loads(VECTORS.read_text("utf-8"))
SECRET = bytes(range(1, 33))
QUICK = 4  # log_n for tests: 16 rounds
LOCKED = nip49.lock(SECRET, "끼리", salt=bytes(16), nonce=bytes(24), log_n=QUICK)


def test_spec_vector() -> None:
    for vector in SPEC["nip49"]:
        assert nip49.unlock(vector["ncryptsec"], vector["passphrase"]).hex() == vector["secret"]


def test_hchacha20_vector() -> None:
    for vector in SPEC["hchacha20"]:
        key, nonce = bytes.fromhex(vector["key"]), bytes.fromhex(vector["nonce"])
        assert nip49.hchacha20(key, nonce).hex() == vector["subkey"]


@given(
    st.binary(min_size=32, max_size=32),
    st.text(max_size=20),
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=24, max_size=24),
)
def test_what_is_locked_opens(secret: bytes, words: str, salt: bytes, nonce: bytes) -> None:
    locked = nip49.lock(secret, words, salt=salt, nonce=nonce, log_n=1)
    assert secret.hex() not in locked
    assert nip49.unlock(locked, words) == secret


def test_hangul_typed_as_letters_opens_it_too() -> None:
    assert nip49.unlock(LOCKED, "\u1101\u1175\u1105\u1175") == SECRET


def test_wrong_passphrase() -> None:
    with pytest.raises(nip49.WrongPassphraseError):
        nip49.unlock(LOCKED, "끼라")


def _changed(at: int, value: int) -> str:
    body = bytearray(decode(LOCKED)[1])
    body[at] = value
    return encode("ncryptsec", bytes(body))


@pytest.mark.parametrize(
    "text",
    [
        _changed(0, 1),  # another version
        _changed(1, 0),
        _changed(1, 40),  # would ask for a terabyte
        encode("ncryptsec", decode(LOCKED)[1][:-1]),
        encode("nsec", decode(LOCKED)[1]),
    ],
)
def test_other_texts_are_refused_before_the_work(text: str) -> None:
    with pytest.raises(BadKeyError):
        nip49.unlock(text, "끼리")


def test_the_security_byte_is_bound() -> None:
    with pytest.raises(nip49.WrongPassphraseError):
        nip49.unlock(_changed(42, 1), "끼리")


def test_a_mistyped_letter_is_seen() -> None:
    mangled = LOCKED[:40] + ("q" if LOCKED[40] != "q" else "p") + LOCKED[41:]
    with pytest.raises(BadBech32Error):
        nip49.unlock(mangled, "끼리")
