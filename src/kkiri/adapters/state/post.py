"""What arrives and what goes out of conversations, in peer.db."""

from collections.abc import Collection, Sequence

import apsw

from kkiri.adapters.state.database import Database, rows
from kkiri.adapters.state.talks import MESSAGE_COLUMNS, MessageRow, message_of
from kkiri.base.limits import (
    REQUESTS_MAX,
    STRANGER_MESSAGES_MAX,
    WRAPS_KEPT_MAX,
    WRAPS_KEPT_SECONDS,
)
from kkiri.base.types import EventId, PubKey, UnixTime
from kkiri.chat.rumor import Said
from kkiri.event.record import Record, as_record, decode, encode
from kkiri.ports.talks import Arrived, Message, Outgoing, Taken


class StoredInbox:
    """What arrived, in peer.db."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unknown(self, wraps: Collection[EventId]) -> frozenset[EventId]:
        """Give those that were not taken in yet."""

        def work(db: apsw.Connection) -> frozenset[EventId]:
            known = "SELECT 1 FROM wraps WHERE id = unhex(?)"
            return frozenset(w for w in wraps if db.execute(known, (w,)).get is None)

        return self._database.read(work)

    def take(self, arrived: Sequence[Arrived], now: UnixTime) -> list[Taken]:
        """Keep messages durably in one step, and that their wraps were seen.

        Raises: DiskFullError.
        """
        return self._database.write(lambda db: [_take(db, one, now) for one in arrived])

    def mark(self, name: str) -> UnixTime | None:
        """Give until when something was followed."""
        found = self._database.read(
            lambda db: rows(db, tuple[int], "SELECT at FROM marks WHERE name = ?", (name,))
        )
        return UnixTime(found[0][0]) if found else None

    def put_mark(self, name: str, at: UnixTime) -> None:
        """Note until when something was followed. Raises: DiskFullError."""

        def work(db: apsw.Connection) -> None:
            db.execute(
                "INSERT OR REPLACE INTO marks (name, at) VALUES (?, ?)", (name, at)
            ).fetchall()
            db.execute("DELETE FROM wraps WHERE seen_at < ?", (at - WRAPS_KEPT_SECONDS,)).fetchall()
            db.execute(
                "DELETE FROM wraps WHERE seen_at < (SELECT seen_at FROM wraps"
                " ORDER BY seen_at DESC LIMIT 1 OFFSET ?)",
                (WRAPS_KEPT_MAX,),
            ).fetchall()

        self._database.write(work)


class StoredOutbox:
    """What is to be delivered, in peer.db."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, said: Said, talk: str, wraps: Sequence[tuple[PubKey, Record]], now: UnixTime
    ) -> None:
        """Keep a message of ours and its wraps durably. Raises: DiskFullError."""

        def work(db: apsw.Connection) -> None:
            _put_talk(db, said, talk, accepted=True)
            others = sum(receiver != said.author for receiver, _ in wraps)
            if _put_message(db, said, talk, own=True, waiting=others) is not Taken.NEW:
                return
            for receiver, wrap in wraps:
                own = int(receiver == said.author)
                row = (bytes.fromhex(wrap.id), bytes.fromhex(said.id), bytes.fromhex(receiver))
                db.execute(
                    "INSERT INTO outgoing (wrap, message, receiver, own, body, made_at, taken)"
                    " VALUES (?, ?, ?, ?, ?, ?, '')",
                    (*row, own, encode(wrap), now),
                ).fetchall()
                if own:
                    _note_wrap(db, wrap.id, now)

        self._database.write(work)

    def outgoing(self, limit: int) -> list[Outgoing]:
        """Give wraps that are not settled, oldest first."""
        found = self._database.read(
            lambda db: rows(
                db,
                tuple[bytes, bytes, bytes, int, str],
                "SELECT body, message, receiver, made_at, taken FROM outgoing"
                " WHERE body IS NOT NULL ORDER BY made_at, wrap LIMIT ?",
                (limit,),
            )
        )
        return [
            Outgoing(
                wrap=as_record(decode(body)),
                message=EventId(message.hex()),
                receiver=PubKey(receiver.hex()),
                made_at=UnixTime(made_at),
                taken=tuple(taken.split()),
            )
            for body, message, receiver, made_at, taken in found
        ]

    def mark_taken(self, wrap: EventId, hubs: Sequence[str], *, settled: bool) -> None:
        """Note which hubs have a wrap, and whether that is enough. Raises: DiskFullError."""

        def work(db: apsw.Connection) -> None:
            db.execute(
                "UPDATE outgoing SET taken = ?, body = CASE WHEN ? THEN NULL ELSE body END"
                " WHERE wrap = unhex(?)",
                (" ".join(hubs), int(settled), wrap),
            ).fetchall()
            owner = "SELECT message FROM outgoing WHERE wrap = unhex(?)"
            for (message,) in rows(db, tuple[bytes], owner, (wrap,)):
                _count(db, message)

        self._database.write(work)

    def message(self, message: EventId) -> Message | None:
        """Give one message."""
        asked = f"SELECT {MESSAGE_COLUMNS} FROM messages WHERE id = unhex(?)"
        found = self._database.read(lambda db: rows(db, MessageRow, asked, (message,)))
        return message_of(found[0]) if found else None


