"""A link against a hub that lies: forged, unasked, too many, twice, late, broken (SAFETY N5)."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from kkiri.adapters.links import WebsocketLink, WebsocketLinks
from kkiri.adapters.links.asking import WAITING_RECORDS_MAX
from kkiri.base.errors import HubRefusedError, HubUnprovedError, LinkLostError
from kkiri.base.limits import CREATED_AT_AHEAD_SECONDS_MAX
from kkiri.base.types import HubUrl, Kind, Seconds, Signature, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import Event, Record
from kkiri.event.verify import Signer
from kkiri.hub.info import document, prove

ANN, HUB = Signer(bytes([1]) * 32), Signer(bytes([2]) * 32)
WAIT = Seconds(5.0)
SHORT = Seconds(0.2)
Say = Callable[..., Awaitable[None]]
Script = Callable[[list[Any], Say], Awaitable[None]]


class Clock:
    """A clock that stands still."""

    def now(self) -> UnixTime:
        return UnixTime(1_000)

    def monotonic(self) -> Seconds:
        return Seconds(0.0)


def note(number: int, kind: int = 1) -> Record:
    return ANN.sign(Kind(kind), (), f"n{number}", UnixTime(100 + number))


GOOD = [note(number) for number in range(5)]
FORGED: list[Event] = [
    msgspec.structs.replace(GOOD[0], content="changed"),
    msgspec.structs.replace(GOOD[1], sig=Signature("0" * 128)),
    msgspec.structs.replace(GOOD[2], id=GOOD[3].id),
]
AHEAD = note(1_000 - 100 + CREATED_AT_AHEAD_SECONDS_MAX + 1)
UNASKED = [note(7, kind=7), note(8, kind=2003)]


@asynccontextmanager
async def scripted(script: Script, *opening: object) -> AsyncIterator[HubUrl]:
    """Run a hub that answers each message as the script says."""

    async def talk(connection: ServerConnection) -> None:
        async def say(*parts: object) -> None:
            await connection.send(msgspec.json.encode(parts), text=True)

        if opening:
            await say(*opening)
        async for raw in connection:
            await script(json.loads(raw), say)

    async with serve(talk, "127.0.0.1", 0, close_timeout=0.1) as server:
        yield HubUrl(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")


def hubs() -> WebsocketLinks:
    return WebsocketLinks(ANN, Clock(), random.Random(1))


@asynccontextmanager
async def linked(script: Script, *opening: object) -> AsyncIterator[WebsocketLink]:
    async with scripted(script, *opening) as url, hubs().dial(url) as link:
        yield link


def answers(*events: Event, end: object = ["finish"]) -> Script:
    async def script(parts: list[Any], say: Say) -> None:
        if parts[0] == "REQ":
            for event in events:
                await say("EVENT", parts[1], event)
            await say("EOSE", parts[1], end)

    return script


async def test_forged_unasked_and_repeated_are_refused() -> None:
    script = answers(*FORGED, *UNASKED, AHEAD, *GOOD, GOOD[0])
    async with linked(script) as link:
        answer = await link.ask([Filter(kinds=(Kind(1),))], WAIT)
    assert answer.records == tuple(GOOD)
    # one from the future is left out, but the clock that is wrong may be ours
    assert answer.refused == len(FORGED) + len(UNASKED)
    assert answer.complete


async def test_over_the_limit_is_refused() -> None:
    async with linked(answers(*GOOD)) as link:
        answer = await link.ask([Filter(limit=2)], WAIT)
    assert (answer.records, answer.refused) == (tuple(GOOD[:2]), 3)


async def test_each_filter_has_its_own_limit() -> None:
    async with linked(answers(*GOOD, *UNASKED)) as link:
        wanted = [Filter(kinds=(Kind(1),), limit=1), Filter(kinds=(Kind(7),), limit=1)]
        answer = await link.ask(wanted, WAIT)
    assert answer.records == (GOOD[0], UNASKED[0])
    assert answer.refused == 5


async def test_a_forged_event_does_not_shut_out_the_true_one() -> None:
    async with linked(answers(FORGED[1], GOOD[1])) as link:
        answer = await link.ask([Filter()], WAIT)
    assert answer.records == (GOOD[1],)


async def test_search_is_checked_by_who_knows_how() -> None:
    async with scripted(answers(*GOOD)) as url:
        links = WebsocketLinks(
            ANN, Clock(), random.Random(1), lambda text: lambda event: text in event.content
        )
        async with links.dial(url) as link:
            answer = await link.ask([Filter(search="n3")], WAIT)
    assert (answer.records, answer.refused) == ((GOOD[3],), 4)


@pytest.mark.parametrize(
    ("end", "limit", "complete"),
    [
        (["finish"], 5, True),
        (["more"], 100, False),
        (None, 100, True),
        (None, 5, False),
        (["unheard of"], 100, True),
    ],
)
async def test_completeness(end: object, limit: int, complete: bool) -> None:
    async with linked(answers(*GOOD, end=end)) as link:
        assert (await link.ask([Filter(limit=limit)], WAIT)).complete is complete


async def test_a_hub_that_never_ends_is_cut_off() -> None:
    async def script(parts: list[Any], say: Say) -> None:
        if parts[0] == "REQ":
            await say("EVENT", parts[1], GOOD[0])

    async with linked(script) as link:
        answer = await link.ask([Filter()], SHORT)
    assert (answer.records, answer.complete) == ((GOOD[0],), False)


async def test_a_hub_that_goes_away() -> None:
    async def script(parts: list[Any], say: Say) -> None:
        raise ConnectionResetError

    async with linked(script) as link:
        with pytest.raises(LinkLostError):
            await link.ask([Filter()], WAIT)
        await link.closed()
        with pytest.raises(LinkLostError):
            await link.publish([GOOD[0]], WAIT)


async def test_rubbish_is_passed_over() -> None:
    async def script(parts: list[Any], say: Say) -> None:
        if parts[0] == "REQ":
            for rubbish in ((), (1,), ("EVENT",), ("EVENT", parts[1], {}), ("NEW", 1), ("OK", 1)):
                await say(*rubbish)
            await say("EVENT", "another", GOOD[0])
            await say("EOSE", parts[1])

    async with linked(script) as link:
        assert (await link.ask([Filter()], WAIT)).records == ()


async def test_refused_questions() -> None:
    async def script(parts: list[Any], say: Say) -> None:
        if parts[0] == "REQ":
            await say("CLOSED", parts[1], "blocked: no")

    async with linked(script) as link:
        with pytest.raises(HubRefusedError, match="blocked: no"):
            await link.ask([Filter()], WAIT)
        with pytest.raises(HubRefusedError, match="blocked: no"):
            await anext(link.follow([Filter()]))


async def test_publish_gives_each_its_own_answer() -> None:
    async def script(parts: list[Any], say: Say) -> None:
        if parts[0] == "EVENT" and parts[1]["content"] != "n1":
            await say("OK", parts[1]["id"], parts[1]["content"] != "n2", "why")

    async with linked(script) as link:
        oks = await link.publish(GOOD[:4], SHORT)
    assert [ok.accepted for ok in oks] == [True, False, False, True]
    assert [ok.id for ok in oks] == [record.id for record in GOOD[:4]]


async def test_auth_is_answered_and_the_question_asked_again() -> None:
    known: list[str] = []

    async def script(parts: list[Any], say: Say) -> None:
        if parts[0] == "AUTH":
            tags = dict(parts[1]["tags"])
            assert (parts[1]["kind"], tags["challenge"]) == (22242, "word")
            known.append(parts[1]["pubkey"])
            await say("OK", parts[1]["id"], True, "")
        elif parts[0] == "REQ" and not known:
            await say("AUTH", "word")
            await say("CLOSED", parts[1], "auth-required: who are you?")
        elif parts[0] == "REQ":
            await say("EVENT", parts[1], GOOD[0])
            await say("EOSE", parts[1])

    async with linked(script) as link:
        assert (await link.ask([Filter()], WAIT)).records == (GOOD[0],)
    assert known == [ANN.pubkey]


async def test_follow_checks_as_ask_does() -> None:
    async def script(parts: list[Any], say: Say) -> None:
        if parts[0] == "REQ":
            await say("EVENT", parts[1], GOOD[0])
            await say("EVENT", parts[1], GOOD[1])  # over the limit of stored ones
            await say("EOSE", parts[1])
            for event in (*FORGED, *UNASKED, AHEAD, GOOD[4]):
                await say("EVENT", parts[1], event)

    async with linked(script) as link, asyncio.timeout(WAIT):
        refused: list[int] = []
        follow = link.follow([Filter(kinds=(Kind(1),), limit=1)], refused.append)
        assert [await anext(follow), await anext(follow)] == [GOOD[0], GOOD[4]]
        await follow.aclose()
    assert sum(refused) == len(FORGED) + len(UNASKED)  # not the one over the limit


async def test_a_follower_that_does_not_read_is_ended_not_buffered_for() -> None:
    started = asyncio.Event()

    async def script(parts: list[Any], say: Say) -> None:
        if parts[0] == "REQ":
            await say("EVENT", parts[1], GOOD[0])
            await started.wait()
            for _ in range(WAITING_RECORDS_MAX + 500):
                await say("EVENT", parts[1], GOOD[1])
            await say("NOTICE", "done")

    async with linked(script) as link, asyncio.timeout(30):
        follow = link.follow([Filter()])
        await anext(follow)
        opened = next(iter(vars(link)["_open"].values()))
        started.set()
        while not opened.lost:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert opened.waiting.qsize() <= WAITING_RECORDS_MAX + 1
        with pytest.raises(LinkLostError):
            async for _ in follow:
                pass


async def test_a_comparison_that_does_not_end() -> None:
    async def script(parts: list[Any], say: Say) -> None:
        if parts[0].startswith("NEG-") and parts[0] != "NEG-CLOSE":
            await say("NEG-MSG", parts[1], "61000001" + "ab" * 16)

    async with linked(script) as link:
        with pytest.raises(HubRefusedError, match="does not end"):
            await link.compare(Filter(), [(UnixTime(1), GOOD[0].id)], WAIT)


async def test_a_broken_comparison() -> None:
    async def script(parts: list[Any], say: Say) -> None:
        if parts[0] == "NEG-OPEN":
            await say("NEG-MSG", parts[1], "6100")

    async with linked(script) as link:
        with pytest.raises(HubRefusedError):
            await link.compare(Filter(), [], WAIT)


def serving(make: Callable[[str, str], bytes], status: int = 200, location: str = "") -> Any:
    """Give a hub's HTTP side: a document made from its own address and the asker's nonce."""

    def answer(connection: ServerConnection, request: Request) -> Response:
        url = f"ws://127.0.0.1:{connection.local_address[1]}"
        body = make(url, request.headers.get("X-Kkiri-Nonce", ""))
        response = connection.respond(status, body.decode())  # type: ignore[arg-type]
        if location:
            response.headers["Location"] = location
        return response

    async def talk(connection: ServerConnection) -> None:
        await connection.wait_closed()

    return serve(talk, "127.0.0.1", 0, process_request=answer)


def paper(url: str, nonce: str) -> bytes:
    proof = prove(HUB, HubUrl(url), nonce, UnixTime(5), bytes(32))
    return document(name="n", key=HUB.pubkey, version="1", work_bits_min=0, proof=proof)


async def fetch(server: Any) -> Any:
    async with server as running:
        url = HubUrl(f"ws://127.0.0.1:{running.sockets[0].getsockname()[1]}")
        return await hubs().info(url, WAIT)


async def test_info() -> None:
    assert (await fetch(serving(paper))).proved == HUB.pubkey


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda url, nonce: paper("ws://127.0.0.1:1", nonce), HubUnprovedError),
        (lambda url, nonce: paper(url, "0" * 64), HubUnprovedError),
        (lambda url, nonce: b"<html>", HubUnprovedError),
        (lambda url, nonce: b" " * 100_000, LinkLostError),
    ],
)
async def test_bad_info(make: Callable[[str, str], bytes], error: type[Exception]) -> None:
    with pytest.raises(error):
        await fetch(serving(make))


async def test_no_redirect_is_followed() -> None:
    visits: list[str] = []

    def visited(url: str, nonce: str) -> bytes:
        visits.append(nonce)
        return paper(url, nonce)

    async with serving(visited) as inner:
        place = f"127.0.0.1:{inner.sockets[0].getsockname()[1]}"
        with pytest.raises(LinkLostError):
            await fetch(serving(lambda url, nonce: b"", 302, f"http://{place}/"))
        async with serving(lambda url, nonce: b"", 302, f"ws://{place}/") as outer:
            url = HubUrl(f"ws://127.0.0.1:{outer.sockets[0].getsockname()[1]}")
            with pytest.raises(LinkLostError):
                async with hubs().dial(url):
                    pass
    assert visits == []


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1", "ws://", "http://127.0.0.1:1", "ws://a b", ""])
async def test_nobody_there(url: str) -> None:
    with pytest.raises(LinkLostError):
        async with hubs().dial(HubUrl(url)):
            pass
    with pytest.raises(LinkLostError):
        await hubs().info(HubUrl(url), WAIT)


async def test_what_goes_wrong_inside_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        async with linked(answers()):
            raise ZeroDivisionError
