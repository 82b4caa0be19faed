"""What a person does with the key: look at it, back it up, restore it. Nothing is lost by it."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kkiri.adapters.keys import key_file, nip49, words
from kkiri.adapters.keys.key_file import OwnKey
from kkiri.app.client import is_locked
from kkiri.app.home import Home, prepare
from kkiri.base.errors import AlreadyUpError, BadKeyError, RefusedError
from kkiri.base.types import PubKey
from kkiri.event import bech32
from kkiri.event.verify import Signer

SECRET_BYTES = 32  # secp256k1
_HEX = re.compile(r"[0-9a-fA-F]{64}\Z")


class NoKeyError(RefusedError):
    """There is no key yet; kkiri makes one at its first start. | 아직 키가 없습니다. 끼리를 처음 시작할 때 만들어집니다."""  # noqa: E501

    number = 63


class KeyThereError(RefusedError):
    """There is a key already; say --replace to exchange it (the old one is kept beside it). | 이미 키가 있습니다. 바꾸려면 --replace를 붙이세요. 옛 키는 옆에 남겨 둡니다."""  # noqa: E501

    number = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What restores a key; it does not show itself."""

    nsec: str = field(repr=False)
    words: str | None = field(repr=False)
    """None for a key that was not made from words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did."""

    pubkey: PubKey
    kept: Path | None
    """Where the key that stood there before is kept."""


def public_key(home: Home) -> PubKey:
    """Give the home's public key. Raises: NoKeyError, BadKeyError."""
    return _load(home).pubkey


def backup(home: Home) -> Backup:
    """Give what restores the key. Raises: NoKeyError, BadKeyError."""
    key = _load(home)
    text = None if key.entropy is None else words.words_of(key.entropy)
    return Backup(nsec=bech32.encode("nsec", key.secret), words=text)


def locked_backup(home: Home, passphrase: str) -> str:
    """Give the key as ncryptsec. Raises: NoKeyError, BadKeyError (an empty passphrase too)."""
    if not passphrase:
        raise BadKeyError("passphrase")
    salt, nonce = secrets.token_bytes(nip49.SALT_BYTES), secrets.token_bytes(nip49.NONCE_BYTES)
    return nip49.lock(_load(home).secret, passphrase, salt=salt, nonce=nonce)


def restore(
    home: Home, text: str, passphrase: Callable[[], str], *, replace: bool = False
) -> Restored:
    """Put a key in place from words, nsec, hex or ncryptsec; an old one is kept beside it.

    Raises: BadKeyError, BadBech32Error, KeyThereError, AlreadyUpError while a peer runs with it.
    """
    key = read(text, passphrase)
    if is_locked(home):
        raise AlreadyUpError
    prepare(home)
    path = home.path / key_file.NAME
    if key_file.place(path, key):
        return Restored(pubkey=key.pubkey, kept=None)
    if key_file.load(path).secret == key.secret:
        return Restored(pubkey=key.pubkey, kept=None)
    if not replace:
        raise KeyThereError
    return Restored(pubkey=key.pubkey, kept=key_file.replace(path, key))


def read(text: str, passphrase: Callable[[], str]) -> OwnKey:
    """Read a key in any form that `backup` gives; the passphrase is asked for only if needed.

    Raises: BadKeyError, BadBech32Error.
    """
    plain = text.strip()
    if len(plain.split()) > 1:
        return key_file.from_words(plain)
    if _HEX.match(plain):
        secret = bytes.fromhex(plain)
    elif plain.lower().startswith(nip49.PREFIX):
        secret = nip49.unlock(plain, passphrase())
    else:
        prefix, secret = bech32.decode(plain)
        if prefix != "nsec":
            raise BadKeyError(prefix[:20])
    if len(secret) != SECRET_BYTES:
        raise BadKeyError
    try:
        Signer(secret)  # refuses zero and what is beyond the curve's order
    except ValueError as error:
        raise BadKeyError from error
    return OwnKey(secret=secret)


def _load(home: Home) -> OwnKey:
    try:
        return key_file.load(home.path / key_file.NAME)
    except FileNotFoundError as error:
        raise NoKeyError from error
