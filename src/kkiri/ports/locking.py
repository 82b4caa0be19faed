"""What is written for all who have one key, and for nobody else."""

from typing import Protocol


class Locking(Protocol):
    """Encryption under a 32-byte key that several people share (the second half of NIP-44)."""

    def lock(self, key: bytes, text: str) -> str:
        """Encrypt. Raises: BadSealError when the text is empty or too long."""
        ...

    def unlock(self, key: bytes, locked: str) -> str:
        """Check and decrypt. Raises: BadSealError."""
        ...
