"""Watching together: what a showing does now, as a function of the notes that came and our clock.

Order and repeats of notes change nothing. There is no host: whoever acts makes a course with a
higher counter, and the highest course is what everybody's player holds to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kkiri.base.types import PubKey
from kkiri.play.clocks import (
    UNKNOWN_ERROR_MILLIS,
    Estimate,
    Sample,
    estimate,
    merged,
    sample,
)
from kkiri.play.note import (
    COUNTER_MAX,
    ERROR_MILLIS_MAX,
    FILM_MILLIS_MAX,
    LINES_MAX,
    MEMBERS_MAX,
    Course,
    Doing,
    Heard,
    Line,
    Millis,
    Note,
)

GONE_MILLIS = 12_000  # three notes and a lost hub's redial: who is silent longer has left
HOLD_MILLIS_MAX = 10_000  # so long all wait for one; then the film goes on without it
SENT_MAX = 64  # of our own notes whose time is kept: two minutes of answers
TALK_MAX = 200  # lines of a showing that are kept: a long evening's last page
LEAD_MILLIS_MIN = 100  # the page hears of a course by its next look
LEAD_MILLIS_MAX = 1_000  # a button that does nothing for longer seems broken
ADOPT_MILLIS = 20_000  # a course whose maker is gone so long is made again by one who is here


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A note as it came."""

    member: PubKey
    note: Note
    at: Millis
    """By our clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member as the others see it; we are one too."""

    key: PubKey
    name: str
    waiting: bool
    place: Millis | None
    """Where its player is now, if it went on since it said so."""
    drift: Millis | None
    """Its player less the course, when it said so."""
    trip: Millis | None
    """How long notes take there and back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line with its speaker."""

    counter: int
    member: PubKey
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What one member knows of the showing; a value."""

    me: PubKey
    latest: Mapping[PubKey, Received] = field(default_factory=dict)
    """The newest note of each member."""
    samples: Mapping[PubKey, tuple[Sample, ...]] = field(default_factory=dict)
    sent: Mapping[int, Millis] = field(default_factory=dict)
    """When our latest notes went out."""
    number: int = 0
    """Of our latest note."""
    own: Course | None = None
    """The latest course that we made ourselves."""
    talk: tuple[Said, ...] = ()
    """Everybody's lines in their order."""
    names: Mapping[PubKey, str] = field(default_factory=dict)
    """Of all who were ever here, for their lines."""


def take(showing: Showing, got: Received) -> Showing:
    """Take a note: of one number the copy that came first counts; our own are passed over."""
    if got.member == showing.me:
        return showing
    known = showing.latest.get(got.member)
    latest = dict(showing.latest)
    if known is None or _rank(got) > _rank(known):
        latest[got.member] = got
    samples = dict(showing.samples)
    if (new := _sample(showing, got)) is not None:
        samples[got.member] = merged(samples.get(got.member, ()), new)
    if len(latest) > MEMBERS_MAX:
        latest = dict(sorted(latest.items(), key=lambda item: (-item[1].at, item[0]))[:MEMBERS_MAX])
        samples = {key: kept for key, kept in samples.items() if key in latest}
    talk = _talk(showing.talk, got.member, got.note.lines)
    speakers = {line.member for line in talk}
    names = {
        key: one.note.name for key, one in latest.items() if one.note.name or key in speakers
    } | {key: name for key, name in showing.names.items() if key not in latest and key in speakers}
    return replace(showing, latest=latest, samples=samples, talk=talk, names=names)


def sent(showing: Showing, note: Note) -> Showing:
    """Note that one of ours went out."""
    times = dict(showing.sent) | {note.number: note.clock}
    kept = {number: times[number] for number in sorted(times)[-SENT_MAX:]}
    return replace(showing, sent=kept, number=note.number)


def say(showing: Showing, text: str) -> Showing:
    """Add a line of our own: after all that we have seen."""
    counter = min(max((line.counter for line in showing.talk), default=0) + 1, COUNTER_MAX)
    line = Line(counter=counter, text=text)
    return replace(showing, talk=_talk(showing.talk, showing.me, (line,)))


def write(
    showing: Showing,
    now: Millis,
    *,
    name: str,
    waiting: bool,
    leaving: bool,
    place: tuple[Millis, Millis] | None,
) -> Note:
    """Make our next note; `place` is where our player was, and when."""
    mine = [line for line in showing.talk if line.member == showing.me][-LINES_MAX:]
    return Note(
        number=showing.number + 1,
        clock=now,
        name=name,
        leaving=leaving,
        waiting=waiting,
        place=None if place is None else place[0],
        place_at=Millis(0) if place is None else place[1],
        heard={
            key: Heard(number=one.note.number, at=one.at)
            for key, one in showing.latest.items()
            if _is_here(one, now)
        },
        course=course(showing, now),
        lines=tuple(Line(counter=line.counter, text=line.text) for line in mine),
    )


def course(showing: Showing, now: Millis) -> Course | None:
    """Give the course that holds, by our own clock; None while nobody has made one.

    Of several that tell it, the one whose clock is known best is believed.
    """
    told = [
        (_distance(showing, member, got, now), member, got.note.course)
        for member, got in showing.latest.items()
        if got.note.course is not None
    ]
    highest = max((one.key for _, _, one in told), default=None)
    if showing.own is not None and (highest is None or showing.own.key >= highest):
        return showing.own
    nearest = min(
        (one for one in told if one[2].key == highest),
        key=lambda one: (one[0].error + one[2].error, one[1]),
        default=None,
    )
    if nearest is None:
        return None
    distance, _, said = nearest
    return _by_our_clock(said, distance)


