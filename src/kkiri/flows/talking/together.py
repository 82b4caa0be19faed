"""Watching together: open a showing of a film, join one by its link, act in it, leave it.

There is no host and no server: each peer tells the others over hubs what it does, locked under a
key that only the link carries, and signed with a key that lives as long as the showing.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kkiri.base.errors import KkiriError, RefusedError
from kkiri.base.types import HubUrl, Link, PubKey, Seconds
from kkiri.event.listing import PeerAddress
from kkiri.flows import people
from kkiri.flows.bells import Bell
from kkiri.flows.talking.showing import Part
from kkiri.flows.world import Network, World
from kkiri.play import together
from kkiri.play.invite import HUBS_MAX, SECRET_BYTES, Invite, is_invite, read_invite, write_invite
from kkiri.play.note import LINE_CHARS_MAX, NAME_CHARS_MAX, Course, Doing, Millis
from kkiri.play.together import Member, Said
from kkiri.ports.locking import Locking
from kkiri.swarm.addresses import is_global
from kkiri.swarm.magnet import read_link, write_link
from kkiri.trust.petnames import SHORT_CHARS, clean_name

SHOWINGS_MAX = 8  # one watches one film; the rest are tabs that were forgotten
TELL_SECONDS = 0.1  # between two views of one showing for the page: it plays by the course itself
QUIET_SECONDS = 1.0  # a view is told so often even when no note came: someone may have gone
KEPT_SECONDS = Seconds(3_600.0)  # a showing that no page has looked at for an hour is left


class NotInItError(RefusedError):
    """That showing is not open here; open its link once more. | 여기 열려 있지 않은 함께 보기입니다. 링크를 다시 여십시오."""  # noqa: E501

    number = 140


class TooManyShowingsError(RefusedError):
    """Too many showings are open here; leave one first. | 함께 보기가 너무 많이 열려 있습니다. 먼저 하나를 나가십시오."""  # noqa: E501

    number = 141


class NoMeetingPlaceError(RefusedError):
    """No hub that others reach is connected; try again in a moment. | 다른 사람이 닿을 수 있는 허브와 아직 이어지지 않았습니다. 잠시 뒤에 다시 하십시오."""  # noqa: E501

    number = 142


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowingView:
    """A showing as a person sees it; times are milliseconds of this member's clock."""

    id: str
    link: str
    film: Link
    """A link to the film, to fetch it with."""
    invite: Invite
    me: PubKey
    name: str
    clock: Millis
    course: Course | None
    moves_from: Millis | None
    """Since when or from when on the film plays; None while it stands."""
    members: tuple[Member, ...]
    """The others."""
    talk: tuple[Said, ...]
    names: dict[PubKey, str]
    waiting: bool
    hubs: int
    """Hubs that carry it now."""


