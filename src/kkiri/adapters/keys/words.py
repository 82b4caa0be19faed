"""Twelve words for a key, on paper. Source: BIP-39, BIP-32, NIP-06 (m/44'/1237'/0'/0/0)."""

import hmac
from hashlib import sha512

from coincurve import PrivateKey
from mnemonic import Mnemonic

from kkiri.base.errors import BadKeyError

ENTROPY_BYTES = 16  # BIP-39: twelve words
_HARDENED = 1 << 31
_PATH = (44 | _HARDENED, 1237 | _HARDENED, _HARDENED, 0, 0)
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class BadWordsError(BadKeyError):
    """Those are not the words of a key: one is missing or mistyped. | 키를 되살릴 단어들이 아닙니다. 빠졌거나 잘못 적힌 단어가 있습니다."""  # noqa: E501

    number = 62


def words_of(entropy: bytes) -> str:
    """Give the English words, one space between them."""
    return Mnemonic("english").to_mnemonic(entropy)


def entropy_of(words: str) -> bytes:
    """Read 12 to 24 words, however spaced and in whatever case.

    Raises: BadWordsError.
    """
    plain = " ".join(words.lower().split())
    try:
        return bytes(Mnemonic("english").to_entropy(plain))
    except (ValueError, LookupError) as error:
        raise BadWordsError from error


def secret_of(entropy: bytes) -> bytes:
    """Derive the 32-byte secret key of NIP-06, account 0, without a BIP-39 passphrase."""
    seed = Mnemonic.to_seed(words_of(entropy), "")
    digest = hmac.digest(b"Bitcoin seed", seed, sha512)
    key, chain = digest[:32], digest[32:]
    for step in _PATH:
        if step & _HARDENED:
            body = b"\0" + key
        else:
            body = PrivateKey(key).public_key.format(compressed=True)
        digest = hmac.digest(chain, body + step.to_bytes(4, "big"), sha512)
        number = (int.from_bytes(digest[:32], "big") + int.from_bytes(key, "big")) % _ORDER
        key, chain = number.to_bytes(32, "big"), digest[32:]
    return key
