"""Open subscriptions, found by what a record has: a new record does not scan them all.

Each filter stands under the values of one of its fields, the most selective one it names.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from kkiri.base.types import SubId
from kkiri.event.filters import Filter, SearchMatcher, matches
from kkiri.event.record import Event

Owner = tuple[int, SubId]
"""A link's number, and the subscription's name on it."""
_Place = tuple[str, Hashable]
_ALL: _Place = ("", "")


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    owner: Owner
    wanted: Filter
    test: Callable[[Event], bool] | None


class Subscriptions:
    """The open subscriptions of all links of one hub."""

    def __init__(self, search: SearchMatcher) -> None:
        self._search = search
        self._entries: dict[_Place, set[_Entry]] = {}
        self._owned: dict[Owner, list[tuple[_Entry, list[_Place]]]] = {}

    def __len__(self) -> int:
        return len(self._owned)

    def open(self, owner: Owner, filters: Sequence[Filter]) -> None:
        """Add a subscription, in place of one of the same owner."""
        self.close(owner)
        owned: list[tuple[_Entry, list[_Place]]] = []
        for wanted in filters:
            test = None if wanted.search is None else self._search(wanted.search)
            entry = _Entry(owner, wanted, test)
            places = _places(wanted)
            for place in places:
                self._entries.setdefault(place, set()).add(entry)
            owned.append((entry, places))
        self._owned[owner] = owned

    def close(self, owner: Owner) -> None:
        """Remove a subscription; nothing happens when there is none."""
        for entry, places in self._owned.pop(owner, []):
            for place in places:
                entries = self._entries[place]
                entries.discard(entry)
                if not entries:
                    del self._entries[place]

    def interested(self, event: Event) -> set[Owner]:
        """Give the owners of whom at least one filter the event answers."""
        owners: set[Owner] = set()
        for place in _places_of(event):
            for entry in self._entries.get(place, ()):
                if entry.owner in owners or not matches(entry.wanted, event):
                    continue
                if entry.test is None or entry.test(event):
                    owners.add(entry.owner)
        return owners


def _places(wanted: Filter) -> list[_Place]:
    if wanted.ids is not None:
        return [("id", value) for value in set(wanted.ids)]
    if wanted.tags:
        letter, values = min(wanted.tags, key=lambda tag: len(tag[1]))
        return [(f"#{letter}", value) for value in set(values)]
    if wanted.authors is not None:
        return [("author", value) for value in set(wanted.authors)]
    if wanted.kinds is not None:
        return [("kind", value) for value in set(wanted.kinds)]
    return [_ALL]


def _places_of(event: Event) -> Iterator[_Place]:
    yield ("id", event.id)
    yield ("author", event.pubkey)
    yield ("kind", event.kind)
    yield from {(f"#{tag[0]}", tag[1]) for tag in event.tags if len(tag) > 1 and len(tag[0]) == 1}
    yield _ALL
