"""What a subscription asks for, and whether a record answers it. Source: NIP-01, NIP-50."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kkiri.base.errors import BadMessageError
from kkiri.base.limits import FILTER_VALUES_MAX, KIND_MAX, SEARCH_CHARS_MAX
from kkiri.base.types import EventId, Kind, PubKey, UnixTime
from kkiri.event.record import Event

SearchMatcher = Callable[[str], Callable[[Event], bool]]
"""Read a `search` text once and give the test for records; the topic `search` has the real one."""


def any_search(_text: str) -> Callable[[Event], bool]:
    """Take every record as an answer to every search: for who has no search of its own."""
    return lambda _event: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter; None means that the field was not named, an empty tuple matches nothing."""

    ids: tuple[EventId, ...] | None = None
    authors: tuple[PubKey, ...] | None = None
    kinds: tuple[Kind, ...] | None = None
    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(single letter, accepted values) for each `#x`."""
    since: UnixTime | None = None
    until: UnixTime | None = None
    limit: int | None = None
    search: str | None = None


def matches(wanted: Filter, event: Event) -> bool:
    """Say whether the event answers the filter; `search` and `limit` are not looked at."""
    if wanted.ids is not None and event.id not in wanted.ids:
        return False
    if wanted.authors is not None and event.pubkey not in wanted.authors:
        return False
    if wanted.kinds is not None and event.kind not in wanted.kinds:
        return False
    if wanted.since is not None and event.created_at < wanted.since:
        return False
    if wanted.until is not None and event.created_at > wanted.until:
        return False
    return all(
        any(len(tag) > 1 and tag[0] == letter and tag[1] in values for tag in event.tags)
        for letter, values in wanted.tags
    )


def to_json(wanted: Filter) -> dict[str, object]:
    """Give the filter as the JSON object of NIP-01."""
    plain: dict[str, object] = {
        "ids": wanted.ids,
        "authors": wanted.authors,
        "kinds": wanted.kinds,
        "since": wanted.since,
        "until": wanted.until,
        "limit": wanted.limit,
        "search": wanted.search,
    }
    found = {name: value for name, value in plain.items() if value is not None}
    return found | {f"#{letter}": values for letter, values in wanted.tags}


def from_json(plain: Mapping[str, object]) -> Filter:
    """Read a filter from a decoded JSON object; unknown fields are refused, as they would widen it.

    Raises: BadMessageError.
    """
    known = {"ids", "authors", "kinds", "since", "until", "limit", "search"}
    tags: list[tuple[str, tuple[str, ...]]] = []
    for name, value in plain.items():
        if len(name) == 2 and name[0] == "#" and name[1].isascii() and name[1].isalpha():
            tags.append((name[1], _strings(name, value) or ()))
        elif name not in known:
            raise BadMessageError(f"filter field {name[:20]!r}")
    ids, authors = _strings("ids", plain.get("ids")), _strings("authors", plain.get("authors"))
    since, until = _whole("since", plain.get("since")), _whole("until", plain.get("until"))
    return Filter(
        ids=None if ids is None else tuple(EventId(text) for text in ids),
        authors=None if authors is None else tuple(PubKey(text) for text in authors),
        kinds=_kinds(plain.get("kinds")),
        tags=tuple(tags),
        since=None if since is None else UnixTime(since),
        until=None if until is None else UnixTime(until),
        limit=_whole("limit", plain.get("limit")),
        search=_search(plain.get("search")),
    )


def _strings(name: str, value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > FILTER_VALUES_MAX:
        raise BadMessageError(f"filter field {name}")
    if not all(isinstance(item, str) for item in value):
        raise BadMessageError(f"filter field {name}")
    return tuple(value)


def _kinds(value: object) -> tuple[Kind, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > FILTER_VALUES_MAX:
        raise BadMessageError("filter field kinds")
    kinds: list[Kind] = []
    for item in value:
        if type(item) is not int or not 0 <= item <= KIND_MAX:
            raise BadMessageError("filter field kinds")
        kinds.append(Kind(item))
    return tuple(kinds)


def _whole(name: str, value: object) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= 2**53 - 1:
        raise BadMessageError(f"filter field {name}")
    return value


def _search(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > SEARCH_CHARS_MAX:
        raise BadMessageError("filter field search")
    return value
