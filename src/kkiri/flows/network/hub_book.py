"""The peer book between memory and disk: what a person named and what has proved its key is kept.

Candidates are not: they would let a flood of addresses grow the file. Bans are, until they end.
"""

from kkiri.base.errors import DiskFullError
from kkiri.base.types import HubUrl
from kkiri.hub.address import Source
from kkiri.hub.book import Entry, PeerBook
from kkiri.ports.state import Book, KnownHub


def restore(book: PeerBook, disk: Book) -> set[HubUrl]:
    """Fill the book from disk; give the addresses that the disk holds."""
    known = disk.hubs()
    for hub in known:
        book.restore(_entry(hub))
    return {hub.url for hub in known}


def save(book: PeerBook, disk: Book, saved: set[HubUrl]) -> None:
    """Write what changed; `saved` is what the disk holds and follows.

    While the disk is full the rest waits for the next time.
    """
    try:
        for url in sorted(book.changed):
            _save_one(book, disk, saved, url)
    except DiskFullError:
        return
    book.changed.clear()


def _save_one(book: PeerBook, disk: Book, saved: set[HubUrl], url: HubUrl) -> None:
    entry = book.entry(url)
    if entry is not None and (entry.named or entry.key is not None):
        disk.put_hub(as_known(entry))
        saved.add(url)
    elif url in saved:
        disk.remove_hub(url)
        saved.discard(url)


def as_known(entry: Entry) -> KnownHub:
    """Give an entry as the disk keeps it."""
    return KnownHub(
        url=entry.url,
        key=entry.key,
        named=entry.named,
        first_seen=entry.first_seen,
        last_good=entry.last_good,
        failures=entry.failures,
        ban=entry.ban,
        banned_until=entry.banned_until,
    )


def _entry(known: KnownHub) -> Entry:
    return Entry(
        url=known.url,
        source=Source.NAMED if known.named else Source.CARD,
        first_seen=known.first_seen,
        key=known.key,
        last_good=known.last_good,
        failures=known.failures,
        ban=known.ban,
        banned_until=known.banned_until,
    )
