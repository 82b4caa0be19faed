"""Persons: who they are, whom one follows, names and blocks, who is on.

Names and blocks stay on this machine; following is published (kind 3), and a list made elsewhere
with the same key is kept and added to, never replaced by ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kkiri.base.errors import BadKeyError, NotFoundError, RefusedError
from kkiri.base.hexes import is_hex32
from kkiri.base.limits import FILTER_LIMIT_MAX, FILTER_VALUES_MAX, SEARCH_CHARS_MAX
from kkiri.base.types import EventId, Kind, PubKey, Seconds, UnixTime
from kkiri.event import kinds, nip19, presence
from kkiri.event.filters import Filter
from kkiri.event.profile import Profile, changed_follows
from kkiri.event.record import Record
from kkiri.flows.asking import Gathered, ask_hubs, standing
from kkiri.flows.finds import Found, found_of, torrents_in
from kkiri.flows.naming import Known, known_from, notes_of
from kkiri.flows.publish import publish
from kkiri.flows.world import World
from kkiri.ports.state import PersonNote
from kkiri.trust.petnames import clean_name

PAGES_MAX = 200  # 100,000 records of one person
ASK_SECONDS = Seconds(2.0)  # a person waits for a name no longer than for a search
SAME_NAME_SHOWN_MAX = 5  # keys in the sentence when a name is not one person's


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person as this peer knows them."""

    pubkey: PubKey
    npub: str
    name: str
    """What they are called here."""
    petname: str
    about: str
    followed: bool
    blocked: bool
    on: bool
    listings: int
    """How many torrents they list, up to FILTER_LIMIT_MAX; 0 in a list of persons."""
    looks_like: str = ""
    """A known person's name that this one could be taken for."""


async def person(world: World, who: str) -> PersonView:
    """Show one person.

    Raises: NotFoundError, BadKeyError, RefusedError when the name is not one person's.
    """
    key = await resolve(world, who)
    followed = [note.pubkey for note in notes_of(world).values() if note.followed]
    records = await _records(
        world,
        [
            _profiles([key, *followed]),
            _presences([key]),
            Filter(kinds=(kinds.LISTING,), authors=(key,), limit=FILTER_LIMIT_MAX),
            Filter(kinds=(kinds.DELETION,), authors=(key,), limit=FILTER_LIMIT_MAX),
        ],
    )
    hashes = {record.value("x") for record in records if record.kind == kinds.LISTING}
    return _view(known_from(world, records), key, len(hashes))


async def known(world: World) -> list[PersonView]:
    """Show whom this person follows or has named, and who is on; followed ones first."""
    on = await _records(world, [_presences(None)])
    keys = dict.fromkeys([*notes_of(world), *known_from(world, on).on])
    keys.pop(world.signer.pubkey, None)
    shown = list(keys)[:FILTER_VALUES_MAX]
    records = [*on, *(await _records(world, [_profiles(shown)]) if shown else ())]
    everybody = known_from(world, records)
    views = [_view(everybody, key, 0) for key in shown]
    return sorted(views, key=lambda view: (view.blocked, not view.followed, not view.on, view.name))


async def on_now(world: World) -> Known:
    """Give who is on, where, and what they are called."""
    on = await _records(world, [_presences(None)])
    keys = list(known_from(world, on).on)[:FILTER_VALUES_MAX]
    return known_from(world, [*on, *(await _records(world, [_profiles(keys)]) if keys else ())])


async def who_is_on(world: World) -> list[PubKey]:
    """Give whose peers are on now, this one left out."""
    on = known_from(world, await _records(world, [_presences(None)])).on
    return [key for key in on if key != world.signer.pubkey]


async def library_of(world: World, pubkey: PubKey) -> list[Found]:
    """Give all that a person shares, newest first, however many pages it takes."""
    wanted = Filter(
        kinds=(kinds.LISTING, kinds.DELETION), authors=(pubkey,), limit=FILTER_LIMIT_MAX
    )
    records = standing(await _pages(world, wanted))
    hits = [record for record in records if record.kind == kinds.LISTING]
    persons = await _records(world, [_profiles([pubkey]), _presences([pubkey])])
    everybody = known_from(world, persons)
    groups = torrents_in(hits, frozenset())
    return sorted(
        (found_of(group, everybody) for group in groups),
        key=lambda found: (-found.created_at, found.info_hash),
    )


async def resolve(world: World, who: str) -> PubKey:
    """Read npub, nprofile, hex key, petname, or a name that one person alone has chosen.

    Raises: NotFoundError, BadKeyError, RefusedError when several have chosen the name.
    """
    text = who.strip()
    if is_hex32(text.lower()):
        return PubKey(text.lower())
    if text.lower().removeprefix(nip19.SCHEME).startswith(("npub1", "nprofile1", "nevent1")):
        return _pointed(text)
    wanted = clean_name(text).casefold()
    named = [k for k, note in notes_of(world).items() if note.petname.casefold() == wanted]
    if len(named) == 1:
        return named[0]
    return await _chosen(world, wanted)


async def follow(world: World, who: str, on: bool = True) -> PersonView:
    """Follow a person, or no longer; published.

    Raises: as `resolve`.
    """
    key = await resolve(world, who)
    _note(world, replace(_noted(world, key), followed=on))
    before = await newest_own(world, kinds.FOLLOWS)
    wanted = tuple(note.pubkey for note in notes_of(world).values() if note.followed)
    tags = changed_follows(before.tags if before else (), wanted, () if on else (key,))
    await publish(world, kinds.FOLLOWS, tags, before.content if before else "")
    return await person(world, key)


