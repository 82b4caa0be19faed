"""How many people list a torrent, counted so that a stranger cannot raise it.

Only publishers count whom an anchor (the hub's owner) follows, or whom those follow; keys that a
stranger makes are followed by none of them. Without anchors nobody counts and age decides alone.
"""

from collections.abc import Iterable

from kkiri.adapters.store.database import Database
from kkiri.adapters.store.marks import Marks
from kkiri.base.errors import BadRecordError
from kkiri.base.types import PubKey
from kkiri.event import kinds
from kkiri.event.profile import read_follows
from kkiri.event.record import Event

TRUSTED_MAX = 50_000  # follows of follows of one person; 20 bytes each
FRIENDS_MAX = 2_000  # people whose own follows are read: some 60 ms
LISTED_MAX = 1_000  # listings of one torrent looked at: popularity is capped at about that


class Popularity:
    """Knows who is trusted, and counts."""

    def __init__(self, database: Database, marks: Marks, anchors: Iterable[PubKey]) -> None:
        self._database = database
        self._marks = marks
        self._anchors = frozenset(anchors)
        self._trusted: frozenset[str] = self._anchors

    def learn(self, follows: Iterable[Event]) -> None:
        """Take over what the follow lists of the anchors and of those they follow say."""
        lists = {event.pubkey: _followed(event) for event in follows}
        near = {key for anchor in self._anchors for key in lists.get(anchor, ())}
        far = {key for friend in sorted(near) for key in lists.get(friend, ())}
        room = TRUSTED_MAX - len(self._anchors)
        self._trusted = self._anchors | frozenset([*sorted(near), *sorted(far - near)][:room])

    def followed(self, follows: Iterable[Event]) -> list[PubKey]:
        """Give everybody who is followed by one of the lists, in a settled order."""
        return sorted({key for event in follows for key in _followed(event)})

    def trusts(self, pubkey: PubKey) -> bool:
        """Say whether a publisher counts."""
        return pubkey in self._trusted

    def of(self, event: Event) -> int:
        """Count the trusted people who list the event's torrent, its own author among them."""
        if not self._trusted or event.kind != kinds.LISTING:
            return 0
        found = {event.pubkey} | {self._author(moment) for moment in self.others(event)}
        return len(found & self._trusted)

    def others(self, event: Event) -> list[int]:
        """Give the moments of other listings of the event's torrent."""
        info_hash = event.value("x")
        if info_hash is None:
            return []
        return self._database.ints(
            "SELECT moment FROM tag WHERE mark=? AND kind=? ORDER BY moment DESC LIMIT ?",
            (self._marks.tag("x", info_hash), kinds.LISTING, LISTED_MAX),
        )

    def _author(self, moment: int) -> str:
        rows = self._database.rows(
            "SELECT a.key FROM record r JOIN author a ON a.no=r.author WHERE r.moment=?", (moment,)
        )
        key = rows[0][0] if rows else None
        return key.hex() if isinstance(key, bytes) else ""


def _followed(event: Event) -> list[PubKey]:
    try:
        return [one.pubkey for one in read_follows(event)]
    except BadRecordError:
        return []
