"""What people say about records: comments (1111; 2004 is read too), reports (1984), labels (1985).

Source: NIP-22, NIP-35, NIP-56, NIP-32.
"""

from dataclasses import dataclass
from enum import Enum

from kkiri.base.errors import BadRecordError
from kkiri.base.hexes import is_hex32
from kkiri.base.types import EventId, Kind, PubKey, UnixTime
from kkiri.event import fields, kinds
from kkiri.event.record import Event, Tag

COMMENT_CHARS_MAX = 4_000  # a page of text
LABEL_CHARS_MAX = 64


class Why(Enum):
    """The words of NIP-56."""

    MALWARE = "malware"
    SPAM = "spam"
    ILLEGAL = "illegal"
    IMPERSONATION = "impersonation"
    NUDITY = "nudity"
    PROFANITY = "profanity"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The record that something is about."""

    id: EventId
    kind: Kind
    author: PubKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment below a record, or below another comment below it."""

    text: str
    root: Target
    parent: Target
    author: PubKey | None = None
    """None before it is signed."""
    created_at: UnixTime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A person's warning about a record."""

    about: EventId
    whose: PubKey
    why: Why
    text: str = ""
    author: PubKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A word put on records, in a namespace."""

    namespace: str
    word: str
    about: tuple[EventId, ...]
    author: PubKey | None = None


def comment_tags(comment: Comment) -> tuple[Tag, ...]:
    """Give the tags of a comment; the content is its text."""
    root, parent = comment.root, comment.parent
    return (
        ("E", root.id, "", root.author),
        ("K", str(root.kind)),
        ("P", root.author),
        ("e", parent.id, "", parent.author),
        ("k", str(parent.kind)),
        ("p", parent.author),
    )


def read_comment(event: Event) -> Comment:
    """Read a comment of kind 1111, or 2004 on a listing.

    Raises: BadRecordError.
    """
    if event.kind == kinds.COMMENT:
        root, parent = _target(event, "E", "K", "P"), _target(event, "e", "k", "p")
    elif event.kind == kinds.LISTING_COMMENT:
        root = parent = _old_target(event)
    else:
        raise BadRecordError(f"kind {event.kind}")
    return Comment(
        text=event.content[:COMMENT_CHARS_MAX],
        root=root,
        parent=parent,
        author=event.pubkey,
        created_at=event.created_at,
    )


def report_tags(report: Report) -> tuple[Tag, ...]:
    """Give the tags of a report; the content is its text."""
    return (("e", report.about, report.why.value), ("p", report.whose))


def person_report_tags(whose: PubKey, why: Why) -> tuple[Tag, ...]:
    """Give the tags of a report on a person as such; the content is its text."""
    return (("p", whose, why.value),)


def read_report(event: Event) -> Report:
    """Read a report about a record; an unknown reason counts as OTHER.

    Raises: BadRecordError, also for a report about a person only.
    """
    if event.kind != kinds.REPORT:
        raise BadRecordError(f"kind {event.kind}")
    tag = next((tag for tag in event.tags if len(tag) > 1 and tag[0] == "e"), ("e", ""))
    whose = event.value("p") or ""
    if not is_hex32(tag[1]) or not is_hex32(whose):
        raise BadRecordError("report")
    reasons = {why.value: why for why in Why}
    return Report(
        about=EventId(tag[1]),
        whose=PubKey(whose),
        why=reasons.get(tag[2] if len(tag) > 2 else "", Why.OTHER),
        text=event.content[:COMMENT_CHARS_MAX],
        author=event.pubkey,
    )


def label_tags(label: Label) -> tuple[Tag, ...]:
    """Give the tags of a label; the content is empty."""
    return (
        ("L", label.namespace),
        ("l", label.word, label.namespace),
        *(("e", one) for one in label.about),
    )


def read_label(event: Event) -> Label:
    """Read a label on records; the first word counts.

    Raises: BadRecordError, also when it labels no record.
    """
    if event.kind != kinds.LABEL:
        raise BadRecordError(f"kind {event.kind}")
    tag = next((tag for tag in event.tags if len(tag) > 1 and tag[0] == "l"), ("l", ""))
    word = fields.clean(tag[1], LABEL_CHARS_MAX)
    about = tuple(EventId(one) for one in event.values("e") if is_hex32(one))
    if not word or not about:
        raise BadRecordError("label")
    namespace = tag[2] if len(tag) > 2 else "ugc"
    return Label(
        namespace=fields.clean(namespace, LABEL_CHARS_MAX),
        word=word,
        about=about,
        author=event.pubkey,
    )


def _target(event: Event, e: str, k: str, p: str) -> Target:
    tag = next((tag for tag in event.tags if len(tag) > 1 and tag[0] == e), (e, ""))
    author = event.value(p) or (tag[3] if len(tag) > 3 else "")
    kind = fields.whole(event.value(k), 65_535)
    if not is_hex32(tag[1]) or not is_hex32(author) or kind is None:
        raise BadRecordError("comment")
    return Target(id=EventId(tag[1]), kind=Kind(kind), author=PubKey(author))


def _old_target(event: Event) -> Target:
    """Read kind 2004, which marks its listing as NIP-10 does."""
    tags = [tag for tag in event.tags if len(tag) > 1 and tag[0] == "e"]
    marked = [tag for tag in tags if len(tag) > 3 and tag[3] == "root"]
    tag = (marked or tags or [("e", "")])[0]
    author = event.value("p") or ""
    if not is_hex32(tag[1]) or not is_hex32(author):
        raise BadRecordError("comment")
    return Target(id=EventId(tag[1]), kind=kinds.LISTING, author=PubKey(author))
