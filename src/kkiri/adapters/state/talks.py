"""Conversations in peer.db as a person sees them."""

from typing import Final, NamedTuple

import apsw

from kkiri.adapters.state.database import Database, SQLiteValue, rows
from kkiri.base.types import EventId, PubKey, UnixTime
from kkiri.ports.talks import Message, Talk

MESSAGE_COLUMNS: Final = "id, talk, author, at, text, answers, hubs, waiting"


class MessageRow(NamedTuple):
    """One row of the messages."""

    id: bytes
    talk: str
    author: bytes
    at: int
    text: str
    answers: bytes | None
    hubs: int
    waiting: int


class _TalkRow(NamedTuple):
    id: str
    people: bytes
    subject: str
    accepted: int
    muted: int
    unread: int


class StoredTalks:
    """The conversations in peer.db."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def talks(self) -> list[Talk]:
        """Give all, the one that was spoken in last first."""
        found = self._database.read(lambda db: _talks(db, "", ()))
        return sorted(found, key=lambda one: (-(one.last.at if one.last else 0), one.id))

    def talk(self, talk: str) -> Talk | None:
        """Give one."""
        found = self._database.read(lambda db: _talks(db, " WHERE id = ?", (talk,)))
        return found[0] if found else None

    def messages(self, talk: str, limit: int, before: EventId | None = None) -> list[Message]:
        """Give the newest messages, or those before one; oldest first."""
        where, values = "talk = ?", [talk]
        if before is not None:
            where += " AND (at, seq) < (SELECT at, seq FROM messages WHERE id = unhex(?))"
            values.append(before)
        found = self._database.read(lambda db: _messages(db, where, (*values, limit)))
        return found[::-1]

    def search(self, words: str, limit: int) -> list[Message]:
        """Give messages that hold the words, newest first."""
        plain = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        where = "text LIKE ? ESCAPE '\\'"
        return self._database.read(lambda db: _messages(db, where, (f"%{plain}%", limit)))

    def mark_read(self, talk: str) -> None:
        """Note that all of it was read. Raises: DiskFullError."""
        self._change(
            "UPDATE talks SET read_seq = coalesce("
            "(SELECT max(seq) FROM messages WHERE talk = ?1), 0) WHERE id = ?1",
            talk,
        )

    def accept(self, talk: str) -> None:
        """Take a stranger's conversation in. Raises: DiskFullError."""
        self._change("UPDATE talks SET accepted = 1 WHERE id = ?", talk)

    def mute(self, talk: str, on: bool) -> None:
        """Let a conversation make no noise, or again. Raises: DiskFullError."""
        self._change(f"UPDATE talks SET muted = {int(on)} WHERE id = ?", talk)

    def forget(self, talk: str) -> None:
        """Drop a conversation here; the others keep theirs. Raises: DiskFullError."""
        self._change("DELETE FROM talks WHERE id = ?", talk, frees=True)

    def forget_message(self, message: EventId) -> None:
        """Drop one message here. Raises: DiskFullError."""
        self._change("DELETE FROM messages WHERE id = unhex(?)", message, frees=True)

    def _change(self, statement: str, value: str, *, frees: bool = False) -> None:
        self._database.write(lambda db: db.execute(statement, (value,)).fetchall(), frees=frees)


def message_of(row: MessageRow) -> Message:
    """Give the message of a row."""
    return Message(
        id=EventId(row.id.hex()),
        talk=row.talk,
        author=PubKey(row.author.hex()),
        at=UnixTime(row.at),
        text=row.text,
        answers=None if row.answers is None else EventId(row.answers.hex()),
        hubs=row.hubs,
        waiting=row.waiting,
    )


def _messages(db: apsw.Connection, where: str, values: tuple[SQLiteValue, ...]) -> list[Message]:
    found = rows(
        db,
        MessageRow,
        f"SELECT {MESSAGE_COLUMNS} FROM messages WHERE {where} ORDER BY at DESC, seq DESC LIMIT ?",
        values,
    )
    return [message_of(row) for row in found]


def _talks(db: apsw.Connection, where: str, values: tuple[SQLiteValue, ...]) -> list[Talk]:
    found = rows(
        db,
        _TalkRow,
        "SELECT id, people, subject, accepted, muted, (SELECT count(*) FROM messages"
        " WHERE talk = talks.id AND seq > talks.read_seq AND NOT own)"
        f" FROM talks{where}",
        values,
    )
    return [_talk(db, row) for row in found]


def _talk(db: apsw.Connection, row: _TalkRow) -> Talk:
    last = _messages(db, "talk = ?", (row.id, 1))
    keys = (row.people[at : at + 32] for at in range(0, len(row.people), 32))
    return Talk(
        id=row.id,
        people=tuple(PubKey(key.hex()) for key in keys),
        subject=row.subject,
        accepted=bool(row.accepted),
        muted=bool(row.muted),
        unread=row.unread,
        last=last[0] if last else None,
    )
