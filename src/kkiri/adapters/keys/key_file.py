"""The person's key on disk: one private file, made once, never overwritten.

The file holds the secret and, when the key was made from words, their entropy, so that a backup
can show the words again (docs/decisions/0020-key-file.md).
"""

import logging
import os
import secrets
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from kkiri.adapters.keys import words
from kkiri.base.errors import BadKeyError
from kkiri.base.types import PubKey
from kkiri.event.verify import Signer

if sys.platform != "win32":
    import resource

NAME = "key"
FILE_BYTES_MAX = 4096  # ours is about 300 bytes
_PRIVATE = 0o600
_WARNING = "Whoever has this file is you. Keep a copy, show it to nobody."

logger = logging.getLogger(__name__)


class _Written(msgspec.Struct, omit_defaults=True):
    warning: str
    secret: str
    entropy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """A secret key and where it came from; it does not show itself."""

    secret: bytes = field(repr=False)
    entropy: bytes | None = field(repr=False, default=None)
    """Of the words it was made from; None for a key that was brought along without words."""

    @property
    def pubkey(self) -> PubKey:
        """Give the public key."""
        return Signer(self.secret).pubkey


def from_words(text: str) -> OwnKey:
    """Derive the key of 12 words. Raises: BadWordsError."""
    entropy = words.entropy_of(text)
    return OwnKey(secret=words.secret_of(entropy), entropy=entropy)


def load_or_make(home: Path) -> Signer:
    """Give the home's key, made from 12 fresh words at the first start.

    Raises: BadKeyError when a key file is there and cannot be read; it is never replaced.
    """
    if sys.platform != "win32":  # no core dump of a process that holds a key (SAFETY F6)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    path = home / NAME
    if not path.exists():
        entropy = secrets.token_bytes(words.ENTROPY_BYTES)
        place(path, OwnKey(secret=words.secret_of(entropy), entropy=entropy))
    return Signer(load(path).secret)


def load(path: Path) -> OwnKey:
    """Read a key file; one that others may read is closed to them, and that is said.

    Raises: BadKeyError, FileNotFoundError.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BadKeyError(str(error)) from error
    with os.fdopen(handle, "rb") as file:
        _close_to_others(path, os.fstat(handle))
        raw = file.read(FILE_BYTES_MAX + 1)
    try:
        plain = msgspec.json.decode(raw[:FILE_BYTES_MAX], type=_Written)
        secret = bytes.fromhex(plain.secret)
        entropy = None if plain.entropy is None else bytes.fromhex(plain.entropy)
        Signer(secret)
        good = len(secret) == 32 and (entropy is None or words.secret_of(entropy) == secret)
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadKeyError(str(path)) from error
    if not good:
        raise BadKeyError(str(path))
    return OwnKey(secret=secret, entropy=entropy)


def _close_to_others(path: Path, found: os.stat_result) -> None:
    if sys.platform == "win32" or not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    try:
        path.chmod(_PRIVATE)
    except OSError as error:
        raise BadKeyError(f"{path}: {stat.filemode(found.st_mode)}") from error
    logger.warning(
        "The key file could be read by others; it is private now. If others use this machine, "
        "take a new key.",
        extra={"path": str(path), "mode": stat.filemode(found.st_mode)},
    )


def place(path: Path, key: OwnKey) -> bool:
    """Put a key where none is, in one step; False, and nothing changed, when one is there."""
    part = _written(path, key)
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    finally:
        part.unlink()
        _sync_dir(path.parent)
    return True


def replace(path: Path, key: OwnKey) -> Path:
    """Put a key in the place of another, which stays beside it; give where.

    Raises: FileExistsError when a kept file of that name is there: nothing is overwritten.
    """
    old = load(path)
    kept = path.with_name(f"{NAME}.old-{old.pubkey[:16]}")
    if not (kept.exists() and load(kept) == old):
        os.link(path, kept)
    _written(path, key).replace(path)
    _sync_dir(path.parent)
    return kept


def _written(path: Path, key: OwnKey) -> Path:
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    entropy = None if key.entropy is None else key.entropy.hex()
    plain = _Written(warning=_WARNING, secret=key.secret.hex(), entropy=entropy)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(plain)) + b"\n")
        file.flush()
        os.fsync(handle)
    return part


def _sync_dir(folder: Path) -> None:
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
