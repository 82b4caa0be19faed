"""Records of several hubs turned into finds: one for each torrent, with who stands behind it.

A function of the set of records: order and repeats change nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kkiri.base.errors import BadRecordError
from kkiri.base.types import Bytes, InfoHash, Link, PubKey, UnixTime
from kkiri.event import kinds
from kkiri.event.listing import ListedFile, Listing, MediaFacts, PeerAddress, Sort
from kkiri.event.listing_tags import from_event
from kkiri.event.record import Record
from kkiri.flows.naming import Known
from kkiri.search.cluster import Cluster, clusters
from kkiri.search.query import Query
from kkiri.search.rank import Standing, score, text_score
from kkiri.search.tokens import Searchable
from kkiri.swarm.magnet import LINK_ADDRESSES_MAX, write_link

TRUST_BY_DISTANCE = {0: 1.0, 1: 1.0, 2: 0.5}  # myself, whom I follow, whom they follow


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One torrent that answers a search."""

    link: Link
    title: str
    sort: Sort
    size: Bytes
    info_hash: InfoHash
    author: PubKey
    """Who speaks for it here: the nearest that this person follows, else the fullest listing's."""
    author_name: str
    authors: tuple[PubKey, ...]
    """The independent keys that publish it, `author` first."""
    sources: int
    """How many addresses are known that seed it."""
    on: int
    """How many of its publishers are on now."""
    addresses: tuple[PeerAddress, ...]
    created_at: UnixTime
    facts: MediaFacts
    files: tuple[ListedFile, ...]
    topics: tuple[str, ...]
    description: str
    followed: bool = False
    """Somebody whom this person follows publishes it."""
    looks_like: str = ""
    """A known person's name that the author's could be taken for."""
    near: bool = False
    """It answers only when a typing error is forgiven."""


def torrents_in(records: Iterable[Record], blocked: frozenset[PubKey]) -> list[Cluster]:
    """Group listings by torrent; blocked authors and records that are no listing are left out."""
    listings: list[Listing] = []
    for record in records:
        if record.kind != kinds.LISTING or record.pubkey in blocked:
            continue
        try:
            listings.append(from_event(record))
        except BadRecordError:
            continue
    return clusters(listings)


def found_of(cluster: Cluster, everybody: Known) -> Found:
    """Give the find of one torrent."""
    voices = sorted(cluster.listings, key=lambda one: _voice(one, cluster, everybody))
    best, author = voices[0], _author(voices[0])
    authors = tuple(dict.fromkeys((author, *cluster.authors)))
    addresses = tuple(dict.fromkeys((*_seeding_now(authors, everybody), *cluster.addresses)))
    addresses = addresses[:LINK_ADDRESSES_MAX]
    shown = everybody.shown(author)
    return Found(
        link=write_link(cluster.info_hash, best.title, best.size, addresses),
        title=best.title,
        sort=best.sort,
        size=best.size,
        info_hash=cluster.info_hash,
        author=author,
        author_name=shown.name,
        authors=authors,
        sources=len(addresses),
        on=sum(key in everybody.on for key in authors),
        addresses=addresses,
        created_at=cluster.created_at,
        facts=best.facts,
        files=best.files,
        topics=best.topics,
        description=best.description,
        followed=any(everybody.distances.get(key) == 1 for key in authors),
        looks_like=shown.looks_like,
    )


def ranked(
    records: Sequence[Record], query: Query, everybody: Known, hits: frozenset[str], now: UnixTime
) -> list[Found]:
    """Give the finds of the torrents in `hits`, best first."""
    texts = _text_scores(records, query, hits)
    scored: list[tuple[float, Found]] = []
    for cluster in torrents_in(records, everybody.blocked):
        if cluster.info_hash not in hits:
            continue
        found = found_of(cluster, everybody)
        near = [everybody.distances[key] for key in found.authors if key in everybody.distances]
        standing = Standing(
            text=texts.get(cluster.info_hash, 0.0),
            trust=TRUST_BY_DISTANCE.get(min(near, default=9), 0.0),
            confirmations=len(near),
            seeders=len(_seeding_now(found.authors, everybody)),
            created_at=found.created_at,
        )
        scored.append((score(standing, now), found))
    scored.sort(key=lambda pair: (-pair[0], pair[1].info_hash))
    return [found for _, found in scored]


def _text_scores(records: Iterable[Record], query: Query, hits: frozenset[str]) -> dict[str, float]:
    """Give for each torrent how well the best of its records says what was asked."""
    scores: dict[str, float] = {}
    for record in records:
        info_hash = (record.value("x") or "").lower()
        if record.kind == kinds.LISTING and info_hash in hits:
            text = text_score(query, Searchable(record))
            scores[info_hash] = max(scores.get(info_hash, 0.0), text)
    return scores


def _voice(listing: Listing, cluster: Cluster, everybody: Known) -> tuple[int, bool, int, PubKey]:
    author = _author(listing)
    distance = everybody.distances.get(author, 9)
    return (distance, listing != cluster.best, listing.created_at or 0, author)


def _seeding_now(authors: Iterable[PubKey], everybody: Known) -> tuple[PeerAddress, ...]:
    said = (everybody.on[key].addresses for key in authors if key in everybody.on)
    return tuple(dict.fromkeys(address for addresses in said for address in addresses))


def _author(listing: Listing) -> PubKey:
    return listing.author if listing.author is not None else PubKey("")
