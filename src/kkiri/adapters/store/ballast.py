"""A file that takes up room so that there is some when the disk is full.

On a full disk SQLite refuses even to delete; letting the ballast go makes deletions work, and it
is taken on again when there is room.
"""

import os
import secrets
import shutil
from pathlib import Path

BALLAST_BYTES = 2 * 1024 * 1024  # deleting a record writes some 50 pages of 4 KiB, many share them
ROOM_BYTES_MIN = 8 * 1024 * 1024  # with less left, taking it on would itself fill the disk


class Ballast:
    """One file beside the store."""

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(f"{store.name}.ballast")

    @property
    def held(self) -> bool:
        """Say whether there is any to let go."""
        return self._path.exists()

    def take(self) -> None:
        """Take it on when there is none and room enough; random bytes cannot be compressed away."""
        if self.held or shutil.disk_usage(self._path.parent).free < ROOM_BYTES_MIN:
            return
        try:
            with self._path.open("wb") as file:
                file.write(secrets.token_bytes(BALLAST_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self._path.unlink(missing_ok=True)

    def let_go(self) -> None:
        """Give the room back."""
        self._path.unlink(missing_ok=True)