def _by_our_clock(said: Course, distance: Estimate) -> Course:
    """Give another's course by our own clock."""
    return Course(
        counter=said.counter,
        by=said.by,
        doing=said.doing,
        file=said.file,
        position=said.position,
        at=Millis(said.at - distance.offset),
        speed=said.speed,
        error=Millis(min(said.error + distance.error, ERROR_MILLIS_MAX)),
    )


def moves_from(held: Course) -> Millis | None:
    """Give since when or from when on the film plays; None while it stands."""
    match held.doing:
        case Doing.PAUSE:
            return None
        case Doing.PLAY:
            return held.at
        case Doing.HOLD:
            return Millis(held.at + HOLD_MILLIS_MAX)


def moves(held: Course, now: Millis) -> bool:
    """Say whether the film should be playing."""
    begins = moves_from(held)
    return begins is not None and now >= begins


def position(held: Course, now: Millis) -> Millis:
    """Give where the film should be."""
    begins = moves_from(held)
    if begins is None or now <= begins:
        return held.position
    gone = (now - begins) * held.speed // 100
    return Millis(min(held.position + gone, FILM_MILLIS_MAX))


def act(
    showing: Showing,
    now: Millis,
    doing: Doing,
    *,
    at_position: Millis | None = None,
    file: int | None = None,
    speed: int | None = None,
) -> Showing:
    """Make the next course: everybody follows it, unless another acts later or at the same time.

    What is not named stays as it is. A film that begins to play begins a moment later, so that
    all begin together.
    """
    held = course(showing, now)
    counter = 0 if held is None else held.counter
    before = Millis(0) if held is None else position(held, now)
    goes_on = held is not None and moves(held, now) and at_position is None
    lead = lead_of(showing, now) if doing is Doing.PLAY and not goes_on else Millis(0)
    made = Course(
        counter=min(counter + 1, COUNTER_MAX),
        by=showing.me,
        doing=doing,
        file=(0 if held is None else held.file) if file is None else file,
        position=before if at_position is None else at_position,
        at=Millis(now + lead),
        speed=(100 if held is None else held.speed) if speed is None else speed,
    )
    return replace(showing, own=made)


def lead_of(showing: Showing, now: Millis) -> Millis:
    """Give how long a course needs to be everywhere, as far as we know."""
    trips = [
        samples[0].trip
        for key, got in showing.latest.items()
        if _is_here(got, now) and (samples := _quickest(showing, key))
    ]
    return Millis(min(LEAD_MILLIS_MIN + max(trips, default=0), LEAD_MILLIS_MAX))


def must_adopt(showing: Showing, now: Millis) -> bool:
    """Say whether we should make the course again, as who made it has gone.

    Clocks part slowly: a course must hang on the clock of one who is here. Of those who are, the
    one with the lowest key does it.
    """
    held = course(showing, now)
    if held is None or held.by == showing.me or held.doing is Doing.PAUSE:
        return False
    maker = showing.latest.get(held.by)
    if maker is not None and now - maker.at < ADOPT_MILLIS and not maker.note.leaving:
        return False
    others = [key for key, got in showing.latest.items() if _is_here(got, now)]
    return all(showing.me < key for key in others)


def here(showing: Showing, now: Millis) -> tuple[PubKey, ...]:
    """Give the other members who are here."""
    return tuple(sorted(key for key, got in showing.latest.items() if _is_here(got, now)))


def members(showing: Showing, now: Millis) -> list[Member]:
    """Give the other members who are here, as a person sees them."""
    held = course(showing, now)
    found: list[Member] = []
    for key in here(showing, now):
        note = showing.latest[key].note
        known = estimate(showing.samples.get(key, ()), now)
        place, drift = note.place, None
        if held is not None and known is not None and place is not None:
            then = Millis(note.place_at - known.offset)
            drift = Millis(place - position(held, then))
            place = Millis(max(0, position(held, now) + drift))
        quickest = _quickest(showing, key)
        found.append(
            Member(
                key=key,
                name=note.name,
                waiting=note.waiting,
                place=place,
                drift=drift,
                trip=quickest[0].trip if quickest else None,
            )
        )
    return found


def _rank(got: Received) -> tuple[int, int]:
    return (got.note.number, -got.at)


def _is_here(got: Received, now: Millis) -> bool:
    return not got.note.leaving and now - got.at < GONE_MILLIS


def _sample(showing: Showing, got: Received) -> Sample | None:
    heard = got.note.heard.get(showing.me)
    ours = None if heard is None else showing.sent.get(heard.number)
    if heard is None or ours is None:
        return None
    return sample(
        number=got.note.number,
        ours_sent=ours,
        theirs_got=heard.at,
        theirs_sent=got.note.clock,
        ours_got=got.at,
    )


def _quickest(showing: Showing, key: PubKey) -> list[Sample]:
    return sorted(showing.samples.get(key, ()), key=lambda one: (one.trip, one.number))[:1]


def _distance(showing: Showing, member: PubKey, got: Received, now: Millis) -> Estimate:
    known = estimate(showing.samples.get(member, ()), now)
    if known is not None:
        return known
    return Estimate(offset=Millis(got.note.clock - got.at), error=UNKNOWN_ERROR_MILLIS)


def _talk(before: tuple[Said, ...], member: PubKey, lines: tuple[Line, ...]) -> tuple[Said, ...]:
    known = {(line.counter, line.member): line for line in before}
    for line in lines:
        said = Said(counter=line.counter, member=member, text=line.text)
        other = known.get((line.counter, member))
        if other is None or said.text < other.text:
            known[line.counter, member] = said
    return tuple(known[key] for key in sorted(known)[-TALK_MAX:])
