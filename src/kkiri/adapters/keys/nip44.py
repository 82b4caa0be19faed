"""Encryption between two keys, version 2: ECDH, HKDF, padding, ChaCha20, HMAC. Source: NIP-44.

The ECDH is OpenSSL's, which does not let its time tell of the secret; libsecp256k1 by its Python
binding gives the shared point only after a hash that NIP-44 does not want.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256K1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from kkiri.base.errors import BadSealError
from kkiri.base.types import PubKey

VERSION = 2  # NIP-44
NONCE_BYTES = 32  # NIP-44
MAC_BYTES = 32  # NIP-44
PLAIN_BYTES_MIN, PLAIN_BYTES_MAX = 1, 65_535  # NIP-44: the length has two bytes
SEALED_CHARS_MIN, SEALED_CHARS_MAX = 132, 87_472  # NIP-44: gated before decoding
_SALT = b"nip44-v2"
_BLOCK = 32  # NIP-44: the least that is padded to
_FIRST_COUNTER = bytes(4)  # RFC 8439: the stream begins at block 0
_EVEN = b"\x02"  # SEC 1: keys of BIP-340 have an even y


def private_key(secret: bytes) -> EllipticCurvePrivateKey:
    """Read a 32-byte secret.

    Raises: BadSealError when it is zero or not below the order of the curve.
    """
    try:
        return derive_private_key(int.from_bytes(secret), SECP256K1())
    except ValueError as error:
        raise BadSealError("secret") from error


def conversation_key(own: EllipticCurvePrivateKey, other: PubKey) -> bytes:
    """Give the key that two persons share, the same from both sides.

    Raises: BadSealError when the other key is no point of the curve.
    """
    try:
        point = EllipticCurvePublicKey.from_encoded_point(SECP256K1(), _EVEN + bytes.fromhex(other))
        shared = own.exchange(ECDH(), point)
    except ValueError as error:
        raise BadSealError("pubkey") from error
    return hmac.digest(_SALT, shared, "sha256")


def encrypt(key: bytes, text: str, nonce: bytes) -> str:
    """Encrypt under a conversation key; the nonce is random and never used twice.

    Raises: BadSealError.
    """
    cipher, mac_key = _message_keys(key, nonce)
    body = cipher.encryptor().update(_pad(text.encode("utf-8", "surrogatepass")))
    mac = hmac.digest(mac_key, nonce + body, "sha256")
    return b64encode(bytes([VERSION]) + nonce + body + mac).decode("ascii")


def decrypt(key: bytes, sealed: str) -> str:
    """Check and decrypt.

    Raises: BadSealError.
    """
    nonce, body, mac = _parts(sealed)
    cipher, mac_key = _message_keys(key, nonce)
    if not hmac.compare_digest(mac, hmac.digest(mac_key, nonce + body, "sha256")):
        raise BadSealError("mac")
    try:
        return _unpad(cipher.decryptor().update(body)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadSealError("text") from error


def padded_bytes(length: int) -> int:
    """Give the length that a text is padded to: few lengths, and the same for many texts."""
    if length <= _BLOCK:
        return _BLOCK
    power = 1 << (length - 1).bit_length()
    chunk = _BLOCK if power <= 256 else power // 8
    return chunk * ((length - 1) // chunk + 1)


def message_keys(key: bytes, nonce: bytes) -> tuple[bytes, bytes, bytes]:
    """Derive key and nonce of the cipher, and the key of the MAC. Source: RFC 5869 (expand)."""
    if len(nonce) != NONCE_BYTES:
        raise BadSealError("nonce")
    made, block = b"", b""
    for number in (1, 2, 3):
        block = hmac.digest(key, block + nonce + bytes([number]), "sha256")
        made += block
    return made[:32], made[32:44], made[44:76]


def _message_keys(key: bytes, nonce: bytes) -> tuple[Cipher[None], bytes]:
    cipher_key, cipher_nonce, mac_key = message_keys(key, nonce)
    stream = ChaCha20(cipher_key, _FIRST_COUNTER + cipher_nonce)
    return Cipher(stream, mode=None), mac_key


def _pad(plain: bytes) -> bytes:
    if not PLAIN_BYTES_MIN <= len(plain) <= PLAIN_BYTES_MAX:
        raise BadSealError(f"{len(plain)} bytes")
    return len(plain).to_bytes(2) + plain + bytes(padded_bytes(len(plain)) - len(plain))


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:2])
    plain = padded[2 : 2 + length]
    wanted = 2 + padded_bytes(length)
    if not length or len(plain) != length or len(padded) != wanted or any(padded[2 + length :]):
        raise BadSealError("padding")
    return plain


def _parts(sealed: str) -> tuple[bytes, bytes, bytes]:
    if sealed.startswith("#"):
        raise BadSealError("a version of later")  # NIP-44 keeps the sign for what is no base64
    if not SEALED_CHARS_MIN <= len(sealed) <= SEALED_CHARS_MAX:
        raise BadSealError(f"{len(sealed)} characters")
    try:
        raw = b64decode(sealed, validate=True)
    except (Base64Error, ValueError) as error:
        raise BadSealError("base64") from error
    if raw[0] != VERSION:
        raise BadSealError(f"version {raw[0]}")
    return raw[1 : 1 + NONCE_BYTES], raw[1 + NONCE_BYTES : -MAC_BYTES], raw[-MAC_BYTES:]
