"""Routes of talk: conversations, messages, profile, reports, notices."""

import asyncio
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from kkiri.app.answers import DoneAnswer, NewsAnswer
from kkiri.app.peer import Peer
from kkiri.app.talks import (
    MessageAnswer,
    NoticeAnswer,
    ProfileAnswer,
    ReportedAnswer,
    TalkAnswer,
    TalkMessagesAnswer,
    ToldMessage,
    UnreadAnswer,
    message_answer,
    notice_answer,
    profile_answer,
    talk_answer,
    talk_messages_answer,
)
from kkiri.base.types import EventId
from kkiri.event.comment import Why
from kkiri.event.picture import BadPictureError, jpeg_of
from kkiri.flows import people, profile
from kkiri.flows.talking import rooms, talk
from kkiri.web.asked import TEXT_CHARS_MAX, Text, Who
from kkiri.web.lines import Emit, LineResponse
from kkiri.web.moving import local_path
from kkiri.web.talking_asked import (
    AskedMessage,
    AskedMute,
    AskedNotices,
    AskedOwnProfile,
    AskedReport,
    AskedSay,
    AskedTalk,
    MessagesParams,
)

NOTICES_SHOWN = 100  # a few screens; a person who was away longer looks at people instead
Talk = Annotated[str, Path(min_length=1, max_length=TEXT_CHARS_MAX)]


def talking(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api", tags=["talk"])
    _talks(routes, peer)
    _messages(routes, peer)
    _selves(routes, peer)
    _notices(routes, peer)
    return routes


def _talks(routes: APIRouter, peer: Peer) -> None:
    @routes.get("/talks", summary="List the conversations")
    async def talks() -> list[TalkAnswer]:
        """List the conversations, the one that was spoken in last first; requests too."""
        return [
            talk_answer(view, peer.world.signer.pubkey) for view in await talk.talks(peer.world)
        ]

    @routes.get("/talks/{name}", summary="Read a conversation")
    async def one_talk(name: Talk, asked: Annotated[MessagesParams, Query()]) -> TalkMessagesAnswer:
        """Read a conversation by its id, or with a person; nothing is marked as read."""
        view = await talk.talk(peer.world, name)
        before = None if asked.before is None else EventId(asked.before)
        found = await talk.messages(peer.world, view.talk.id, before, asked.limit + 1)
        return talk_messages_answer(view, found, peer.world.signer.pubkey, asked.limit)

    @routes.post("/talks/say", summary="Say something in private")
    async def say(asked: AskedSay) -> MessageAnswer:
        """Say something to people; on disk when this answers, delivered when it can be."""
        answers = None if asked.answers is None else EventId(asked.answers)
        said = await talk.say(
            peer.world, asked.to, asked.text, subject=asked.subject, answers=answers
        )
        answer = message_answer(said, peer.world.signer.pubkey, {})
        peer.board.tell("message", ToldMessage(message=answer, muted=True))
        return answer

    @routes.post("/talks/read", summary="Note that a conversation was read")
    async def read(asked: AskedTalk) -> DoneAnswer:
        """Note that all of a conversation was read; nobody else is told."""
        await talk.change(peer.world, asked.talk, talk.Change.READ)
        return DoneAnswer()

    @routes.post("/talks/accept", summary="Take a stranger's conversation in")
    async def accept(asked: AskedTalk) -> DoneAnswer:
        """Take a stranger's conversation in; answering does so as well."""
        await talk.change(peer.world, asked.talk, talk.Change.ACCEPT)
        return DoneAnswer()

    @routes.post("/talks/mute", summary="Let a conversation make no noise")
    async def mute(asked: AskedMute) -> DoneAnswer:
        """Let a conversation make no noise, or again."""
        change = talk.Change.MUTE if asked.on else talk.Change.UNMUTE
        await talk.change(peer.world, asked.talk, change)
        return DoneAnswer()

    @routes.post("/talks/forget", summary="Drop a conversation here")
    async def forget(asked: AskedTalk) -> DoneAnswer:
        """Drop a conversation on this machine; the others keep theirs."""
        await talk.change(peer.world, asked.talk, talk.Change.FORGET)
        return DoneAnswer()


def _messages(routes: APIRouter, peer: Peer) -> None:
    @routes.get("/messages", summary="Find one's own messages")
    async def search(words: Text) -> list[MessageAnswer]:
        """Find messages of one's conversations by words, newest first."""
        found = await talk.search(peer.world, words)
        keys = list(dict.fromkeys(one.author for one in found))
        everybody = await people.persons(peer.world, keys)
        names = {key: everybody.shown(key) for key in keys}
        me = peer.world.signer.pubkey
        return [message_answer(one, me, names) for one in found]

    @routes.get("/messages/follow", summary="Follow new messages", response_class=Response)
    async def follow() -> Response:
        """Give new messages of conversations and rooms, one JSON object a line."""
        return LineResponse(lambda emit: _follow(peer, emit), peer.stopping)

    @routes.post("/messages/forget", summary="Drop a message here")
    async def forget(asked: AskedMessage) -> DoneAnswer:
        """Drop one message on this machine; the others keep theirs."""
        await talk.forget_message(peer.world, EventId(asked.id))
        return DoneAnswer()


def _selves(routes: APIRouter, peer: Peer) -> None:
    @routes.get("/profile", summary="Show one's own profile")
    async def own() -> ProfileAnswer:
        """Show what one says of oneself."""
        found = await profile.own_profile(peer.world)
        return profile_answer(found, peer.world.signer.pubkey)

    @routes.post("/profile", summary="Say who one is")
    async def change(asked: AskedOwnProfile) -> DoneAnswer:
        """Say who one is, to everybody; what is left out stays, other programs' fields too."""
        picture: bytes | None = None
        if asked.picture_path is not None:
            path = local_path(asked.picture_path)
            picture = await profile.picture_of_file(peer.world, path)
        elif asked.picture is not None:
            picture = jpeg_of(asked.picture) if asked.picture else b""
            if picture is None:
                raise BadPictureError
        await profile.set_profile(peer.world, name=asked.name, about=asked.about, picture=picture)
        return DoneAnswer()

    @routes.get(
        "/people/{who}/picture",
        summary="Show a person's picture",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}},
    )
    async def picture(who: Who) -> Response:
        """Give the picture inside a person's profile as JPEG; pictures elsewhere are none."""
        found = await profile.picture_of(peer.world, who)
        return Response(found, media_type="image/jpeg")

    @routes.post("/report", summary="Report a listing or a person")
    async def report(asked: AskedReport) -> ReportedAnswer:
        """Publish a report (NIP-56) on what a magnet link names, or on a person."""
        named = await profile.report(peer.world, asked.what, Why(asked.why), asked.text, asked.who)
        return ReportedAnswer(records=named)


