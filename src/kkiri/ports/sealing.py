"""What is written for one person's eyes, and opened with this person's key."""

from typing import Protocol

from kkiri.base.types import PubKey, UnixTime
from kkiri.event.record import Record


class Sealing(Protocol):
    """Encryption between this person and others (NIP-44); safe to call in threads."""

    def seal(self, text: str, to: PubKey) -> str:
        """Encrypt with this person's key.

        Raises: BadSealError when the key is none or the text is empty or too long.
        """
        ...

    def unseal(self, sealed: str, by: PubKey) -> str:
        """Decrypt what the holder of a key has encrypted for this person.

        Raises: BadSealError.
        """
        ...

    def wrap(self, text: str, to: PubKey, created_at: UnixTime) -> Record:
        """Encrypt with a key that is used this once, and sign the gift wrap with it (NIP-59).

        Raises: BadSealError.
        """
        ...
