"""One link's conversation: every cell of the subscription table, AUTH, comparisons."""

from dataclasses import replace
from itertools import product

import msgspec
import pytest

from kkiri.base.types import HubUrl, Kind, SubId, UnixTime
from kkiri.event import wire
from kkiri.event.filters import Filter
from kkiri.event.kinds import AUTH, GIFT_WRAP
from kkiri.event.verify import Signer
from kkiri.hub.conversation import (
    COMPARISONS_MAX,
    SUBSCRIPTIONS_MAX,
    Answer,
    Answered,
    Compare,
    CompareOn,
    Conversation,
    CountUp,
    Effect,
    Forget,
    ForgetComparison,
    Given,
    Keep,
    Stage,
    Strike,
    Tell,
    diagram,
    step,
)
from kkiri.hub.policy import AUTH_SECONDS_MAX, Rules

ANN, BOB = Signer(bytes([1]) * 32), Signer(bytes([2]) * 32)
NOW = UnixTime(1_000_000)
RULES = Rules(owner=None)
URL = HubUrl("ws://127.0.0.1:7777")
START = Conversation(challenge="c" * 32, urls=(URL,))
SUB = SubId("s")
FILTERS = (Filter(kinds=(Kind(1),)),)


def take(
    state: Conversation, *messages: wire.Asked | Answered
) -> tuple[Conversation, list[Effect]]:
    effects: list[Effect] = []
    for message in messages:
        state, new = step(state, message, RULES, NOW)
        effects = list(new)
    return state, effects


ASK = wire.Ask(sub=SUB, filters=FILTERS)
END = Tell(message=wire.EndOfStored(sub=SUB, more=True))
TO_STAGE = {
    Stage.NONE: (),
    Stage.ASKING: (ASK,),
    Stage.LIVE: (ASK, Answered(sub=SUB, turn=1, more=False)),
}


def given(what: Given, turn: int) -> wire.Asked | Answered:
    match what:
        case Given.REQ:
            return ASK
        case Given.CLOSE:
            return wire.Close(sub=SUB)
        case Given.ANSWERED:
            return Answered(sub=SUB, turn=turn, more=True)


def answer(turn: int) -> Answer:
    return Answer(sub=SUB, turn=turn, filters=FILTERS)


CELLS: dict[tuple[Stage, Given], tuple[Stage, list[Effect]]] = {
    (Stage.NONE, Given.REQ): (Stage.ASKING, [answer(1)]),
    (Stage.NONE, Given.CLOSE): (Stage.NONE, []),
    (Stage.NONE, Given.ANSWERED): (Stage.NONE, []),
    (Stage.ASKING, Given.REQ): (Stage.ASKING, [Forget(sub=SUB), answer(2)]),
    (Stage.ASKING, Given.CLOSE): (Stage.NONE, [Forget(sub=SUB)]),
    (Stage.ASKING, Given.ANSWERED): (Stage.LIVE, [END]),
    (Stage.LIVE, Given.REQ): (Stage.ASKING, [Forget(sub=SUB), answer(2)]),
    (Stage.LIVE, Given.CLOSE): (Stage.NONE, [Forget(sub=SUB)]),
    (Stage.LIVE, Given.ANSWERED): (Stage.LIVE, []),
}


@pytest.mark.parametrize(
    "cell", list(product(Stage, Given)), ids=lambda cell: f"{cell[0]}-{cell[1]}"
)
def test_every_cell(cell: tuple[Stage, Given]) -> None:
    stage, what = cell
    before, _ = take(START, *TO_STAGE[stage])
    after, effects = take(before, given(what, turn=1))
    known = after.subscriptions.get(SUB)
    assert (Stage.NONE if known is None else known.stage, effects) == CELLS[cell]


def test_the_end_of_an_older_question_says_nothing() -> None:
    state, effects = take(START, ASK, ASK, Answered(sub=SUB, turn=1, more=False))
    assert effects == [] and state.subscriptions[SUB].stage is Stage.ASKING
    state, effects = take(state, wire.Close(sub=SUB), ASK, Answered(sub=SUB, turn=2, more=False))
    assert effects == [] and state.subscriptions[SUB].stage is Stage.ASKING


def test_subscriptions_are_bounded() -> None:
    asks = [wire.Ask(sub=SubId(str(n)), filters=FILTERS) for n in range(SUBSCRIPTIONS_MAX)]
    state, _ = take(START, *asks)
    state, effects = take(state, wire.Ask(sub=SubId("one more"), filters=FILTERS))
    assert len(state.subscriptions) == SUBSCRIPTIONS_MAX
    assert isinstance(effects[0], Tell) and isinstance(effects[0].message, wire.Closed)
    _, effects = take(state, asks[0])  # the same name again is no new one
    assert isinstance(effects[1], Answer)


