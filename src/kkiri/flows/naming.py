"""What persons are called here: petnames of this machine before names they chose themselves."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from kkiri.base.errors import BadRecordError
from kkiri.base.types import PubKey, UnixTime
from kkiri.event import kinds, presence
from kkiri.event.profile import Profile, read_profile
from kkiri.event.record import Record
from kkiri.flows.world import World
from kkiri.ports.state import PersonNote
from kkiri.trust.follows import distances, follow_sets
from kkiri.trust.petnames import Shapes, Shown, shapes, shown_name

PRESENCE_LIVES_SECONDS_MAX = 86_400 * 3  # clocks wrong by two days (SAFETY F7), and a day's promise

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What this peer knows of persons at a moment."""

    notes: Mapping[PubKey, PersonNote]
    profiles: Mapping[PubKey, Profile]
    on: Mapping[PubKey, presence.Presence]
    """Those whose presence has not expired."""
    distances: Mapping[PubKey, int]
    """Steps of following from this person: 0 is this person."""
    shapes: Shapes
    """What the names of those followed or named look like."""

    def shown(self, key: PubKey) -> Shown:
        """Give a person's name as it is shown."""
        chosen = self.profiles[key].name if key in self.profiles else ""
        petname = self.notes[key].petname if key in self.notes else ""
        return shown_name(key, petname, chosen, self.shapes)

    @property
    def followed(self) -> frozenset[PubKey]:
        """Whom this person follows."""
        return frozenset(key for key, note in self.notes.items() if note.followed)

    @property
    def blocked(self) -> frozenset[PubKey]:
        """Whom this person has blocked."""
        return frozenset(key for key, note in self.notes.items() if note.blocked)


def notes_of(world: World) -> dict[PubKey, PersonNote]:
    """Give this person's own notes by key."""
    return {note.pubkey: note for note in world.people.notes()}


def known_from(world: World, records: Collection[Record]) -> Known:
    """Read profiles and presences out of records, the newest of each author."""
    profiles: dict[PubKey, tuple[Record, Profile]] = {}
    on: dict[PubKey, tuple[Record, presence.Presence]] = {}
    followers = [record for record in records if record.kind == kinds.FOLLOWS]
    for record in records:
        try:
            if record.kind == kinds.PROFILE:
                _newest(profiles, record, read_profile(record))
            elif record.kind == kinds.PRESENCE:
                _newest(on, record, presence.from_event(record))
        except BadRecordError:
            continue
    now, notes = world.clock.now(), notes_of(world)
    chosen = {key: profile for key, (_, profile) in profiles.items()}
    mine = [key for key, note in notes.items() if note.followed]
    return Known(
        notes=notes,
        profiles=chosen,
        shapes=shapes(_known_names(notes, chosen)),
        on={key: said for key, (_, said) in on.items() if is_on(said, now)},
        distances=distances(world.signer.pubkey, mine, follow_sets(followers)),
    )


def _known_names(
    notes: Mapping[PubKey, PersonNote], profiles: Mapping[PubKey, Profile]
) -> dict[PubKey, str]:
    followed = {k: profiles[k].name for k, n in notes.items() if n.followed and k in profiles}
    petnames = {key: note.petname for key, note in notes.items() if note.petname}
    return {key: name for key, name in (followed | petnames).items() if name}


def is_on(said: presence.Presence, now: UnixTime) -> bool:
    """Say whether a presence still holds; one that promises for ever is not believed."""
    return now < said.until <= now + PRESENCE_LIVES_SECONDS_MAX


def _newest(kept: dict[PubKey, tuple[Record, T]], record: Record, value: T) -> None:
    before = kept.get(record.pubkey)
    if before is None or kinds.is_newer(record, before[0]):
        kept[record.pubkey] = (record, value)
