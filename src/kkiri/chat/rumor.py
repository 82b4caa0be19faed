"""What is said in private, unsigned, as it stands inside a seal. Source: NIP-17, NIP-59.

A rumor is believed only when the seal around it was signed by its author; its id is recomputed.
"""

from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from kkiri.base.errors import BadRecordError
from kkiri.base.hexes import is_hex32
from kkiri.base.limits import CREATED_AT_AHEAD_SECONDS_MAX
from kkiri.base.types import EventId, Kind, PubKey, UnixTime
from kkiri.event import fields, kinds
from kkiri.event.record import Tag, canonical

OTHERS_MAX = 20  # NIP-17 advises against more than 100; each gets a wrap of its own at each hub
TEXT_CHARS_MAX = 8_000  # 4 bytes each and in JSON this fits NIP-44 twice, seal in wrap
SUBJECT_CHARS_MAX = 80  # one line above a conversation
RUMOR_BYTES_MAX = 40_958  # sealed and wrapped it stays below NIP-44's 65,535 bytes
FILE_TEXT = "📎"  # stands before what another program sends as a file
TALK_ID_CHARS = 32  # 128 bits of a hash: no two sets of people share one


@dataclass(frozen=True, slots=True, kw_only=True)
class Rumor:
    """One private message, checked in form."""

    author: PubKey
    created_at: UnixTime
    kind: Kind
    tags: tuple[Tag, ...] = field(repr=False)
    content: str = field(repr=False)

    @property
    def id(self) -> EventId:
        """Compute the id, as of a record."""
        body = canonical(self.author, self.created_at, self.kind, self.tags, self.content)
        return EventId(sha256(body).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A private message as a person reads it."""

    id: EventId
    author: PubKey
    people: tuple[PubKey, ...]
    """Everybody who got it, the author too; sorted, each once."""
    text: str = field(repr=False)
    at: UnixTime
    subject: str = field(repr=False, default="")
    """What the conversation is about from here on; empty when nothing is said of it."""
    answers: EventId | None = None


class _Plain(msgspec.Struct):
    pubkey: str
    created_at: int
    kind: int
    tags: tuple[tuple[str, ...], ...]
    content: str
    id: str = ""
    sig: str | None = None


def compose(
    author: PubKey,
    to: tuple[PubKey, ...],
    text: str,
    now: UnixTime,
    *,
    subject: str = "",
    answers: EventId | None = None,
) -> Rumor:
    """Make a message; who it is for stands in its tags, the author left out.

    Raises: BadRecordError when it is empty, too long or for too many.
    """
    others = tuple(dict.fromkeys(key for key in to if key != author)) or (author,)
    if not text.strip() or len(text) > TEXT_CHARS_MAX or len(others) > OTHERS_MAX:
        raise BadRecordError("message")
    tags: list[Tag] = [("p", key) for key in others]
    if answers is not None:
        tags.append(("e", answers))
    if subject:
        tags.append(("subject", fields.clean(subject, SUBJECT_CHARS_MAX)))
    return Rumor(
        author=author,
        created_at=now,
        kind=kinds.PRIVATE_TEXT,
        tags=tuple(tags),
        content=text,
    )


def write(rumor: Rumor) -> str:
    """Give the JSON that is sealed.

    Raises: BadRecordError when it would not fit a wrap.
    """
    raw = msgspec.json.encode(
        {
            "id": rumor.id,
            "pubkey": rumor.author,
            "created_at": rumor.created_at,
            "kind": rumor.kind,
            "tags": rumor.tags,
            "content": rumor.content,
        }
    )
    if len(raw) > RUMOR_BYTES_MAX:
        raise BadRecordError("message")
    return raw.decode("utf-8", "surrogatepass")


def read(text: str, sealed_by: PubKey) -> Rumor:
    """Read what a seal held.

    Raises: BadRecordError when it is misshapen, signed, or not by who sealed it.
    """
    try:
        plain = msgspec.json.decode(text.encode("utf-8"), type=_Plain)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadRecordError(str(error)[:200]) from error
    if plain.pubkey != sealed_by:
        raise BadRecordError("rumor and seal are of different people")
    if plain.sig or not 0 <= plain.created_at < 2**53 or not 0 <= plain.kind <= 65_535:
        raise BadRecordError("rumor")
    rumor = Rumor(
        author=sealed_by,
        created_at=UnixTime(plain.created_at),
        kind=Kind(plain.kind),
        tags=plain.tags,
        content=plain.content,
    )
    if plain.id and plain.id != rumor.id:
        raise BadRecordError("id")
    return rumor


def said(rumor: Rumor, now: UnixTime) -> Said | None:
    """Give the message of a rumor; None when it is of another kind.

    A time ahead of ours counts as now: it would stay below all that is said later.

    Raises: BadRecordError when it is for nobody, or for too many.
    """
    if rumor.kind not in {kinds.PRIVATE_TEXT, kinds.PRIVATE_FILE}:
        return None
    named = [tag[1] for tag in rumor.tags if len(tag) > 1 and tag[0] == "p"]
    if not named or len(set(named)) > OTHERS_MAX or not all(is_hex32(key) for key in named):
        raise BadRecordError("receivers")
    subject = next((t[1] for t in rumor.tags if len(t) > 1 and t[0] == "subject"), "")
    answered = next((t[1] for t in rumor.tags if len(t) > 1 and t[0] == "e"), "")
    return Said(
        id=rumor.id,
        author=rumor.author,
        people=tuple(sorted({rumor.author, *(PubKey(key) for key in named)})),
        text=_file_text(rumor) if rumor.kind == kinds.PRIVATE_FILE else _text(rumor.content),
        at=UnixTime(min(rumor.created_at, now)),
        subject=fields.clean(subject, SUBJECT_CHARS_MAX),
        answers=EventId(answered) if is_hex32(answered) else None,
    )


def talk_id(people: tuple[PubKey, ...], me: PubKey) -> str:
    """Name the conversation of some people: the other's key, or a hash when there are several."""
    others = sorted(set(people) - {me})
    if len(others) <= 1:
        return others[0] if others else me
    return sha256("".join(sorted({*people, me})).encode()).hexdigest()[:TALK_ID_CHARS]


def is_too_early(rumor: Rumor, now: UnixTime) -> bool:
    """Say whether its clock is further ahead than clocks may be (SAFETY F7)."""
    return rumor.created_at > now + CREATED_AT_AHEAD_SECONDS_MAX


def _text(content: str) -> str:
    lines = content[: TEXT_CHARS_MAX * 2].splitlines()
    return "\n".join(fields.clean(line, TEXT_CHARS_MAX) for line in lines)[:TEXT_CHARS_MAX].strip()


def _file_text(rumor: Rumor) -> str:
    """Say that a file was sent, and of what type; its address is shown and never fetched."""
    kind = next((t[1] for t in rumor.tags if len(t) > 1 and t[0] == "file-type"), "")
    shown = (FILE_TEXT, fields.clean(kind, 80), fields.clean(rumor.content, 300))
    return " ".join(part for part in shown if part)