def test_diagram_in_the_docs_is_of_the_table(docs_state: str) -> None:
    assert diagram() in docs_state


@pytest.fixture
def docs_state(pytestconfig: pytest.Config) -> str:
    return (pytestconfig.rootpath / "docs/states/subscription.md").read_text("utf-8")


def auth(
    challenge: str = START.challenge,
    url: str = URL,
    kind: int = AUTH,
    at: int = NOW,
    by: Signer = ANN,
) -> wire.Auth:
    tags = (("relay", url), ("challenge", challenge))
    return wire.Auth(event=by.sign(Kind(kind), tags, "", UnixTime(at)))


@pytest.mark.parametrize(
    "message",
    [
        auth(),
        auth(url=URL + "/"),
        auth(url="WS://127.0.0.1:7777".lower()),
        auth(at=NOW - AUTH_SECONDS_MAX),
    ],
)
def test_auth(message: wire.Auth) -> None:
    state, effects = take(START, message)
    assert state.authed == {ANN.pubkey}
    assert effects == [Tell(message=wire.Ok(id=message.event.id, accepted=True, reason=""))]


def forged_auth() -> wire.Auth:
    return wire.Auth(event=msgspec.structs.replace(auth().event, sig="0" * 128))


@pytest.mark.parametrize(
    "message",
    [
        auth(challenge="d" * 32),
        auth(challenge=""),
        auth(url="ws://127.0.0.1:7778"),
        auth(url="ws://evil.example"),
        auth(url=""),
        auth(kind=1),
        auth(at=NOW + AUTH_SECONDS_MAX + 1),
        auth(at=NOW - AUTH_SECONDS_MAX - 1),
        forged_auth(),
    ],
)
def test_bad_auth_is_a_strike(message: wire.Auth) -> None:
    state, (told, strike) = take(START, message)
    assert state == START
    assert isinstance(told, Tell) and isinstance(told.message, wire.Ok)
    assert not told.message.accepted and isinstance(strike, Strike)


def test_two_keys_on_one_link() -> None:
    state, _ = take(START, auth(), auth(by=BOB))
    assert state.authed == {ANN.pubkey, BOB.pubkey}


def test_put() -> None:
    record = ANN.sign(Kind(1), (("-",),), "", NOW)
    _, effects = take(START, wire.Put(event=record))
    assert isinstance(effects[0], Tell) and isinstance(effects[0].message, wire.Ok)
    assert effects[0].message.reason.startswith("auth-required:")
    _, effects = take(START, auth(), wire.Put(event=record))
    assert effects == [Keep(event=record)]


def test_wraps_are_not_counted_or_shown_to_strangers() -> None:
    wraps = (Filter(kinds=(GIFT_WRAP,)),)
    for message in (wire.Ask(sub=SUB, filters=wraps), wire.Count(sub=SUB, filters=wraps)):
        state, effects = take(START, message)
        assert isinstance(effects[-1], Tell) and isinstance(effects[-1].message, wire.Closed)
        assert not state.subscriptions
    _, effects = take(START, auth(), wire.Count(sub=SUB, filters=wraps))
    assert effects == [CountUp(sub=SUB, filters=wraps)]


def test_comparisons() -> None:
    opening = wire.NegOpen(sub=SUB, wanted=Filter(), frame=b"\x61")
    state, effects = take(START, opening)
    assert effects == [Compare(sub=SUB, wanted=Filter(), frame=b"\x61")]
    _, effects = take(state, wire.NegMsg(sub=SUB, frame=b"\x61"))
    assert effects == [CompareOn(sub=SUB, frame=b"\x61")]
    _, effects = take(state, opening)
    assert isinstance(effects[0], ForgetComparison) and isinstance(effects[1], Compare)
    state, effects = take(state, wire.NegClose(sub=SUB))
    assert effects == [ForgetComparison(sub=SUB)] and state == START
    for message in (wire.NegMsg(sub=SUB, frame=b"\x61"),):
        _, effects = take(state, message)
        assert isinstance(effects[0], Tell) and isinstance(effects[0].message, wire.NegErr)
    assert take(state, wire.NegClose(sub=SUB))[1] == []


def test_comparisons_are_bounded() -> None:
    state = replace(START, comparisons=frozenset(SubId(str(n)) for n in range(COMPARISONS_MAX)))
    _, effects = take(state, wire.NegOpen(sub=SUB, wanted=Filter(), frame=b"\x61"))
    assert isinstance(effects[0], Tell) and isinstance(effects[0].message, wire.NegErr)
