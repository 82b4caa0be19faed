"""One link's conversation with the hub as data: a message in, a new state and effects out.

Source: NIP-01, 42, 45, 67, 77. The table of a subscription's states is `_SUBSCRIPTION`; its
diagram is in docs/states/subscription.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from kkiri.base.errors import BadRecordError
from kkiri.base.types import HubUrl, PubKey, SubId, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.kinds import AUTH
from kkiri.event.record import Event
from kkiri.event.verify import verified
from kkiri.event.wire import (
    Ask,
    Asked,
    Auth,
    Close,
    Closed,
    Count,
    EndOfStored,
    NegClose,
    NegErr,
    NegMsg,
    NegOpen,
    Ok,
    Put,
    Told,
)
from kkiri.hub.info import same_hub
from kkiri.hub.policy import AUTH_SECONDS_MAX, Rules, ask_refusal, refusal

SUBSCRIPTIONS_MAX = 64  # one link; a peer uses one a kept search and a few of its own
COMPARISONS_MAX = 2  # one link; each may hold a million ids
AUTHED_KEYS_MAX = 8  # people with more keys than that open another link


class Stage(Enum):
    """Where a subscription stands."""

    NONE = "none"
    ASKING = "asking"
    """Its stored records are being read; new ones wait."""
    LIVE = "live"


class Given(Enum):
    """What happens to a subscription."""

    REQ = "REQ"
    CLOSE = "CLOSE"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The readers have come to the end of the stored records of a question."""

    sub: SubId
    turn: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Tell the other side."""

    message: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Verify and store, then answer OK."""

    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Read stored records, and pass on new ones from this moment."""

    sub: SubId
    turn: int
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Pass on no more for this subscription."""

    sub: SubId


@dataclass(frozen=True, slots=True, kw_only=True)
class CountUp:
    """Count stored records."""

    sub: SubId
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Start a comparison of sets with its first frame."""

    sub: SubId
    wanted: Filter
    frame: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOn:
    """Answer the next frame of a comparison."""

    sub: SubId
    frame: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetComparison:
    """Drop a comparison's items."""

    sub: SubId


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """The other side broke a rule."""

    why: str


Effect = Tell | Keep | Answer | Forget | CountUp | Compare | CompareOn | ForgetComparison | Strike


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription of a link."""

    stage: Stage
    turn: int
    """Tells the answer to this REQ from that to an earlier one of the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """All that a hub knows of one link between messages."""

    challenge: str
    urls: tuple[HubUrl, ...]
    """Addresses by which the other side may know this hub."""
    authed: frozenset[PubKey] = frozenset()
    subscriptions: Mapping[SubId, Subscription] = field(
        default_factory=lambda: MappingProxyType({})
    )
    comparisons: frozenset[SubId] = frozenset()
    turns: int = 0


Step = tuple[Conversation, tuple[Effect, ...]]

# (stage, given) -> (next stage, forget the old one, read stored records, tell the end of them)
_SUBSCRIPTION: Mapping[tuple[Stage, Given], tuple[Stage, bool, bool, bool]] = {
    (Stage.NONE, Given.REQ): (Stage.ASKING, False, True, False),
    (Stage.NONE, Given.CLOSE): (Stage.NONE, False, False, False),
    (Stage.NONE, Given.ANSWERED): (Stage.NONE, False, False, False),
    (Stage.ASKING, Given.REQ): (Stage.ASKING, True, True, False),
    (Stage.ASKING, Given.CLOSE): (Stage.NONE, True, False, False),
    (Stage.ASKING, Given.ANSWERED): (Stage.LIVE, False, False, True),
    (Stage.LIVE, Given.REQ): (Stage.ASKING, True, True, False),
    (Stage.LIVE, Given.CLOSE): (Stage.NONE, True, False, False),
    (Stage.LIVE, Given.ANSWERED): (Stage.LIVE, False, False, False),
}


def diagram() -> str:
    """Print the table as the Mermaid diagram of docs/states/subscription.md."""
    lines = ["stateDiagram-v2", f"    [*] --> {Stage.NONE.value}"]
    for (stage, given), (after, forget, read, tell) in _SUBSCRIPTION.items():
        words = ("forget", forget), ("read stored", read), ("EOSE", tell)
        does = ", ".join(word for word, done in words if done) or "nothing"
        lines.append(f"    {stage.value} --> {after.value}: {given.value} / {does}")
    return "\n".join(lines)


