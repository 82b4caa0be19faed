"""A disk whose power can be cut: what was written and not synced is lost, all of it or a part.

An apsw VFS over the real one; it keeps, beside each file, what the last sync made durable.
"""

from pathlib import Path
from random import Random

import apsw


class PowerCutDisk(apsw.VFS):
    """A VFS by the name given; `cut` leaves on disk what a power cut would have left."""

    def __init__(self, name: str) -> None:
        self.durable: dict[str, bytes] = {}
        self.pending: dict[str, list[tuple[int, bytes]]] = {}
        self.syncs = 0
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        file = _PowerCutFile(self, name, flags)
        self.durable.setdefault(file.path, b"")
        self.pending.setdefault(file.path, [])
        return file

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.durable.pop(filename, None)
        self.pending.pop(filename, None)
        super().xDelete(filename, syncdir)

    def cut(self, folder: Path, chance: Random) -> None:
        """Write what survived to a folder: the synced bytes and any of the later writes."""
        for path, body in self.durable.items():
            survived = bytearray(body)
            for offset, data in self.pending[path]:
                if chance.random() < 0.5:
                    survived.extend(bytes(max(0, offset + len(data) - len(survived))))
                    survived[offset : offset + len(data)] = data
            (folder / Path(path).name).write_bytes(survived)


class _PowerCutFile(apsw.VFSFile):
    def __init__(
        self, disk: PowerCutDisk, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        self._disk = disk
        self.path = str(name.filename() if isinstance(name, apsw.URIFilename) else name)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.pending[self.path].append((offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._settle()

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._disk.syncs += 1
        self._settle()

    def _settle(self) -> None:
        self._disk.durable[self.path] = Path(self.path).read_bytes()
        self._disk.pending[self.path] = []
