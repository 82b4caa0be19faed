"""How far a person stands from another in the graph of follows (kind 3): a function of the set."""

from collections.abc import Iterable, Mapping

from kkiri.base.types import PubKey
from kkiri.event import kinds
from kkiri.event.profile import read_follows
from kkiri.event.record import Record

DISTANCE_MAX = 2  # friends of friends; one step further is nearly everybody
PEOPLE_MAX = 50_000  # 300 follows who follow 300 each, half of them twice


def follow_sets(records: Iterable[Record]) -> dict[PubKey, frozenset[PubKey]]:
    """Give each author's newest follow list; order and repeats of the records do not matter."""
    newest: dict[PubKey, Record] = {}
    for record in records:
        if record.kind != kinds.FOLLOWS:
            continue
        known = newest.get(record.pubkey)
        if known is None or kinds.is_newer(record, known):
            newest[record.pubkey] = record
    return {
        author: frozenset(followed.pubkey for followed in read_follows(record))
        for author, record in newest.items()
    }


def distances(
    me: PubKey,
    mine: Iterable[PubKey],
    sets: Mapping[PubKey, frozenset[PubKey]],
    distance_max: int = DISTANCE_MAX,
) -> dict[PubKey, int]:
    """Give the steps from me to everybody within reach: me 0, whom I follow 1, whom they follow 2.

    `mine` is what this peer knows of my follows, and counts before any record.
    """
    found = {me: 0}
    edge = sorted(set(mine) - {me})
    for distance in range(1, distance_max + 1):
        for person in edge[: max(0, PEOPLE_MAX - len(found))]:
            found.setdefault(person, distance)
        reached = {person for one in edge if one in found for person in sets.get(one, ())}
        edge = sorted(reached - found.keys())
    return found
