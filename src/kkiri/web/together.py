"""Routes of watching together."""

from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import Field

from kkiri.app.answers import DoneAnswer
from kkiri.app.peer import Peer
from kkiri.app.showing import ClockAnswer, ShowingAnswer, showing_answer
from kkiri.play.note import (
    FILES_MAX,
    FILM_MILLIS_MAX,
    LINE_CHARS_MAX,
    NAME_CHARS_MAX,
    SPEED_MAX,
    SPEED_MIN,
    Doing,
    Millis,
)
from kkiri.web.asked import LINK_CHARS_MAX, NO_NUL, Asked, AskedNothing

Name = Annotated[str, InPath(pattern="^[0-9a-f]{32}$")]
FileNumber = Annotated[int, Field(ge=0, le=FILES_MAX)]
Place = Annotated[int, Field(ge=0, le=FILM_MILLIS_MAX)]


class AskedShowing(Asked):
    """Open a showing of a film, or join one."""

    link: Annotated[str, Field(min_length=1, max_length=LINK_CHARS_MAX, pattern=NO_NUL)]
    """To a film, or into a showing (`kkiri:together1…`)."""
    file: FileNumber = 0
    """Which file of the film's torrent; a link into a showing says it itself."""


class AskedLine(Asked):
    """Say something to all."""

    text: Annotated[str, Field(min_length=1, max_length=LINE_CHARS_MAX, pattern=NO_NUL)]


class AskedAct(Asked):
    """Let the film do something, for all; what is not named stays as it is."""

    doing: Literal["play", "pause"]
    position: Place | None = None
    """Milliseconds; where the film is when none is named."""
    file: FileNumber | None = None
    speed: Annotated[int, Field(ge=SPEED_MIN, le=SPEED_MAX)] | None = None
    """Percent."""


class AskedPlace(Asked):
    """Tell where the player of this page is."""

    position: Place | None
    waiting: bool = False
    """It has not enough of the film to go on."""


class AskedName(Asked):
    """Take another name in a showing."""

    name: Annotated[str, Field(max_length=NAME_CHARS_MAX, pattern=NO_NUL)]


def together(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api/together", tags=["together"])
    showings = peer.together

    @routes.post("")
    async def open_or_join(asked: AskedShowing) -> ShowingAnswer:
        """Open a showing of a film, or join the one a link leads into; twice is once."""
        return showing_answer(showings.open(asked.link, asked.file))

    @routes.get("")
    async def all_showings() -> list[ShowingAnswer]:
        """List the showings this peer takes part in."""
        return [showing_answer(view) for view in showings.views()]

    @routes.get("/{name}")
    async def showing(name: Name) -> ShowingAnswer:
        """Show one; changes come on `/api/live` under `together`."""
        return showing_answer(showings.view(name))

    @routes.get("/{name}/clock")
    async def clock(name: Name) -> ClockAnswer:
        """Give the clock that its times are of."""
        return ClockAnswer(clock=showings.clock(name))

    _acts(routes, peer)
    return routes


def _acts(routes: APIRouter, peer: Peer) -> None:
    showings = peer.together

    @routes.post("/{name}/say")
    async def say(name: Name, asked: AskedLine) -> DoneAnswer:
        """Say something to all."""
        showings.say(name, asked.text)
        return DoneAnswer()

    @routes.post("/{name}/act")
    async def act(name: Name, asked: AskedAct) -> ShowingAnswer:
        """Play, pause, go elsewhere in the film or to another file, for all."""
        place = None if asked.position is None else Millis(asked.position)
        view = showings.act(
            name, Doing(asked.doing), at_position=place, file=asked.file, speed=asked.speed
        )
        return showing_answer(view)

    @routes.post("/{name}/place")
    async def place(name: Name, asked: AskedPlace) -> DoneAnswer:
        """Tell where the player of this page is, and whether it waits for data."""
        position = None if asked.position is None else Millis(asked.position)
        showings.report(name, position, asked.waiting)
        return DoneAnswer()

    @routes.post("/{name}/name")
    async def rename(name: Name, asked: AskedName) -> DoneAnswer:
        """Take another name in this showing."""
        showings.rename(name, asked.name)
        return DoneAnswer()

    @routes.post("/{name}/leave")
    async def leave(name: Name, asked: AskedNothing) -> DoneAnswer:
        """Leave; the others are told."""
        showings.leave(name)
        return DoneAnswer()
