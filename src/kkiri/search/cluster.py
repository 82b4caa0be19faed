"""Many listings of one torrent are one answer: a pure function of the set of listings.

An author counts once, however many records the key signed; the parts of a long listing are joined
first. What most independent authors call it is its title.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kkiri.base.types import InfoHash, PubKey, UnixTime
from kkiri.event.listing import Listing, PeerAddress
from kkiri.event.listing_tags import joined
from kkiri.search.korean import canonical, normalize, pieces

AUTHORS_MAX = 200  # shown and asked for names; more confirm nothing further
ADDRESSES_MAX = 64  # gathered over all authors; a swarm needs no more to begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One torrent, and everybody who lists it."""

    info_hash: InfoHash
    title: str
    best: Listing
    """The fullest listing under that title: most files, then oldest."""
    listings: tuple[Listing, ...]
    """One an author, oldest first."""
    authors: tuple[PubKey, ...]
    addresses: tuple[PeerAddress, ...]
    created_at: UnixTime
    """Of the oldest listing."""


def clusters(listings: Iterable[Listing]) -> list[Cluster]:
    """Group signed listings by info-hash; unsigned ones are left out."""
    groups: dict[InfoHash, dict[PubKey, list[Listing]]] = {}
    for listing in listings:
        if listing.author is not None and listing.created_at is not None:
            by_author = groups.setdefault(listing.info_hash, {})
            by_author.setdefault(listing.author, []).append(listing)
    return [
        _cluster(info_hash, [_of_author(said) for said in by_author.values()])
        for info_hash, by_author in sorted(groups.items())
    ]


def _cluster(info_hash: InfoHash, listings: list[Listing]) -> Cluster:
    ordered = sorted(listings, key=_age)[:AUTHORS_MAX]
    name = _most_supported(ordered)
    agreeing = [listing for listing in ordered if _name_key(listing.title) == name]
    best = max(agreeing, key=lambda listing: (len(listing.files), *(-x for x in _age(listing)[:1])))
    addresses = dict.fromkeys(address for listing in ordered for address in listing.addresses)
    return Cluster(
        info_hash=info_hash,
        title=best.title,
        best=best,
        listings=tuple(ordered),
        authors=tuple(PubKey(listing.author or "") for listing in ordered),
        addresses=tuple(addresses)[:ADDRESSES_MAX],
        created_at=UnixTime(_age(ordered[0])[0]),
    )


def _of_author(said: Sequence[Listing]) -> Listing:
    """Give what one author says now: the parts of the newest, joined, else the newest."""
    newest = max(said, key=lambda listing: (*_age(listing)[:1], -listing.part, repr(listing)))
    if newest.parts == 1:
        return newest
    return joined([listing for listing in said if listing.parts == newest.parts])


def _most_supported(listings: Sequence[Listing]) -> str:
    counts: dict[str, int] = {}
    for listing in listings:
        key = _name_key(listing.title)
        counts[key] = counts.get(key, 0) + 1
    # of equals the one that was there first: dicts keep the order, oldest listing first
    return max(counts, key=lambda key: counts[key])


def _name_key(title: str) -> str:
    return canonical(pieces(normalize(title)))


def _age(listing: Listing) -> tuple[int, str]:
    return (listing.created_at or 0, listing.author or "")