def _take(db: apsw.Connection, one: Arrived, now: UnixTime) -> Taken:
    _note_wrap(db, one.wrap, now)
    if one.said is None:
        return Taken.KNOWN
    welcome = one.own or one.known
    if not welcome and not _has_room(db, one.talk):
        return Taken.DROPPED
    _put_talk(db, one.said, one.talk, accepted=welcome)
    return _put_message(db, one.said, one.talk, own=one.own, waiting=0)


def _note_wrap(db: apsw.Connection, wrap: EventId, now: UnixTime) -> None:
    db.execute("INSERT OR REPLACE INTO wraps VALUES (unhex(?), ?)", (wrap, now)).fetchall()


def _has_room(db: apsw.Connection, talk: str) -> bool:
    """Say whether one more message of a stranger fits; the most silent stranger makes room."""
    ((known, accepted),) = rows(
        db, tuple[int, int], "SELECT count(*), coalesce(max(accepted), 0) FROM talks WHERE id = ?",
        (talk,),
    )  # fmt: skip
    if accepted:
        return True
    if known:
        ((said,),) = rows(db, tuple[int], "SELECT count(*) FROM messages WHERE talk = ?", (talk,))
        return said < STRANGER_MESSAGES_MAX
    db.execute(
        "DELETE FROM talks WHERE id IN (SELECT id FROM talks WHERE NOT accepted ORDER BY"
        " (SELECT max(seq) FROM messages WHERE talk = talks.id) DESC LIMIT -1 OFFSET ?)",
        (REQUESTS_MAX - 1,),
    ).fetchall()
    return True


def _put_talk(db: apsw.Connection, said: Said, talk: str, *, accepted: bool) -> None:
    people = b"".join(bytes.fromhex(key) for key in said.people)
    db.execute(
        "INSERT INTO talks (id, people, subject, subject_at, accepted, muted, read_seq)"
        " VALUES (?, ?, '', 0, ?, 0, 0)"
        " ON CONFLICT DO UPDATE SET accepted = max(accepted, excluded.accepted)",
        (talk, people, int(accepted)),
    ).fetchall()
    if said.subject:
        db.execute(
            "UPDATE talks SET subject = ?, subject_at = ? WHERE id = ? AND subject_at <= ?",
            (said.subject, said.at, talk, said.at),
        ).fetchall()


def _put_message(db: apsw.Connection, said: Said, talk: str, *, own: bool, waiting: int) -> Taken:
    answers = None if said.answers is None else bytes.fromhex(said.answers)
    db.execute(
        "INSERT INTO messages (id, talk, author, at, text, answers, own, hubs, waiting)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (id) DO NOTHING",
        (
            bytes.fromhex(said.id),
            talk,
            bytes.fromhex(said.author),
            said.at,
            said.text,
            answers,
            int(own),
            waiting,
        ),
    ).fetchall()
    return Taken.NEW if db.changes() else Taken.KNOWN


def _count(db: apsw.Connection, message: bytes) -> None:
    """Count at how many hubs a message is, for each receiver but this person."""
    wraps = rows(
        db, tuple[str], "SELECT taken FROM outgoing WHERE message = ? AND NOT own", (message,)
    )
    counts = [len(taken.split()) for (taken,) in wraps]
    db.execute(
        "UPDATE messages SET hubs = ?, waiting = ? WHERE id = ?",
        (min(counts, default=0), counts.count(0), message),
    ).fetchall()