class Together:
    """The showings that this peer takes part in."""

    def __init__(self, world: World, locking: Locking) -> None:
        self._world = world
        self._locking = locking
        self._parts: dict[str, Part] = {}
        self._looked: dict[str, Seconds] = {}
        self._more = Bell()

    def open(self, link: str, file: int = 0) -> ShowingView:
        """Open a showing of a film, or join the one that a link leads into.

        Raises: BadLinkError, TooManyShowingsError, NoMeetingPlaceError.
        """
        joins = is_invite(link)
        invite = read_invite(link) if joins else self._new(link, file)
        if invite.id not in self._parts:
            if len(self._parts) >= SHOWINGS_MAX:
                raise TooManyShowingsError
            part = Part(self._world, self._locking, invite, write_invite(invite))
            if not joins:
                part.act(Doing.PAUSE, at_position=Millis(0), file=file)
            self._parts[invite.id] = part
            self._more.ring()
        return self.view(invite.id)

    def view(self, name: str) -> ShowingView:
        """Show one. Raises: NotInItError."""
        self._looked[name] = self._world.clock.monotonic()
        return _view(name, self._part(name))

    def views(self) -> list[ShowingView]:
        """Show all."""
        return [_view(name, part) for name, part in self._parts.items()]

    def clock(self, name: str) -> Millis:
        """Give the clock that a showing's times are of. Raises: NotInItError."""
        return self._part(name).clock()

    def say(self, name: str, text: str) -> None:
        """Say a line to all. Raises: NotInItError."""
        line = text.strip()[:LINE_CHARS_MAX]
        if line:
            self._part(name).say(line)

    def act(
        self,
        name: str,
        doing: Doing,
        *,
        at_position: Millis | None = None,
        file: int | None = None,
        speed: int | None = None,
    ) -> ShowingView:
        """Play, pause or go elsewhere, for all. Raises: NotInItError."""
        self._part(name).act(doing, at_position=at_position, file=file, speed=speed)
        return self.view(name)

    def report(self, name: str, place: Millis | None, waiting: bool) -> None:
        """Take where this person's player is. Raises: NotInItError."""
        self._looked[name] = self._world.clock.monotonic()
        self._part(name).report(place, waiting)

    def rename(self, name: str, called: str) -> None:
        """Take another name in a showing. Raises: NotInItError."""
        part = self._part(name)
        part.name = clean_name(called)[:NAME_CHARS_MAX]
        part.change.ring()

    def leave(self, name: str) -> None:
        """Leave; the others are told. Raises: NotInItError."""
        self._part(name).leaving.set()
        del self._parts[name]
        self._looked.pop(name, None)

    async def keep(self, tell: Callable[[ShowingView], None]) -> None:
        """Take part in every showing for ever; `tell` hears of each change."""
        async with asyncio.TaskGroup() as tasks:
            running: set[str] = set()
            while True:
                more = self._more.next()
                for name, part in self._parts.items():
                    if name not in running:
                        running.add(name)
                        tasks.create_task(self._run(name, part, tell, running), name="showing")
                await more.wait()

    async def _run(
        self, name: str, part: Part, tell: Callable[[ShowingView], None], running: set[str]
    ) -> None:
        async with asyncio.TaskGroup() as tasks:
            beside = (
                tasks.create_task(self._tell_changes(name, part, tell), name="tell of showing"),
                tasks.create_task(self._learn_name(part), name="own name"),
            )
            await part.run()
            for task in beside:
                task.cancel()
        running.discard(name)
        self._more.ring()

    async def _tell_changes(
        self, name: str, part: Part, tell: Callable[[ShowingView], None]
    ) -> None:
        while True:
            change = part.change.next()
            tell(_view(name, part))
            now = self._world.clock.monotonic()
            if now - self._looked.get(name, now) > KEPT_SECONDS:
                self.leave(name)
                return
            await asyncio.sleep(TELL_SECONDS)
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await change.wait()
            except TimeoutError:
                continue

    async def _learn_name(self, part: Part) -> None:
        """Take the name that this person gave to everybody, unless another was taken."""
        try:
            view = await people.person(self._world, self._world.signer.pubkey)
        except KkiriError:  # one watches without a name as well
            return
        if not part.name and view.name != self._world.signer.pubkey[:SHORT_CHARS]:
            part.name = view.name[:NAME_CHARS_MAX]
            part.change.ring()

    def _part(self, name: str) -> Part:
        part = self._parts.get(name)
        if part is None:
            raise NotInItError
        return part

    def _new(self, link: str, file: int) -> Invite:
        """Make the link into a new showing. Raises: BadLinkError, NoMeetingPlaceError."""
        film = read_link(link)
        world = self._world
        known = world.torrents.progress_of(film.info_hash)
        transfers = (one for one in world.transfers.transfers() if one.info_hash == film.info_hash)
        transfer = next(transfers, None)
        own = world.torrents.address
        addresses = [*(() if own is None else (own,)), *film.addresses]
        addresses += () if transfer is None else transfer.addresses
        names = (film.name, "" if known is None else known.name, transfer.name if transfer else "")
        return Invite(
            secret=world.chance.randbytes(SECRET_BYTES),
            film=film.info_hash,
            file=file,
            name=next((name for name in names if name and name != film.info_hash), ""),
            size=film.size if film.size is not None or known is None else known.size,
            addresses=self._usable(addresses),
            hubs=self._meeting_places(),
        )

    def _usable(self, addresses: Sequence[PeerAddress]) -> tuple[PeerAddress, ...]:
        public = self._world.network is Network.PUBLIC
        kept = (one for one in addresses if not public or is_global(one))
        return tuple(dict.fromkeys(kept))

    def _meeting_places(self) -> tuple[HubUrl, ...]:
        """Give hubs that others reach, the own one first. Raises: NoMeetingPlaceError."""
        hubs = self._world.hubs
        own = hubs.address()
        found = [*(() if own is None else (own,))]
        found += [hub.url for hub in hubs.covering() if not hub.own]
        if not found:
            raise NoMeetingPlaceError
        return tuple(dict.fromkeys(found))[:HUBS_MAX]


def _view(name: str, part: Part) -> ShowingView:
    now, invite, showing = part.clock(), part.invite, part.showing
    held = together.course(showing, now)
    return ShowingView(
        id=name,
        link=part.link,
        film=write_link(invite.film, invite.name, invite.size, invite.addresses),
        invite=invite,
        me=showing.me,
        name=part.name,
        clock=now,
        course=held,
        moves_from=None if held is None else together.moves_from(held),
        members=tuple(together.members(showing, now)),
        talk=showing.talk,
        names=dict(showing.names),
        waiting=part.waiting(now),
        hubs=len(part.hubs_open),
    )
