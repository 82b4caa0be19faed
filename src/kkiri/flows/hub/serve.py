"""Serve the hub: each link's messages become effects, and those become answers.

One task reads a link and one answers its questions, so a slow question holds back only itself.
A link that asks too fast is read more slowly; one that breaks rules is dropped and kept away.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import count as numbers

import msgspec

from kkiri.base.errors import BadMessageError, LinkLostError
from kkiri.base.limits import MESSAGE_BYTES_MAX, SYNC_FRAME_BYTES_MAX
from kkiri.base.types import EventId, Seconds, SubId
from kkiri.event.filters import SearchMatcher
from kkiri.event.record import Event, encode
from kkiri.event.wire import (
    Ask,
    Asked,
    Challenge,
    Closed,
    Count,
    NegClose,
    NegErr,
    NegMsg,
    NegOpen,
    Ok,
    complaint,
    read_asked,
    write_told,
)
from kkiri.flows.hub.answer import Comparisons, count_up, id_of, read_stored
from kkiri.hub.bucket import Bucket, Buckets, Rate, subnet, take
from kkiri.hub.conversation import (
    Answer,
    Answered,
    Compare,
    CompareOn,
    Conversation,
    CountUp,
    Effect,
    Forget,
    ForgetComparison,
    Keep,
    Strike,
    Tell,
    step,
)
from kkiri.hub.policy import Quotas, Rules, may_read
from kkiri.hub.subscriptions import Subscriptions
from kkiri.ports.clock import Chance, Clock
from kkiri.ports.serving import Fate, Intake, Readers, Visitor

log = logging.getLogger(__name__)

# a person's peer asks a few times a second; a library of 2,000 files may come in one burst
LINK_RATE = Rate(per_second=400.0, burst=2_000.0)
SUBNET_RATE = Rate(per_second=1_600.0, burst=8_000.0)  # four busy links of one network
COSTS = {Ask: 2.0, Count: 5.0, NegOpen: 50.0, NegMsg: 5.0}  # all else is 1: mostly EVENT
IN_FLIGHT_MAX = 512  # events of one link before their OK: two writer batches
QUESTIONS_MAX = 128  # of one link waiting their turn: every subscription twice
HELD_MAX = 1_000  # new records of one subscription while its stored ones are read
LINKS_MAX = 1_000  # each costs about 100 kB
SUBNET_LINKS_MAX = 32  # a campus behind one /24 still fits
STRIKES_MAX = 20  # honest programs break a rule now and then, not twenty times on a link
LATE_SECONDS_MAX = 60.0  # a minute of being held back costs one strike
BAN_SECONDS = 600.0  # long enough to make a flood useless, short enough for a shared address
BANS_MAX = 10_000  # about 1 MB; the oldest is dropped
SYNC_MESSAGE_BYTES_MAX = 2 * SYNC_FRAME_BYTES_MAX + 1024  # a frame in hex, and its envelope

_Question = Answer | CountUp | Compare | CompareOn

_FATES = {
    Fate.NEW: (True, ""),
    Fate.PASSED: (True, ""),
    Fate.DUPLICATE: (True, "duplicate: it is here"),
    Fate.OLDER: (True, "duplicate: a newer one is here"),
    Fate.DELETED: (False, "blocked: its author has deleted it"),
    Fate.EXPIRED: (False, "invalid: expired"),
    Fate.FULL: (False, "error: no room"),
    Fate.FORGED: (False, "invalid: id or signature is wrong"),
}


@dataclass(slots=True, eq=False)
class _Link:
    number: int
    visitor: Visitor
    state: Conversation
    bucket: Bucket | None = None
    questions: asyncio.Queue[_Question] = field(
        default_factory=lambda: asyncio.Queue(QUESTIONS_MAX)
    )
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT_MAX))
    held: dict[SubId, list[tuple[EventId, bytes]]] = field(default_factory=dict)
    """New records for subscriptions whose stored ones are still being read."""
    strikes: int = 0
    late_seconds: float = 0.0


class Hub:
    """What all links of one hub share."""

    def __init__(
        self,
        *,
        intake: Intake,
        readers: Readers,
        clock: Clock,
        chance: Chance,
        rules: Rules,
        search: SearchMatcher,
    ) -> None:
        self._intake = intake
        self._readers = readers
        self._clock = clock
        self._chance = chance
        self._rules = rules
        self._subscriptions = Subscriptions(search)
        self._comparisons = Comparisons()
        self._quotas = Quotas()
        self._numbers = numbers(1)
        self._links: dict[int, _Link] = {}
        self._neighbours: Counter[str] = Counter()
        self._buckets: Buckets[str] = Buckets(SUBNET_RATE)
        self._banned: dict[str, Seconds] = {}

    @property
    def links(self) -> int:
        """Give the number of open links."""
        return len(self._links)

    async def serve(self, visitor: Visitor) -> None:
        """Talk with one link until it ends; never raises for what the other side does."""
        place = subnet(visitor.origin.host)
        if (why := self._unwelcome(place)) is not None:
            visitor.drop(why)
            return
        challenge = self._chance.randbytes(16).hex()
        state = Conversation(challenge=challenge, urls=visitor.origin.urls)
        link = _Link(next(self._numbers), visitor, state)
        self._links[link.number] = link
        if place is not None:
            self._neighbours[place] += 1
        try:
            visitor.tell(write_told(Challenge(challenge=challenge)))
            async with asyncio.TaskGroup() as group:
                answering = group.create_task(self._answer(link), name=f"answer {link.number}")
                try:
                    await self._listen(link, place)
                finally:
                    answering.cancel()
        finally:
            self._leave(link, place)

    def costs(self, host: str, cost: float) -> Seconds:
        """Charge an address for something outside a link; give how long it should wait."""
        place = subnet(host)
        if place is None or not self._rules.limited:
            return Seconds(0.0)
        return self._buckets.take(place, cost, self._clock.monotonic())

    async def take_in(self, event: Event) -> Fate:
        """Store an event that came by sync, and pass it on."""
        settled: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()

        def settle(fate: Fate) -> None:
            if fate in {Fate.NEW, Fate.PASSED}:
                self.spread(event)
            if not settled.done():
                settled.set_result(fate)

        self._intake.submit(event, settle)
        return await settled

    def spread(self, event: Event) -> None:
        """Pass a new record on to the subscriptions that it answers."""
        owners = self._subscriptions.interested(event)
        if not owners:
            return
        raw = encode(event)
        for number, sub in owners:
            link = self._links[number]
            if not may_read(event, link.state.authed):
                continue
            message = _found(sub, raw)
            held = link.held.get(sub)
            if held is None:
                link.visitor.tell(message)
            elif len(held) < HELD_MAX:
                held.append((event.id, message))
            else:
                link.visitor.drop("too slow for what it asked for")

    def _unwelcome(self, place: str | None) -> str | None:
        if len(self._links) >= LINKS_MAX:
            return "too many links"
        if place is None:
            return None
        if self._banned.get(place, Seconds(0.0)) > self._clock.monotonic():
            return "come back later"
        if self._neighbours[place] >= SUBNET_LINKS_MAX:
            return "too many links from your network"
        return None

    def _leave(self, link: _Link, place: str | None) -> None:
        del self._links[link.number]
        for sub in link.state.subscriptions:
            self._subscriptions.close((link.number, sub))
        self._comparisons.forget_link(link.number)
        if place is None:
            return
        self._neighbours[place] -= 1
        if self._neighbours[place] <= 0:
            del self._neighbours[place]
        if link.strikes >= STRIKES_MAX:
            self._banned[place] = Seconds(self._clock.monotonic() + BAN_SECONDS)
            if len(self._banned) > BANS_MAX:
                del self._banned[next(iter(self._banned))]

    async def _listen(self, link: _Link, place: str | None) -> None:
        async for raw in link.visitor.messages():
            is_sync = raw.startswith(b'["NEG-')
            bytes_max = SYNC_MESSAGE_BYTES_MAX if is_sync else MESSAGE_BYTES_MAX
            try:
                asked = read_asked(raw, bytes_max=bytes_max)
            except BadMessageError as error:
                link.visitor.tell(write_told(complaint(raw[:bytes_max], error.detail)))
                self._strike(link, error.detail)
                asked = None
            await self._hold_back(link, place, asked)
            if asked is not None:
                await self._take(link, asked)

    async def _hold_back(self, link: _Link, place: str | None, asked: Asked | None) -> None:
        """Wait as long as the link is over its rate; meanwhile TCP holds the other side back."""
        if not self._rules.limited or self._is_owner(link):
            return
        cost = COSTS.get(type(asked), 1.0)
        now = self._clock.monotonic()
        link.bucket, wait = take(link.bucket, LINK_RATE, cost, now)
        if place is not None:
            wait = max(wait, self._buckets.take(place, cost, now))
        if wait <= 0:
            return
        link.late_seconds += wait
        if link.late_seconds >= LATE_SECONDS_MAX:
            link.late_seconds = 0.0
            self._strike(link, "too fast for a minute")
        await asyncio.sleep(wait)

    async def _take(self, link: _Link, asked: Asked) -> None:
        link.state, effects = step(link.state, asked, self._rules, self._clock.now())
        for effect in effects:
            if isinstance(effect, Keep):
                await self._keep(link, effect.event)
            else:
                self._do(link, effect)

    def _do(self, link: _Link, effect: Effect) -> None:
        match effect:
            case Tell(message=message):
                link.visitor.tell(write_told(message))
            case Answer(sub=sub, filters=filters):
                link.held[sub] = []
                self._subscriptions.open((link.number, sub), filters)
                self._line_up(link, effect)
            case Forget(sub=sub):
                link.held.pop(sub, None)
                self._subscriptions.close((link.number, sub))
            case ForgetComparison(sub=sub):
                self._comparisons.forget(link.number, sub)
            case CountUp() | Compare() | CompareOn():
                self._line_up(link, effect)
            case Strike(why=why):
                self._strike(link, why)
            case Keep():
                raise AssertionError("kept by _take")

    def _line_up(self, link: _Link, question: _Question) -> None:
        if not link.questions.full():
            link.questions.put_nowait(question)
            return
        reason = "rate-limited: too many open questions"
        link.visitor.tell(write_told(Closed(sub=question.sub, reason=reason)))

    def _strike(self, link: _Link, why: str) -> None:
        link.strikes += 1
        if link.strikes >= STRIKES_MAX:
            link.visitor.drop("too many broken rules")
        log.debug("strike", extra={"link": link.number, "why": why, "strikes": link.strikes})

    async def _keep(self, link: _Link, event: Event) -> None:
        owned = not self._rules.limited or self._is_owner(link)
        why = None if owned else self._quotas.refusal(event.pubkey, self._clock.monotonic())
        if why is not None:
            link.visitor.tell(write_told(Ok(id=event.id, accepted=False, reason=why)))
            return
        await link.room.acquire()
        self._intake.submit(event, partial(self._settle, link, event, owned))

    def _settle(self, link: _Link, event: Event, owned: bool, fate: Fate) -> None:
        link.room.release()
        accepted, reason = _FATES[fate]
        link.visitor.tell(write_told(Ok(id=event.id, accepted=accepted, reason=reason)))
        if fate is Fate.FORGED:
            self._strike(link, "forged")
        if fate in {Fate.NEW, Fate.PASSED}:
            if not owned:
                self._quotas.count(event.pubkey, self._clock.monotonic())
            self.spread(event)

    async def _answer(self, link: _Link) -> None:
        """Answer one link's questions in their order."""
        try:
            while True:
                question = await link.questions.get()
                match question:
                    case Answer():
                        await self._answer_stored(link, question)
                    case CountUp():
                        counted = await count_up(self._readers, question, self._clock)
                        link.visitor.tell(write_told(counted))
                    case Compare():
                        await self._compare(link, question)
                    case CompareOn():
                        await self._compare(link, question)
        except LinkLostError:
            link.visitor.drop("not reading")

    async def _compare(self, link: _Link, question: Compare | CompareOn) -> None:
        if isinstance(question, Compare):
            told = await self._comparisons.open(self._readers, link.number, question, self._clock)
        else:
            told = await self._comparisons.go_on(link.number, question)
        if isinstance(told, NegErr):
            await self._take(link, NegClose(sub=told.sub))
        await link.visitor.tell_all([write_told(told)])

    async def _answer_stored(self, link: _Link, question: Answer) -> None:
        if not self._is_current(link, question):
            return
        stored = await read_stored(self._readers, question.filters, link.state.authed, self._clock)
        if not self._is_current(link, question):
            return
        await link.visitor.tell_all([_found(question.sub, raw) for raw in stored.records])
        if not self._is_current(link, question):
            return
        answered = Answered(sub=question.sub, turn=question.turn, more=stored.more)
        link.state, effects = step(link.state, answered, self._rules, self._clock.now())
        for effect in effects:
            self._do(link, effect)
        held = link.held.pop(question.sub, [])
        sent = {id_of(raw) for raw in stored.records} if held else set()
        for event_id, message in held:
            if event_id not in sent:
                link.visitor.tell(message)

    def _is_owner(self, link: _Link) -> bool:
        return self._rules.owner is not None and self._rules.owner in link.state.authed

    def _is_current(self, link: _Link, question: Answer) -> bool:
        known = link.state.subscriptions.get(question.sub)
        return known is not None and known.turn == question.turn


def _found(sub: SubId, raw: bytes) -> bytes:
    return b'["EVENT",' + msgspec.json.encode(sub) + b"," + raw + b"]"
