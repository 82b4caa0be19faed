"""peer.db as a whole: opened once by the composition root, its parts handed to the flows."""

from pathlib import Path

from kkiri.adapters.state.book import StoredBook
from kkiri.adapters.state.database import Database, SQLiteValue
from kkiri.adapters.state.journal import StoredJournal
from kkiri.adapters.state.library import StoredLibrary
from kkiri.adapters.state.notices import StoredNotices, StoredRooms
from kkiri.adapters.state.people import StoredPeople
from kkiri.adapters.state.post import StoredInbox, StoredOutbox
from kkiri.adapters.state.talks import StoredTalks
from kkiri.adapters.state.transfers import StoredTransfers
from kkiri.ports.talks import TalkState


class PeerState:
    """The parts of peer.db; safe to call from several threads, one at a time gets in."""

    def __init__(self, path: Path, *, vfs: str | None = None) -> None:
        """Open or make the file.

        Raises: DiskFullError; RefusedError when another process has it or a newer kkiri wrote it.
        """
        self._database = Database(path, vfs=vfs)
        self.library = StoredLibrary(self._database)
        self.journal = StoredJournal(self._database)
        self.transfers = StoredTransfers(self._database)
        self.book = StoredBook(self._database)
        self.people = StoredPeople(self._database)
        self.talk = TalkState(
            talks=StoredTalks(self._database),
            inbox=StoredInbox(self._database),
            outbox=StoredOutbox(self._database),
            rooms=StoredRooms(self._database),
            notices=StoredNotices(self._database),
        )

    def settings(self) -> dict[str, SQLiteValue]:
        """Give the settings that durability rests on, as SQLite has them now."""
        return self._database.settings()

    def close(self) -> None:
        """Close the file; nothing works afterwards."""
        self._database.close()
