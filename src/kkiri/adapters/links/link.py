"""One link to a hub: what the hub sends is re-checked before anybody sees it.

Each event: asked for by a filter and within its limit, id recomputed, seen before, signature.
Source: NIP-01, 42, 67, 77.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from kkiri.adapters.links.asking import Comparison, Follower, Question, Waiting, Wanted
from kkiri.base.errors import BadMessageError, BadRecordError, HubRefusedError, LinkLostError
from kkiri.base.limits import CREATED_AT_AHEAD_SECONDS_MAX, SYNC_FRAME_BYTES_MAX
from kkiri.base.types import EventId, HubUrl, Seconds, SubId, UnixTime
from kkiri.event.filters import Filter, SearchMatcher
from kkiri.event.kinds import AUTH
from kkiri.event.record import Event, Record
from kkiri.event.verify import Signer, Verified
from kkiri.event.wire import (
    Ask,
    Asked,
    Auth,
    Challenge,
    Close,
    Closed,
    Counted,
    EndOfStored,
    Found,
    NegClose,
    NegErr,
    NegMsg,
    NegOpen,
    Notice,
    Ok,
    Put,
    Told,
    read_told,
    write_asked,
)
from kkiri.hub.negentropy import initiate, items_of, reconcile
from kkiri.ports.clock import Chance, Clock
from kkiri.ports.links import Answer, Difference, ignore

FRAME_BYTES_MAX = 2 * SYNC_FRAME_BYTES_MAX + 1024  # a sync frame in hex, and its envelope
WINDOW = 256  # records sent whose OK has not come: one hub transaction, and below its own limit
INLINE_RECORDS_MAX = 32  # 32 signatures are under 2 ms; more go to a thread
LOST = "error: the link was lost"
ROUNDS_MAX = 200  # 500 kB each: 100 MB; a comparison that needs more does not converge


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all links of one peer share."""

    signer: Signer
    clock: Clock
    chance: Chance
    search: SearchMatcher
    verified: Verified


