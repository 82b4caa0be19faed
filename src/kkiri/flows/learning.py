"""What else there is to know of some listings before a person sees them.

Other parts and other publishers of the same torrents, deletions, names, and who is on.
"""

from collections.abc import Sequence

from kkiri.base.limits import FILTER_LIMIT_MAX, FILTER_VALUES_MAX
from kkiri.base.types import PubKey, Seconds
from kkiri.event import kinds, presence
from kkiri.event.filters import Filter
from kkiri.event.record import Record
from kkiri.flows.asking import Gathered, ask_hubs, standing
from kkiri.flows.world import World

MORE_SECONDS = Seconds(0.7)  # for names, deletions and who is on; what is late comes with a stream
FRIENDS_MAX = 50  # follow lists read for one search: 50 x 30 kB at most


async def learn_more(world: World, hits: Sequence[Record]) -> list[Record]:
    """Ask for what else belongs to some listings and give all of it that stands.

    Other parts and other publishers of the same torrents, deletions, names, and who is on.
    """
    hashes = tuple(dict.fromkeys(record.value("x") or "" for record in hits))[:FILTER_VALUES_MAX]
    same = Filter(kinds=(kinds.LISTING,), tags=(("x", hashes),), limit=FILTER_LIMIT_MAX)
    authors = tuple(dict.fromkeys(record.pubkey for record in hits))
    gathered = await _ask(world, [same, _deletions(hits), *persons(world, authors)])
    records = {record.id: record for record in (*hits, *gathered.records.values())}
    asked = {record.id for record in hits}
    late = [r for r in records.values() if r.kind == kinds.LISTING and r.id not in asked]
    if late:
        others = tuple(dict.fromkeys(r.pubkey for r in late if r.pubkey not in authors))
        again = await _ask(world, [_deletions(late), *persons(world, others)])
        records |= again.records
    return standing(records.values())


async def _ask(world: World, filters: Sequence[Filter]) -> Gathered:
    if not filters:
        return Gathered()
    return await ask_hubs(world, world.hubs.plan(), lambda _: filters, MORE_SECONDS)


def _deletions(records: Sequence[Record]) -> Filter:
    ids = tuple(record.id for record in records)[:FILTER_VALUES_MAX]
    authors = tuple(dict.fromkeys(record.pubkey for record in records))
    return Filter(
        kinds=(kinds.DELETION,), authors=authors, tags=(("e", ids),), limit=FILTER_LIMIT_MAX
    )


def persons(world: World, keys: Sequence[PubKey]) -> list[Filter]:
    """Ask who some authors are, whether they are on, and who of our friends follows them."""
    if not keys:
        return []
    authors = tuple(keys)[:FILTER_LIMIT_MAX]
    d = (("d", (presence.PRESENCE_D,)),)
    wanted = [
        Filter(kinds=(kinds.PROFILE,), authors=authors, limit=FILTER_LIMIT_MAX),
        Filter(kinds=(kinds.PRESENCE,), authors=authors, tags=d, limit=FILTER_LIMIT_MAX),
    ]
    mine = tuple(note.pubkey for note in world.people.notes() if note.followed)
    if mine:
        # only lists that name one of these authors: follow lists are the largest records there are
        named = (("p", authors),)
        friends = mine[:FILTER_VALUES_MAX]
        wanted.append(
            Filter(kinds=(kinds.FOLLOWS,), authors=friends, tags=named, limit=FRIENDS_MAX)
        )
    return wanted
