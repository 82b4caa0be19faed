"""Texts locked under a key that several people share: NIP-44 without its exchange of keys."""

from kkiri.adapters.keys import nip44
from kkiri.ports.clock import Chance


class SharedLocks:
    """Locks and unlocks with any 32-byte key; nonces come from `chance`."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def lock(self, key: bytes, text: str) -> str:
        """Encrypt. Raises: BadSealError when the text is empty or too long."""
        return nip44.encrypt(key, text, self._chance.randbytes(nip44.NONCE_BYTES))

    def unlock(self, key: bytes, locked: str) -> str:
        """Check and decrypt. Raises: BadSealError."""
        return nip44.decrypt(key, locked)