class WebsocketLink:
    """One open link; it ends when its context ends or the hub goes."""

    def __init__(self, url: HubUrl, connection: ClientConnection, means: Means) -> None:
        self._url = url
        self._connection = connection
        self._signer = means.signer
        self._clock = means.clock
        self._chance = means.chance
        self._search = means.search
        self._verified = means.verified
        self._open: dict[SubId, Question | Follower] = {}
        self._comparing: dict[SubId, Comparison] = {}
        self._waiting: dict[EventId, list[Waiting]] = {}
        self._names = 0
        self._gone = asyncio.Event()
        self._authed = asyncio.Event()
        self._challenged = False

    @property
    def url(self) -> HubUrl:
        """Give the hub's address."""
        return self._url

    async def ask(self, filters: Sequence[Filter], wait_seconds: Seconds) -> Answer:
        """Ask for stored records and wait for the end of them."""
        question = await self._ask_once(filters, wait_seconds)
        if self._must_auth(question):
            await self._wait_authed(wait_seconds)
            question = await self._ask_once(filters, wait_seconds)
        ended = _ended(question)
        if isinstance(ended, Closed) and not question.events:
            raise HubRefusedError(ended.reason[:200])
        records, forged = await self._check(question.events)
        seen = len(question.events) + question.refused
        complete = isinstance(ended, EndOfStored) and (
            ended.more is False or (ended.more is None and seen < question.wanted.page)
        )
        return Answer(records=tuple(records), complete=complete, refused=question.refused + forged)

    async def follow(
        self, filters: Sequence[Filter], refused: Callable[[int], None] = ignore
    ) -> AsyncIterator[Record]:
        """Follow stored and new records until the iterator is closed."""
        follower = Follower(Wanted(filters, self._search), asyncio.Queue(), refused)
        sub = self._name()
        self._open[sub] = follower
        try:
            await self._tell(Ask(sub=sub, filters=tuple(filters)))
            while True:
                batch, end = await _take(follower)
                records, forged = await self._check(batch)
                if forged:
                    refused(forged)
                for record in records:
                    yield record
                if isinstance(end, Closed):
                    raise HubRefusedError(end.reason[:200])
                if end is not None:
                    raise end
        finally:
            self._open.pop(sub, None)
            self._tell_soon(Close(sub=sub))

    async def publish(self, records: Sequence[Record], wait_seconds: Seconds) -> list[Ok]:
        """Hand records over, at most a window ahead of their OKs; `wait_seconds` is for each.

        A link that is lost on the way still gives the OKs that came.
        """
        if self._gone.is_set():
            raise LinkLostError(self._url)
        answers: list[Ok] = []
        waiting: list[tuple[Record, Waiting]] = []
        for record in records:
            waiting.append((record, await self._put(record)))
            if len(waiting) >= WINDOW:
                answers.append(await self._ok(*waiting.pop(0), wait_seconds))
        for record, one in waiting:
            answers.append(await self._ok(record, one, wait_seconds))
        return answers

    async def compare(
        self, wanted: Filter, items: Sequence[tuple[UnixTime, EventId]], wait_seconds: Seconds
    ) -> Difference:
        """Compare what we have of a filter with what the hub has."""
        ours = await asyncio.to_thread(
            lambda: items_of((at, bytes.fromhex(event_id)) for at, event_id in items)
        )
        have: set[bytes] = set()
        need: set[bytes] = set()
        sub = self._name()
        frame: bytes | None = await asyncio.to_thread(initiate, ours, SYNC_FRAME_BYTES_MAX)
        try:
            for turn in range(ROUNDS_MAX):
                if frame is None:
                    break
                opening = NegOpen(sub=sub, wanted=wanted, frame=frame)
                answer = await self._round(
                    sub, NegMsg(sub=sub, frame=frame) if turn else opening, wait_seconds
                )
                found = await asyncio.to_thread(reconcile, ours, answer, SYNC_FRAME_BYTES_MAX)
                have.update(found.have)
                need.update(found.need)
                frame = found.frame
            else:
                raise HubRefusedError("the comparison does not end")
        except BadMessageError as error:
            raise HubRefusedError(error.detail) from error
        finally:
            self._comparing.pop(sub, None)
            self._tell_soon(NegClose(sub=sub))
        return Difference(
            have=frozenset(EventId(one.hex()) for one in have),
            need=frozenset(EventId(one.hex()) for one in need),
        )

    async def closed(self) -> None:
        """Wait until the link is lost."""
        await self._gone.wait()

    async def listen(self) -> None:
        """Read what the hub tells until the link is lost; never raises for what a hub does."""
        try:
            async for raw in self._connection:
                try:
                    self._take(read_told(raw, bytes_max=FRAME_BYTES_MAX))
                except BadMessageError:
                    continue  # a word of a later NIP: NIP-01 says to go on
        except ConnectionClosed:
            pass
        finally:
            self._lose()

    def _take(self, told: Told) -> None:
        match told:
            case Found(sub=sub, event=event):
                if (opened := self._open.get(sub)) is not None:
                    opened.give(event)
            case EndOfStored(sub=sub) | Closed(sub=sub):
                self._end(sub, told)
            case Ok():
                self._settle(told)
            case Challenge(challenge=challenge):
                self._answer_challenge(challenge)
            case NegMsg(sub=sub) | NegErr(sub=sub):
                comparing = self._comparing.get(sub)
                if comparing is not None and not comparing.answer.done():
                    comparing.answer.set_result(told)
            case Notice() | Counted():
                pass

    def _end(self, sub: SubId, told: EndOfStored | Closed) -> None:
        match self._open.get(sub):
            case Question(end=end):
                if not end.done():
                    end.set_result(told)
            case Follower() as follower:
                if isinstance(told, Closed):
                    follower.end(told)
                follower.stored = False
            case None:
                pass

    def _settle(self, ok: Ok) -> None:
        for one in self._waiting.pop(ok.id, []):
            if not one.ok.done():
                one.ok.set_result(ok)

    def _answer_challenge(self, challenge: str) -> None:
        tags = (("relay", self._url), ("challenge", challenge[:256]))
        now, aux = self._clock.now(), self._chance.randbytes(32)
        proof = self._signer.sign(AUTH, tags, "", now, aux)
        self._challenged = True
        one = Waiting()
        one.ok.add_done_callback(self._note_authed)
        self._waiting[proof.id] = [one]
        self._tell_soon(Auth(event=proof))

    def _note_authed(self, ok: asyncio.Future[Ok]) -> None:
        if not ok.cancelled() and ok.result().accepted:
            self._authed.set()

    def _must_auth(self, question: Question) -> bool:
        ended = _ended(question)
        return (
            isinstance(ended, Closed)
            and ended.reason.startswith("auth-required")
            and self._challenged
        )

    async def _wait_authed(self, wait_seconds: Seconds) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_seconds):
                await self._authed.wait()

    async def _ask_once(self, filters: Sequence[Filter], wait_seconds: Seconds) -> Question:
        question = Question(Wanted(filters, self._search))
        sub = self._name()
        self._open[sub] = question
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    await self._tell(Ask(sub=sub, filters=tuple(filters)))
                    await asyncio.wait({question.end})
        finally:
            self._open.pop(sub, None)
            if not isinstance(_ended(question), Closed):
                self._tell_soon(Close(sub=sub))
        if self._gone.is_set() and not question.events and _ended(question) is None:
            raise LinkLostError(self._url)
        return question

    async def _round(self, sub: SubId, message: Asked, wait_seconds: Seconds) -> bytes:
        comparison = Comparison()
        self._comparing[sub] = comparison
        try:
            async with asyncio.timeout(wait_seconds):
                await self._tell(message)
                answer = await comparison.answer
        except TimeoutError as error:
            raise HubRefusedError("no answer to a comparison") from error
        if isinstance(answer, NegErr):
            raise HubRefusedError(answer.reason[:200])
        return answer.frame

    async def _put(self, record: Record) -> Waiting:
        one = Waiting()
        self._waiting.setdefault(record.id, []).append(one)
        try:
            await self._tell(Put(event=record))
        except LinkLostError:
            self._settle(Ok(id=record.id, accepted=False, reason=LOST))
        return one

    async def _ok(self, record: Record, one: Waiting, wait_seconds: Seconds) -> Ok:
        ok = await self._wait_ok(record, one, wait_seconds)
        if not ok.accepted and ok.reason.startswith("auth-required") and self._challenged:
            await self._wait_authed(wait_seconds)
            ok = await self._wait_ok(record, await self._put(record), wait_seconds)
        return ok

    async def _wait_ok(self, record: Record, one: Waiting, wait_seconds: Seconds) -> Ok:
        await asyncio.wait({one.ok}, timeout=wait_seconds)
        if one.ok.done():
            return one.ok.result()
        left = [other for other in self._waiting.pop(record.id, []) if other is not one]
        if left:
            self._waiting[record.id] = left
        return Ok(id=record.id, accepted=False, reason="error: no answer from the hub")

    async def _check(self, events: Sequence[Event]) -> tuple[list[Record], int]:
        """Verify events of one answer; give the good ones, each once, and how many were not."""
        latest = UnixTime(self._clock.now() + CREATED_AT_AHEAD_SECONDS_MAX)
        if len(events) <= INLINE_RECORDS_MAX:
            return _verified(self._verified, events, latest)
        return await asyncio.to_thread(_verified, self._verified, events, latest)

    async def _tell(self, message: Asked) -> None:
        if self._gone.is_set():
            raise LinkLostError(self._url)
        try:
            await self._connection.send(write_asked(message), text=True)
        except ConnectionClosed as error:
            raise LinkLostError(self._url) from error

    def _tell_soon(self, message: Asked) -> None:
        """Write without waiting, for the short messages of clean-up."""
        if self._connection.state is State.OPEN:
            self._connection.protocol.send_text(write_asked(message))
            self._connection.send_data()

    def _name(self) -> SubId:
        self._names += 1
        return SubId(f"k{self._names}")

    def _lose(self) -> None:
        self._gone.set()
        lost = LinkLostError(self._url)
        for opened in self._open.values():
            if isinstance(opened, Follower):
                opened.end(lost)
            elif not opened.end.done():
                opened.end.set_result(None)
        for comparing in self._comparing.values():
            if not comparing.answer.done():
                comparing.answer.set_exception(lost)
        for event_id in list(self._waiting):
            self._settle(Ok(id=event_id, accepted=False, reason=LOST))


def _ended(question: Question) -> EndOfStored | Closed | None:
    return question.end.result() if question.end.done() else None


async def _take(follower: Follower) -> tuple[list[Event], Closed | LinkLostError | None]:
    """Wait for one item, and take what else is there, up to an end."""
    batch: list[Event] = []
    item = await follower.waiting.get()
    while isinstance(item, Event):
        batch.append(item)
        if follower.waiting.empty():
            return batch, None
        item = follower.waiting.get_nowait()
    return batch, item


def _verified(
    verified: Verified, events: Sequence[Event], latest: UnixTime
) -> tuple[list[Record], int]:
    good: dict[EventId, Record] = {}
    forged = 0
    for event in events:
        if event.created_at > latest:
            continue  # it would stay on top of every answer; the hub may be right, our clock wrong
        try:
            record = verified.record(event)
        except BadRecordError:
            forged += 1
            continue
        good.setdefault(record.id, record)
    return list(good.values()), forged