def _notices(routes: APIRouter, peer: Peer) -> None:
    @routes.get("/unread", summary="Count what was not read")
    async def unread() -> UnreadAnswer:
        """Count new messages and notices, without asking anybody."""
        return await _unread(peer)

    @routes.get("/notices", summary="List what happened")
    async def notices() -> list[NoticeAnswer]:
        """List what followed people published and who follows you, newest first."""
        found = await asyncio.to_thread(peer.world.talk.notices.notices, NOTICES_SHOWN)
        everybody = await people.persons(peer.world, list({one.who: None for one in found}))
        return [notice_answer(one, everybody) for one in found]

    @routes.get("/notices/finds", summary="List new finds of kept searches")
    async def finds() -> list[NewsAnswer]:
        """List the last new finds of the kept searches, oldest first."""
        return [one for one in peer.board.held("news") if isinstance(one, NewsAnswer)]

    @routes.get("/notices/follow", summary="Follow what happens", response_class=Response)
    async def follow() -> Response:
        """Give new notices and new finds of kept searches, one JSON object a line."""
        return LineResponse(lambda emit: _follow_notices(peer, emit), peer.stopping)

    @routes.post("/notices/read", summary="Note that notices were read")
    async def read(asked: AskedNotices) -> DoneAnswer:
        """Note that the notices up to a number were read."""
        await asyncio.to_thread(peer.world.talk.notices.mark_read, asked.until)
        return DoneAnswer()


async def _unread(peer: Peer) -> UnreadAnswer:
    world = peer.world
    blocked = {note.pubkey for note in world.people.notes() if note.blocked}
    every = await asyncio.to_thread(world.talk.talks.talks)
    loud = [one for one in every if not one.muted and one.id not in blocked]
    entered = await rooms.all_entered(world, peer.halls)
    notices = await asyncio.to_thread(world.talk.notices.notices, NOTICES_SHOWN)
    return UnreadAnswer(
        talks=sum(one.unread for one in loud if one.accepted),
        requests=sum(one.unread for one in loud if not one.accepted),
        rooms=sum(unread for room, unread in entered if not room.muted),
        notices=sum(not one.read for one in notices),
    )


async def _follow(peer: Peer, emit: Emit) -> None:
    async with aclosing(peer.board.follow()) as told:
        async for topic, said in told:
            if topic == "message":
                await emit(said)


async def _follow_notices(peer: Peer, emit: Emit) -> None:
    async with aclosing(peer.board.follow()) as told:
        async for topic, said in told:
            if topic == "notice":
                await emit({"notice": said})
            elif topic == "news":
                await emit(said)
