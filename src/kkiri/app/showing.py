"""What the local API says of watching together; times are whole milliseconds."""

from dataclasses import dataclass

from kkiri.flows.talking.together import ShowingView
from kkiri.play.together import Member

KEY_CHARS = 8  # of a member's key: enough to tell 32 people apart


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAnswer:
    """One of those who watch."""

    key: str
    name: str
    me: bool
    waiting: bool
    """Has not enough of the film to go on."""
    place: int | None
    """Where their player is."""
    drift: int | None
    """Their player less where the film should be."""
    trip: int | None
    """How long a note to them and back takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    """One thing that was said."""

    key: str
    """Of the speaker."""
    number: int
    name: str
    mine: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseAnswer:
    """What the film does: at `position` until `moves_from`, and playing from then on."""

    number: int
    """Grows with each act of anybody."""
    by: str
    """Key of who acted last."""
    doing: str
    """`play`, `pause`, `hold` (somebody waits for data)."""
    file: int
    position: int
    moves_from: int | None
    """By the showing's clock; None while it stands."""
    speed: int
    """Percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowingAnswer:
    """One showing that this peer takes part in."""

    id: str
    link: str
    """Whoever has it is in."""
    film: str
    """A link to the film."""
    info_hash: str
    name: str
    """Of the film."""
    clock: int
    """When this was said; only differences mean something."""
    course: CourseAnswer | None
    members: list[MemberAnswer]
    """This person first."""
    lines: list[LineAnswer]
    hubs: int
    """Hubs that carry it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAnswer:
    """The clock that a showing's times are of."""

    clock: int


def showing_answer(view: ShowingView) -> ShowingAnswer:
    """Tell of a showing."""
    me = MemberAnswer(
        key=view.me[:KEY_CHARS],
        name=view.name,
        me=True,
        waiting=view.waiting,
        place=None,
        drift=None,
        trip=None,
    )
    return ShowingAnswer(
        id=view.id,
        link=view.link,
        film=view.film,
        info_hash=view.invite.film,
        name=view.invite.name,
        clock=view.clock,
        course=_course(view),
        members=[me, *(_member(one) for one in view.members)],
        lines=[
            LineAnswer(
                key=line.member[:KEY_CHARS],
                number=line.counter,
                name=view.name if line.member == view.me else view.names.get(line.member, ""),
                mine=line.member == view.me,
                text=line.text,
            )
            for line in view.talk
        ],
        hubs=view.hubs,
    )


def _course(view: ShowingView) -> CourseAnswer | None:
    held = view.course
    if held is None:
        return None
    return CourseAnswer(
        number=held.counter,
        by=held.by[:KEY_CHARS],
        doing=held.doing.value,
        file=held.file,
        position=held.position,
        moves_from=view.moves_from,
        speed=held.speed,
    )


def _member(one: Member) -> MemberAnswer:
    return MemberAnswer(
        key=one.key[:KEY_CHARS],
        name=one.name,
        me=False,
        waiting=one.waiting,
        place=one.place,
        drift=one.drift,
        trip=one.trip,
    )
