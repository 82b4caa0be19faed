"""A text that somebody published under their name (kind 30023), read with a bound on every field.

Markdown stays as it was written: it is shown as text, never rendered. Source: NIP-23.
"""

from dataclasses import dataclass

from kkiri.base.errors import BadRecordError
from kkiri.base.types import UnixTime
from kkiri.event import fields, kinds
from kkiri.event.goods import SUMMARY_CHARS_MAX, published_at, title_of
from kkiri.event.record import Event

WRITING_CHARS_MAX = 120_000  # what the largest record can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """One text."""

    title: str
    summary: str
    text: str
    published_at: UnixTime


def read_writing(event: Event) -> Writing:
    """Read a text. Raises: BadRecordError when it is not kind 30023 or has no title."""
    if event.kind != kinds.WRITING:
        raise BadRecordError(f"kind {event.kind}")
    return Writing(
        title=title_of(event),
        summary=fields.clean(event.value("summary") or "", SUMMARY_CHARS_MAX),
        text=fields.clean_text(event.content, WRITING_CHARS_MAX),
        published_at=published_at(event),
    )
