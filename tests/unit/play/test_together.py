"""A showing is a function of the notes that came: order and repeats change nothing."""

from collections.abc import Sequence
from itertools import combinations
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import PubKey
from kkiri.play.note import SPEED_MAX, SPEED_MIN, Course, Doing, Heard, Line, Millis, Note
from kkiri.play.together import (
    ADOPT_MILLIS,
    GONE_MILLIS,
    HOLD_MILLIS_MAX,
    LEAD_MILLIS_MAX,
    LEAD_MILLIS_MIN,
    Received,
    Showing,
    act,
    course,
    here,
    lead_of,
    members,
    moves,
    must_adopt,
    position,
    say,
    sent,
    take,
    write,
)

ME, A, B, C = (PubKey(letter * 64) for letter in "5abc")
NOW = Millis(50_000)

# few values of each, so that equal counters, equal numbers and equal times do meet
COURSES = st.builds(
    Course,
    counter=st.integers(0, 3),
    by=st.sampled_from([ME, A, B, C]),
    doing=st.sampled_from(Doing),
    file=st.integers(0, 1),
    position=st.sampled_from([0, 1_000, 60_000]).map(Millis),
    at=st.integers(48_000, 51_000).map(Millis),
    speed=st.sampled_from([SPEED_MIN, 100, SPEED_MAX]),
    error=st.integers(0, 50).map(Millis),
)
NOTES = st.builds(
    Note,
    number=st.integers(1, 4),
    clock=st.integers(48_000, 50_000).map(Millis),
    name=st.sampled_from(["", "보라", "B"]),
    leaving=st.booleans(),
    waiting=st.booleans(),
    heard=st.dictionaries(
        st.sampled_from([ME, A]),
        st.builds(Heard, number=st.integers(1, 3), at=st.integers(48_000, 50_000).map(Millis)),
    ),
    course=st.none() | COURSES,
    lines=st.lists(
        st.builds(Line, counter=st.integers(0, 4), text=st.sampled_from(["가", "b"])), max_size=3
    ).map(tuple),
)
RECEIVED = st.builds(
    Received,
    member=st.sampled_from([ME, A, B, C]),
    note=NOTES,
    at=st.sampled_from([48_000, 48_001, 50_000]).map(Millis),
)


def begun() -> Showing:
    showing = Showing(me=ME)
    for at in (48_000, 48_500, 49_000):
        note = write(showing, Millis(at), name="me", waiting=False, leaving=False, place=None)
        showing = sent(showing, note)
    return showing


def taken(notes: Sequence[Received], showing: Showing | None = None) -> Showing:
    showing = showing or begun()
    for got in notes:
        showing = take(showing, got)
    return showing


def note_of(
    member: PubKey, number: int, at: int, *, clock: int | None = None, **more: object
) -> Received:
    note = Note(number=number, clock=Millis(at if clock is None else clock), **more)  # type: ignore[arg-type]
    return Received(member=member, note=note, at=Millis(at))


def _one_body_a_number(notes: Sequence[Received]) -> list[Received]:
    """Keep what signatures promise: a member's number names one note, whenever it comes."""
    bodies: dict[tuple[PubKey, int], Note] = {}
    found: list[Received] = []
    for got in notes:
        body = bodies.setdefault((got.member, got.note.number), got.note)
        found.append(Received(member=got.member, note=body, at=got.at))
    return found


