"""A secret key locked with a passphrase: ncryptsec. Source: NIP-49, draft-irtf-cfrg-xchacha-03.

The one cipher that `cryptography` lacks is XChaCha20: its first step, HChaCha20, is the ChaCha20
block without the final addition of the starting state, so that addition is taken back.
"""

import struct
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from kkiri.base.errors import BadKeyError
from kkiri.event import bech32

PREFIX = "ncryptsec"
VERSION = 2  # NIP-49
SALT_BYTES = 16  # NIP-49
NONCE_BYTES = 24  # NIP-49
LOCKED_BYTES = 91  # NIP-49
LOG_N = 18  # NIP-49's table: 256 MiB and about a second for each guess of a passphrase
LOG_N_MAX = 20  # 1 GiB: a pasted text may not ask for more of this machine
_KEPT_PLAIN = b"\x00"  # our key file is not encrypted, and NIP-49 wants that said
_CONSTANTS = struct.unpack("<4I", b"expand 32-byte k")  # RFC 8439 §2.3


class WrongPassphraseError(BadKeyError):
    """The passphrase does not open that key. | 그 암호로는 열리지 않습니다."""

    number = 61


def lock(secret: bytes, passphrase: str, *, salt: bytes, nonce: bytes, log_n: int = LOG_N) -> str:
    """Give the ncryptsec of a 32-byte secret; salt and nonce are random and never used twice."""
    key = _stretch(passphrase, salt, log_n)
    body = _cipher(key, nonce).encrypt(_rest(nonce), secret, _KEPT_PLAIN)
    head = bytes([VERSION, log_n])
    return bech32.encode(PREFIX, head + salt + nonce + _KEPT_PLAIN + body)


def unlock(text: str, passphrase: str) -> bytes:
    """Give the secret.

    Raises: BadBech32Error, BadKeyError, WrongPassphraseError.
    """
    prefix, locked = bech32.decode(text)
    if prefix != PREFIX or len(locked) != LOCKED_BYTES or locked[0] != VERSION:
        raise BadKeyError
    log_n, salt, nonce = locked[1], locked[2:18], locked[18:42]
    if not 1 <= log_n <= LOG_N_MAX:
        raise BadKeyError(f"log_n {log_n}")
    cipher = _cipher(_stretch(passphrase, salt, log_n), nonce)
    try:
        return cipher.decrypt(_rest(nonce), locked[43:], locked[42:43])
    except InvalidTag as error:
        raise WrongPassphraseError from error


def _stretch(passphrase: str, salt: bytes, log_n: int) -> bytes:
    plain = unicodedata.normalize("NFKC", passphrase).encode()
    return Scrypt(salt=salt, length=32, n=1 << log_n, r=8, p=1).derive(plain)


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    """Derive the subkey of XChaCha20 from a 32-byte key and 16 bytes of nonce."""
    stream = Cipher(ChaCha20(key, nonce), mode=None).encryptor().update(bytes(64))
    block = struct.unpack("<16I", stream)
    start = (*_CONSTANTS, *struct.unpack("<8I", key), *struct.unpack("<4I", nonce))
    words = [(end - begin) & 0xFFFFFFFF for end, begin in zip(block, start, strict=True)]
    return struct.pack("<8I", *words[:4], *words[12:])


def _cipher(key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(hchacha20(key, nonce[:16]))


def _rest(nonce: bytes) -> bytes:
    return bytes(4) + nonce[16:]