async def petname(world: World, who: str, name: str) -> PersonView:
    """Give a person a name of one's own, which stays here; an empty one takes it away.

    Raises: as `resolve`; RefusedError when another person has that petname.
    """
    key = await resolve(world, who)
    clean = clean_name(name)
    for note in notes_of(world).values():
        if clean and note.pubkey != key and note.petname.casefold() == clean.casefold():
            raise RefusedError(f"{clean} is already your name for {nip19.npub(note.pubkey)}")
    _note(world, replace(_noted(world, key), petname=clean))
    return await person(world, key)


async def block(world: World, who: str, on: bool = True) -> PersonView:
    """Leave a person out of all that is shown, or no longer; stays here.

    Raises: as `resolve`.
    """
    key = await resolve(world, who)
    _note(world, replace(_noted(world, key), blocked=on))
    return await person(world, key)


def _pointed(text: str) -> PubKey:
    match nip19.decode(text):
        case nip19.ProfilePointer(pubkey=key):
            return key
        case nip19.EventPointer(author=author) if author is not None:
            return author
        case _:
            raise BadKeyError(text[:20])


async def _chosen(world: World, wanted: str) -> PubKey:
    """Find whom a self-chosen name belongs to: whom I follow first, then everybody.

    Raises: NotFoundError, RefusedError.
    """
    if not wanted:
        raise NotFoundError("nobody")
    on = known_from(world, await _records(world, [_presences(None)])).on
    filters = [Filter(kinds=(kinds.PROFILE,), search=wanted[:SEARCH_CHARS_MAX], limit=50)]
    if nearby := [*notes_of(world), *on][:FILTER_VALUES_MAX]:
        filters.append(_profiles(nearby))
    everybody = known_from(world, await _records(world, filters))
    keys = [k for k, p in everybody.profiles.items() if clean_name(p.name).casefold() == wanted]
    followed = [key for key in keys if key in everybody.followed]
    found = followed or [key for key in keys if key not in everybody.blocked]
    if not found:
        raise NotFoundError(wanted)
    if len(found) > 1:
        shown = ", ".join(nip19.npub(key) for key in sorted(found)[:SAME_NAME_SHOWN_MAX])
        raise RefusedError(f"{wanted} is the name of {len(found)} people: {shown}")
    return found[0]


async def persons(world: World, keys: Sequence[PubKey]) -> Known:
    """Give what some people are called here, whoever of them is on marked."""
    wanted = [_profiles(keys), _presences(keys[:FILTER_LIMIT_MAX])] if keys else []
    return known_from(world, await _records(world, wanted) if wanted else ())


async def newest_own(world: World, kind: Kind) -> Record | None:
    """Give this person's own newest record of a replaceable kind, as hubs have it."""
    wanted = Filter(kinds=(kind,), authors=(world.signer.pubkey,), limit=1)
    return next(iter(await _records(world, [wanted])), None)


async def _pages(world: World, wanted: Filter) -> list[Record]:
    """Ask for everything that answers a filter, page by page backwards in time."""
    records: dict[EventId, Record] = {}
    page = wanted
    for _ in range(PAGES_MAX):
        gathered = await _gather(world, [page])
        fresh = gathered.records.keys() - records.keys()
        records |= gathered.records
        if not gathered.partial:
            break
        # no hub has given all down to the newest of these: there the next page begins
        edge = max(gathered.partial.values())
        if not fresh and edge == page.until:
            edge = UnixTime(edge - 1)  # a second with more records than a page: the rest is lost
        page = replace(page, until=edge)
    return list(records.values())


async def _gather(world: World, filters: Sequence[Filter]) -> Gathered:
    return await ask_hubs(world, world.hubs.plan(), lambda _: filters, ASK_SECONDS)


async def _records(world: World, filters: Sequence[Filter]) -> list[Record]:
    return standing((await _gather(world, filters)).records.values())


def _profiles(keys: Sequence[PubKey]) -> Filter:
    authors = tuple(dict.fromkeys(keys))[:FILTER_LIMIT_MAX]
    return Filter(kinds=(kinds.PROFILE,), authors=authors, limit=FILTER_LIMIT_MAX)


def _presences(keys: Sequence[PubKey] | None) -> Filter:
    return Filter(
        kinds=(kinds.PRESENCE,),
        authors=None if keys is None else tuple(keys),
        tags=(("d", (presence.PRESENCE_D,)),),
        limit=FILTER_LIMIT_MAX,
    )


def _noted(world: World, key: PubKey) -> PersonNote:
    return notes_of(world).get(key, PersonNote(pubkey=key))


def _note(world: World, note: PersonNote) -> None:
    world.people.put_note(note)


def _view(everybody: Known, key: PubKey, listings: int) -> PersonView:
    note = everybody.notes.get(key, PersonNote(pubkey=key))
    profile = everybody.profiles.get(key, Profile())
    shown = everybody.shown(key)
    return PersonView(
        pubkey=key,
        npub=nip19.npub(key),
        name=shown.name,
        petname=note.petname,
        about=profile.about,
        followed=note.followed,
        blocked=note.blocked,
        on=key in everybody.on,
        listings=listings,
        looks_like=shown.looks_like,
    )