@given(st.lists(RECEIVED, max_size=25), st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(drawn: list[Received], chance: Random) -> None:
    notes = _one_body_a_number(drawn)
    again = [*notes, *chance.choices(notes, k=len(notes) // 2)] if notes else []
    chance.shuffle(again)
    one, other = taken(notes), taken(again)
    assert one == other
    assert course(one, NOW) == course(other, NOW)
    assert members(one, NOW) == members(other, NOW)
    assert write(one, NOW, name="", waiting=False, leaving=False, place=None) == write(
        other, NOW, name="", waiting=False, leaving=False, place=None
    )


@given(st.lists(RECEIVED, max_size=12), st.sampled_from(Doing))
def test_who_acts_knowing_of_all_is_followed(drawn: list[Received], doing: Doing) -> None:
    before = taken(_one_body_a_number(drawn))
    acted = act(before, NOW, doing, at_position=Millis(7_000))
    held = course(acted, NOW)
    assert held is not None
    assert (held.by, held.doing, held.position, held.error) == (ME, doing, 7_000, 0)
    assert NOW <= held.at <= NOW + LEAD_MILLIS_MAX


def test_at_the_same_time_the_larger_key_is_followed_everywhere() -> None:
    started = act(Showing(me=ME), Millis(0), Doing.PAUSE)
    first = course(started, Millis(0))
    assert first is not None
    acts = {
        key: Course(
            counter=first.counter + 1,
            by=key,
            doing=Doing.PAUSE,
            file=0,
            position=Millis(place),
            at=Millis(9),
        )
        for key, place in ((A, 1_000), (B, 2_000), (C, 3_000))
    }
    for one, other in combinations(acts, 2):
        notes = [note_of(key, 1, 9, course=acts[key]) for key in (one, other)]
        for order in (notes, notes[::-1]):
            held = course(taken(order, started), Millis(9))
            assert held is not None
            assert held.position == acts[max(one, other)].position


def test_a_film_plays_from_where_and_when_the_course_says() -> None:
    held = Course(
        counter=1, by=A, doing=Doing.PLAY, file=0, position=Millis(5_000), at=Millis(1_000)
    )
    assert [position(held, Millis(at)) for at in (0, 1_000, 1_500)] == [5_000, 5_000, 5_500]
    assert [moves(held, Millis(at)) for at in (999, 1_000)] == [False, True]
    quick = Course(
        counter=1,
        by=A,
        doing=Doing.PLAY,
        file=0,
        position=Millis(5_000),
        at=Millis(1_000),
        speed=150,
    )
    assert position(quick, Millis(3_000)) == 8_000


def test_all_wait_for_one_but_not_for_ever() -> None:
    held = Course(
        counter=1, by=A, doing=Doing.HOLD, file=0, position=Millis(5_000), at=Millis(1_000)
    )
    end = 1_000 + HOLD_MILLIS_MAX
    assert position(held, Millis(end)) == 5_000
    assert not moves(held, Millis(end - 1))
    assert moves(held, Millis(end))
    assert position(held, Millis(end + 2_000)) == 7_000


def test_the_clock_that_is_known_best_is_believed() -> None:
    made = Course(counter=4, by=A, doing=Doing.PLAY, file=0, position=Millis(0), at=Millis(900_000))
    by_b = Course(
        counter=4,
        by=A,
        doing=Doing.PLAY,
        file=0,
        position=Millis(0),
        at=Millis(40_050),
        error=Millis(3),
    )
    showing = begun()
    # A's clock is 860 s ahead and its notes take 2 s; B's is ours, and quick
    slow = note_of(
        A,
        9,
        50_000,
        clock=909_000,
        course=made,
        heard={ME: Heard(number=1, at=Millis(908_100))},
    )
    assert course(taken([slow], showing), NOW) is not None
    quick = note_of(
        B, 9, 49_010, clock=49_005, course=by_b, heard={ME: Heard(number=3, at=Millis(49_004))}
    )
    held = course(taken([slow, quick], showing), NOW)
    assert held is not None
    assert abs(held.at - 40_050) <= 5
    assert held.error < 20


def test_one_who_came_late_is_told_before_clocks_are_known() -> None:
    made = Course(counter=1, by=A, doing=Doing.PLAY, file=2, position=Millis(0), at=Millis(100_000))
    late = taken([note_of(A, 60, 10, clock=160_010, course=made)], Showing(me=ME))
    held = course(late, Millis(10))
    assert held is not None
    assert (position(held, Millis(10)), held.file) == (60_010, 2)


def test_who_is_silent_or_leaves_is_gone() -> None:
    showing = taken([note_of(A, 1, 1_000), note_of(B, 1, 1_000), note_of(C, 1, 900)])
    assert here(showing, Millis(1_000)) == (A, B, C)
    assert here(showing, Millis(1_000 + GONE_MILLIS - 1)) == (A, B)
    showing = take(showing, note_of(A, 2, 1_001, leaving=True))
    assert here(showing, Millis(1_002)) == (B, C)


def test_one_who_is_here_takes_over_from_a_maker_who_is_gone() -> None:
    low = PubKey("1" * 64)
    made = Course(counter=2, by=A, doing=Doing.PLAY, file=0, position=Millis(0), at=Millis(0))
    gone = 1_000 + ADOPT_MILLIS
    maker = note_of(A, 1, 1_000, clock=1_000, course=made)
    showing = taken([maker], Showing(me=ME))
    assert not must_adopt(showing, Millis(gone - 1))
    assert must_adopt(showing, Millis(gone))
    assert must_adopt(take(showing, note_of(B, 1, gone)), Millis(gone)), "B's key is higher"
    assert not must_adopt(take(showing, note_of(low, 1, gone)), Millis(gone)), "it is for another"
    left = take(showing, note_of(A, 2, 1_001, leaving=True, course=made))
    assert must_adopt(left, Millis(1_002))
    took = act(showing, Millis(gone), Doing.PLAY)
    held = course(took, Millis(gone))
    assert held is not None
    assert position(held, Millis(gone)) == gone, "the film did not jump"
    assert moves(held, Millis(gone)), "nor did it stand"


def test_a_film_begins_when_all_have_heard_of_it() -> None:
    showing = begun()
    assert lead_of(showing, NOW) == LEAD_MILLIS_MIN
    far = note_of(A, 3, 49_400, clock=49_200, heard={ME: Heard(number=3, at=Millis(49_200))})
    showing = take(showing, far)
    assert lead_of(showing, Millis(49_500)) == LEAD_MILLIS_MIN + 400
    slower = note_of(B, 3, 49_400, clock=9, heard={ME: Heard(number=1, at=Millis(9))})
    assert lead_of(take(showing, slower), Millis(49_500)) == LEAD_MILLIS_MAX


def test_what_is_said_stands_in_one_order_for_all() -> None:
    one, two = Showing(me=A), Showing(me=B)
    one = say(one, "첫째")
    heard = write(one, Millis(1), name="가", waiting=False, leaving=False, place=None)
    two = say(take(two, Received(member=A, note=heard, at=Millis(5))), "둘째")
    answer = write(two, Millis(6), name="나", waiting=False, leaving=False, place=None)
    one = take(one, Received(member=B, note=answer, at=Millis(9)))
    assert [line.text for line in one.talk] == [line.text for line in two.talk] == ["첫째", "둘째"]
    assert one.names == {B: "나"}


def test_how_far_a_member_is_off_is_seen() -> None:
    made = Course(counter=1, by=ME, doing=Doing.PLAY, file=0, position=Millis(0), at=Millis(40_000))
    showing = act(begun(), Millis(40_000), Doing.PLAY, at_position=Millis(0))
    assert (held := course(showing, NOW)) is not None
    assert held.key == made.key
    skew = 7_000  # A's clock is ahead by so much; its player was 120 ms behind at our 49 000
    behind = note_of(
        A,
        2,
        49_020,
        clock=49_010 + skew,
        place=Millis(position(held, Millis(49_000)) - 120),
        place_at=Millis(49_000 + skew),
        heard={ME: Heard(number=3, at=Millis(49_010 + skew))},
    )
    (seen,) = members(take(showing, behind), Millis(49_030))
    assert seen.drift is not None
    assert abs(seen.drift + 120) <= 1


def test_players_in_a_crowd_of_strangers_are_bounded() -> None:
    crowd = [note_of(PubKey(f"{n:064x}"), 1, n) for n in range(200)]
    assert len(taken(crowd, Showing(me=ME)).latest) == 32
