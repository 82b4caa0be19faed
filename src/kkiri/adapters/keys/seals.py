"""This person's seals: what is encrypted for others and opened from them; never shows the key."""

from collections import OrderedDict
from pathlib import Path
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from kkiri.adapters.keys import key_file, nip44
from kkiri.base.errors import BadSealError
from kkiri.base.types import PubKey, UnixTime
from kkiri.event.kinds import GIFT_WRAP
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from kkiri.ports.clock import Chance

REMEMBERED_MAX = 512  # conversation keys of 32 bytes: more people than anyone writes to in a day
SECRET_TRIES_MAX = 4  # one random secret in 2^128 is none; four in a row are a broken source


def seals_of(home: Path, chance: Chance) -> "KeySeals":
    """Give the seals of the key in a home folder.

    Raises: BadKeyError, FileNotFoundError.
    """
    return KeySeals(key_file.load(home / key_file.NAME).secret, chance)


class KeySeals:
    """Seals with one person's secret; nonces and wrap keys come from `chance`."""

    def __init__(self, secret: bytes, chance: Chance) -> None:
        self._key = nip44.private_key(secret)
        self._chance = chance
        self._shared: OrderedDict[PubKey, bytes] = OrderedDict()
        self._lock = Lock()

    def __repr__(self) -> str:
        return "KeySeals(…)"

    def seal(self, text: str, to: PubKey) -> str:
        """Encrypt with this person's key. Raises: BadSealError."""
        return nip44.encrypt(self._with(to), text, self._chance.randbytes(nip44.NONCE_BYTES))

    def unseal(self, sealed: str, by: PubKey) -> str:
        """Decrypt what the holder of a key has encrypted for this person. Raises: BadSealError."""
        return nip44.decrypt(self._with(by), sealed)

    def wrap(self, text: str, to: PubKey, created_at: UnixTime) -> Record:
        """Encrypt with a key that is used this once, and sign the gift wrap with it.

        Raises: BadSealError.
        """
        once, own = self._fresh()
        key = nip44.conversation_key(own, to)
        sealed = nip44.encrypt(key, text, self._chance.randbytes(nip44.NONCE_BYTES))
        aux = self._chance.randbytes(32)
        return once.sign(GIFT_WRAP, (("p", to),), sealed, created_at, aux)

    def _with(self, other: PubKey) -> bytes:
        with self._lock:
            known = self._shared.get(other)
            if known is not None:
                self._shared.move_to_end(other)
                return known
        key = nip44.conversation_key(self._key, other)
        with self._lock:
            self._shared[other] = key
            if len(self._shared) > REMEMBERED_MAX:
                self._shared.popitem(last=False)
        return key

    def _fresh(self) -> tuple[Signer, EllipticCurvePrivateKey]:
        for _ in range(SECRET_TRIES_MAX):
            secret = self._chance.randbytes(32)
            try:
                return Signer(secret), nip44.private_key(secret)
            except (ValueError, BadSealError):
                continue
        raise BadSealError("no key could be made")
