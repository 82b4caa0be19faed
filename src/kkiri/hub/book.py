"""The peer book: every hub we heard of, what it proved and how it failed; bounded, no I/O.

A hub is a candidate until it has proved its key. Whoever floods the book with addresses of a few
neighbourhoods gets a few places: no more than CANDIDATES_PER_NEIGHBOURHOOD each, and dials are
drawn by neighbourhood, not by address. Source: DESIGN, PROTOCOLS (finding hubs), SAFETY N2.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from kkiri.base.types import HubUrl, PubKey, Seconds, UnixTime
from kkiri.hub.address import Source, may_dial, neighbourhood

PROVED_MAX = 10_000  # DESIGN: every hub knows all hubs; 10,000 cards are about 2 MB
CANDIDATES_MAX = 1_000  # two full DHT keys of 500; more waits for the next lookup
CANDIDATES_PER_NEIGHBOURHOOD = 8  # a /16 with more real hubs is told of again by their cards
ANCHORS_MAX = 8  # kept and dialled first over restarts; more would make a stale start slow
BACKOFF_SECONDS_FIRST = 1.0  # a hub that restarts is back within seconds
BACKOFF_SECONDS_MAX = 300.0  # a hub that is gone costs one dial in five minutes
FAILURES_OF_A_STRANGER_MAX = 4  # never proved and four times silent: its place is needed
FAILURES_SHIFT_MAX = 16  # keeps 2 ** failures small
BANNED_KEYS_MAX = 1_000  # as many as candidates
BAN_SECONDS = 7 * 86_400  # long enough that lying does not pay, short enough for a repaired bug
STRIKES_MAX = 3  # one broken rule may be a bug of theirs; three are a habit


Draw = Callable[[int], int]
"""Draws from [0, n)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One hub of the book."""

    url: HubUrl
    source: Source
    first_seen: UnixTime
    key: PubKey | None = None
    """The key it proved last; None before that."""
    last_good: UnixTime | None = None
    failures: int = 0
    """In a row."""
    retry_at: Seconds = Seconds(0.0)
    """On the monotonic clock."""
    group: str = ""
    """Its neighbourhood in the public network, itself in a private one; set by the book."""
    strikes: int = 0
    ban: str = ""
    """Why it is banned, for a person to read; empty when it is not."""
    banned_until: UnixTime | None = None

    @property
    def named(self) -> bool:
        """Whether a person named it."""
        return self.source is Source.NAMED


class PeerBook:
    """The book of one peer; time and chance are arguments, `changed` holds what to save."""

    def __init__(self, *, public: bool) -> None:
        self._public = public
        self._entries: dict[HubUrl, Entry] = {}
        self._strangers: dict[str, set[HubUrl]] = {}
        self._banned_keys: set[PubKey] = set()
        self.changed: set[HubUrl] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def entry(self, url: HubUrl) -> Entry | None:
        """Give one."""
        return self._entries.get(url)

    def entries(self) -> list[Entry]:
        """Give all."""
        return list(self._entries.values())

    def restore(self, entry: Entry) -> None:
        """Take an entry from disk; addresses that the rules of today forbid are left out."""
        if may_dial(entry.url, entry.source, public=self._public):
            self._put(replace(entry, group=self._group(entry.url)))
            self.changed.discard(entry.url)
            if entry.ban and entry.key is not None:
                self._ban_key(entry.key)

    def heard(self, url: HubUrl, source: Source, now: UnixTime) -> bool:
        """Take a candidate; False when it may not be dialled or there is no place for it."""
        if not may_dial(url, source, public=self._public):
            return False
        known = self._entries.get(url)
        if known is not None:
            if source is Source.NAMED:
                # naming it again is a person's pardon
                self._pardon(replace(known, source=source, retry_at=Seconds(0)))
            return True
        group = self._group(url)
        if source is not Source.NAMED and not self._make_room(group):
            return False
        self._put(Entry(url=url, source=source, first_seen=now, group=group))
        return True

    def proved(self, url: HubUrl, key: PubKey | None, now: UnixTime) -> bool:
        """Note the key a hub proved (None: a foreign relay); False when that key is banned."""
        known = self._entries.get(url)
        if known is None:
            return False
        if key is not None and key in self._banned_keys and not known.named:
            self._drop(url)
            return False
        self._put(replace(known, key=key, last_good=now))
        return True

    def steady(self, url: HubUrl, now: UnixTime) -> None:
        """Note that a link has stood for a while: its past failures are forgotten."""
        known = self._entries.get(url)
        if known is not None:
            self._put(replace(known, last_good=now, failures=0))

    def failed(self, url: HubUrl, monotonic: Seconds, chance: float) -> None:
        """Note a failure; wait twice as long as before, times 0.5 to 1.5 by `chance` in [0, 1)."""
        known = self._entries.get(url)
        if known is None:
            return
        failures = known.failures + 1
        if _is_stranger(known) and failures >= FAILURES_OF_A_STRANGER_MAX:
            self._drop(url)
            return
        wait = BACKOFF_SECONDS_FIRST * 2.0 ** min(known.failures, FAILURES_SHIFT_MAX)
        retry_at = Seconds(monotonic + min(wait, BACKOFF_SECONDS_MAX) * (0.5 + chance))
        self._put(replace(known, failures=failures, retry_at=retry_at))

    def strike(self, url: HubUrl, why: str, now: UnixTime) -> bool:
        """Note a broken rule; True when that was one too many and the hub is now banned."""
        known = self._entries.get(url)
        if known is None or known.ban:
            return False
        strikes = known.strikes + 1
        ban = why if strikes >= STRIKES_MAX else ""
        if ban and known.key is not None:
            self._ban_key(known.key)
        until = UnixTime(now + BAN_SECONDS) if ban else None
        self._put(replace(known, strikes=strikes, ban=ban, banned_until=until))
        return bool(ban)

    def expire(self, now: UnixTime) -> None:
        """Lift the bans whose time is over."""
        for entry in [e for e in self._entries.values() if e.ban]:
            if entry.banned_until is None or entry.banned_until <= now:
                self._pardon(entry)

    def forget(self, url: HubUrl) -> None:
        """Drop an entry."""
        self._drop(url)

    def anchors(self) -> list[Entry]:
        """Give the hubs to dial first after a restart: proved longest ago and good of late."""
        good = [e for e in self._entries.values() if e.key and not e.ban and e.last_good]
        good.sort(key=lambda e: (e.failures, e.first_seen, e.url))
        return _one_each(good)[:ANCHORS_MAX]

    def due(
        self, monotonic: Seconds, busy: Iterable[Entry], wanted: int, draw: Draw
    ) -> list[Entry]:
        """Choose hubs to dial now: every named one, anchors, then one by one by neighbourhood.

        `busy` are those dialled already, `wanted` how many more that nobody named. In the public
        network none shares a neighbourhood with another, save named ones.
        """
        taken = list(busy)
        urls, keys = {e.url for e in taken}, {e.key for e in taken if e.key}
        free = [
            e
            for e in self._entries.values()
            if e.url not in urls and not e.ban and e.retry_at <= monotonic and e.key not in keys
        ]
        chosen = [e for e in free if e.named]
        used = {e.group for e in (*taken, *chosen)}
        ready = {e.url for e in free}
        anchors = [e for e in self.anchors() if e.url in ready]
        # half the places go to anchors at most, so that a book that was poisoned once heals
        chosen += self._draw(anchors, chosen, used, (wanted + 1) // 2, draw)
        room = wanted - sum(not e.named for e in chosen)
        return chosen + self._draw(free, chosen, used, room, draw)

    def next_due(self, busy: Iterable[HubUrl]) -> Seconds | None:
        """Give when the next entry may be dialled; None when there is none."""
        urls = set(busy)
        times = [e.retry_at for e in self._entries.values() if e.url not in urls and not e.ban]
        return min(times, default=None)

    def _ban_key(self, key: PubKey) -> None:
        if len(self._banned_keys) < BANNED_KEYS_MAX:
            self._banned_keys.add(key)

    def _pardon(self, entry: Entry) -> None:
        if entry.key is not None:
            self._banned_keys.discard(entry.key)
        self._put(replace(entry, strikes=0, ban="", banned_until=None))

    def _draw(
        self, pool: list[Entry], chosen: list[Entry], used: set[str], count: int, draw: Draw
    ) -> list[Entry]:
        names = {e.url for e in chosen}
        left = [e for e in pool if not e.named and e.url not in names]
        found: list[Entry] = []
        while left and len(found) < count:
            groups = sorted({e.group for e in left} - used)
            if not groups:
                break
            group = groups[draw(len(groups))]
            members = [e for e in left if e.group == group]
            best = min((e.key is None, e.failures) for e in members)
            likely = [e for e in members if (e.key is None, e.failures) == best]
            one = likely[draw(len(likely))]
            found.append(one)
            left.remove(one)
            used.add(group)
        return found

    def _group(self, url: HubUrl) -> str:
        return neighbourhood(url) if self._public else url

    def _make_room(self, group: str) -> bool:
        if len(self._strangers.get(group, ())) >= CANDIDATES_PER_NEIGHBOURHOOD:
            return False
        strangers = sum(len(urls) for urls in self._strangers.values())
        if strangers >= CANDIDATES_MAX:
            waiting = [self._entries[url] for urls in self._strangers.values() for url in urls]
            worst = max(waiting, key=lambda e: (e.failures, e.first_seen, e.url))
            if not worst.failures:
                return False
            self._drop(worst.url)
        if len(self._entries) - strangers >= PROVED_MAX:
            old = [e for e in self._entries.values() if not e.named and e.key]
            self._drop(max(old, key=lambda e: (e.failures, -(e.last_good or 0), e.url)).url)
        return True

    def _put(self, entry: Entry) -> None:
        self._entries[entry.url] = entry
        self._count(entry.url, entry.group, stranger=_is_stranger(entry))
        self.changed.add(entry.url)

    def _drop(self, url: HubUrl) -> None:
        gone = self._entries.pop(url, None)
        if gone is not None:
            self._count(url, gone.group, stranger=False)
            self.changed.add(url)

    def _count(self, url: HubUrl, group: str, *, stranger: bool) -> None:
        if stranger:
            self._strangers.setdefault(group, set()).add(url)
        elif group in self._strangers:
            self._strangers[group].discard(url)
            if not self._strangers[group]:
                del self._strangers[group]


def _is_stranger(entry: Entry) -> bool:
    return not entry.named and entry.key is None


def _one_each(entries: list[Entry]) -> list[Entry]:
    """Keep the first of each neighbourhood and of each key."""
    found: list[Entry] = []
    taken: set[str] = set()
    for entry in entries:
        marks = {entry.group, entry.key or entry.url}
        if not marks & taken:
            found.append(entry)
            taken |= marks
    return found