def step(state: Conversation, given: Asked | Answered, rules: Rules, now: UnixTime) -> Step:
    """Take one message of the other side, or the end of an answer."""
    match given:
        case Put(event=event):
            return state, _put(state, event, rules, now)
        case Ask(sub=sub, filters=filters):
            return _ask(state, sub, filters)
        case Close(sub=sub):
            return _move(state, sub, Given.CLOSE, (), more=False)
        case Answered(sub=sub, turn=turn, more=more):
            known = state.subscriptions.get(sub)
            if known is None or known.turn != turn:
                return state, ()
            return _move(state, sub, Given.ANSWERED, (), more=more)
        case Count(sub=sub, filters=filters):
            why = ask_refusal(filters, state.authed)
            return state, (_closed(sub, why) if why else CountUp(sub=sub, filters=filters),)
        case Auth(event=event):
            return _auth(state, event, now)
        case NegOpen() | NegMsg() | NegClose():
            return _compare(state, given)


def _put(state: Conversation, event: Event, rules: Rules, now: UnixTime) -> tuple[Effect, ...]:
    why = refusal(event, state.authed, rules, now)
    if why is None:
        return (Keep(event=event),)
    return (Tell(message=Ok(id=event.id, accepted=False, reason=why)),)


def _ask(state: Conversation, sub: SubId, filters: tuple[Filter, ...]) -> Step:
    why = ask_refusal(filters, state.authed)
    if sub not in state.subscriptions and len(state.subscriptions) >= SUBSCRIPTIONS_MAX:
        why = "rate-limited: too many subscriptions"
    if why is None:
        return _move(state, sub, Given.REQ, filters, more=False)
    state, effects = _move(state, sub, Given.CLOSE, (), more=False)
    return state, (*effects, _closed(sub, why))


def _move(
    state: Conversation, sub: SubId, given: Given, filters: tuple[Filter, ...], *, more: bool
) -> Step:
    known = state.subscriptions.get(sub, Subscription(stage=Stage.NONE, turn=0))
    stage, forget, read, tell = _SUBSCRIPTION[known.stage, given]
    turn = state.turns + 1 if read else known.turn
    others = {name: one for name, one in state.subscriptions.items() if name != sub}
    if stage is not Stage.NONE:
        others[sub] = Subscription(stage=stage, turn=turn)
    effects: list[Effect] = []
    if forget:
        effects.append(Forget(sub=sub))
    if read:
        effects.append(Answer(sub=sub, turn=turn, filters=filters))
    if tell:
        effects.append(Tell(message=EndOfStored(sub=sub, more=more)))
    subscriptions = MappingProxyType(others)
    turns = max(state.turns, turn)
    return replace(state, subscriptions=subscriptions, turns=turns), tuple(effects)


def _auth(state: Conversation, event: Event, now: UnixTime) -> Step:
    why = _auth_refusal(state, event, now)
    ok = Tell(message=Ok(id=event.id, accepted=why is None, reason=why or ""))
    if why is None:
        return replace(state, authed=state.authed | {event.pubkey}), (ok,)
    return state, (ok, Strike(why=why))


def _auth_refusal(state: Conversation, event: Event, now: UnixTime) -> str | None:
    if event.kind != AUTH or event.value("challenge") != state.challenge:
        return "invalid: not the answer to our challenge"
    if abs(event.created_at - now) > AUTH_SECONDS_MAX:
        return "invalid: created_at is too far from now"
    if not any(same_hub(event.value("relay") or "", url) for url in state.urls):
        return "invalid: signed for another hub"
    if len(state.authed) >= AUTHED_KEYS_MAX:
        return "restricted: too many keys on one link"
    try:
        verified(event)
    except BadRecordError as error:
        return f"invalid: {error.detail}"
    return None


def _compare(state: Conversation, given: NegOpen | NegMsg | NegClose) -> Step:
    known = given.sub in state.comparisons
    match given:
        case NegOpen(sub=sub, wanted=wanted, frame=frame):
            dropped: tuple[Effect, ...] = (ForgetComparison(sub=sub),) if known else ()
            if not known and len(state.comparisons) >= COMPARISONS_MAX:
                reason = "blocked: too many comparisons on one link"
                return state, (Tell(message=NegErr(sub=sub, reason=reason)),)
            opened = replace(state, comparisons=state.comparisons | {sub})
            return opened, (*dropped, Compare(sub=sub, wanted=wanted, frame=frame))
        case NegMsg(sub=sub, frame=frame):
            if known:
                return state, (CompareOn(sub=sub, frame=frame),)
            return state, (Tell(message=NegErr(sub=sub, reason="closed: no such comparison")),)
        case NegClose(sub=sub):
            left = replace(state, comparisons=state.comparisons - {sub})
            return left, (ForgetComparison(sub=sub),) if known else ()


def _closed(sub: SubId, why: str) -> Tell:
    return Tell(message=Closed(sub=sub, reason=why))
