"""A file of a torrent that may be read while it arrives."""

from typing import Protocol

from kkiri.base.types import Bytes


class ArrivingFile(Protocol):
    """One file, of which some pieces may be missing yet; reading asks the swarm for them first."""

    @property
    def name(self) -> str:
        """Give the file's own name, without folders."""
        ...

    @property
    def size(self) -> Bytes:
        """Give the whole file's length."""
        ...

    async def read(self, offset: int, size: int) -> bytes:
        """Wait for the bytes at the offset and give up to `size` of them, none only at the end.

        Several may be read at once, but one reader reads one after the other.

        Raises: NotFoundError when the torrent was removed, FileChangedError when what is on disk is
        not what the torrent says any more, RefusedError when the download failed. Cancel-safe.
        """
        ...

    def close(self) -> None:
        """Stop asking for pieces on behalf of this reader."""
        ...
