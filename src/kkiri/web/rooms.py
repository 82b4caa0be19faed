"""Routes of public rooms."""

from typing import Annotated

from fastapi import APIRouter, Path

from kkiri.app.answers import DoneAnswer
from kkiri.app.peer import Peer
from kkiri.app.talks import (
    MessageAnswer,
    RoomAnswer,
    RoomRowAnswer,
    ToldMessage,
    room_answer,
    room_row_answer,
    spoken_answer,
)
from kkiri.base.types import EventId
from kkiri.flows.talking import rooms
from kkiri.web.asked import TEXT_CHARS_MAX
from kkiri.web.talking_asked import AskedEnter, AskedMuteRoom, AskedRoom, AskedSpeak

Name = Annotated[str, Path(min_length=1, max_length=TEXT_CHARS_MAX)]


def public_rooms(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api/rooms", tags=["rooms"])

    @routes.get("", summary="List the rooms that were entered")
    async def entered() -> list[RoomRowAnswer]:
        """List the rooms that were entered, each with how many messages are new."""
        every = await rooms.all_entered(peer.world, peer.halls)
        return [room_row_answer(room, unread) for room, unread in every]

    @routes.get("/{name}", summary="Look into a room")
    async def one(name: Name) -> RoomAnswer:
        """Show what is said in a room and who is there; one that was not entered too."""
        view = await rooms.room_view(peer.world, peer.halls, name)
        return room_answer(view, peer.world.signer.pubkey)

    @routes.post("/enter", summary="Enter a room")
    async def enter(asked: AskedEnter) -> RoomRowAnswer:
        """Enter a room by name or link; it is made when nobody has made one of that name."""
        kept = await rooms.enter(peer.world, peer.halls, asked.room, asked.about)
        return room_row_answer(kept, 0)

    @routes.post("/leave", summary="Leave a room")
    async def leave(asked: AskedRoom) -> DoneAnswer:
        """Leave a room; what was said stays there."""
        await rooms.leave(peer.world, peer.halls, asked.room)
        return DoneAnswer()

    @routes.post("/say", summary="Say something in a room")
    async def say(asked: AskedSpeak) -> MessageAnswer:
        """Say something in a room that was entered, to everybody."""
        answers = None if asked.answers is None else EventId(asked.answers)
        said = await rooms.speak(peer.world, peer.halls, asked.room, asked.text, answers)
        answer = spoken_answer(said, peer.world.signer.pubkey, "")
        peer.board.tell("message", ToldMessage(message=answer, muted=True))
        return answer

    @routes.post("/read", summary="Note that a room was read")
    async def read(asked: AskedRoom) -> DoneAnswer:
        """Note that all of a room was read; nobody else is told."""
        await rooms.mark(peer.world, peer.halls, asked.room)
        return DoneAnswer()

    @routes.post("/mute", summary="Let a room make no noise")
    async def mute(asked: AskedMuteRoom) -> DoneAnswer:
        """Let a room make no noise, or again."""
        await rooms.mark(peer.world, peer.halls, asked.room, asked.on)
        return DoneAnswer()

    return routes
