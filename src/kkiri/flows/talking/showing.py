"""One showing as this peer takes part in it: its hubs, its notes out and in, until it leaves.

A hub's failure ends its own link only, which is dialled again; all hubs carry every note, and one
that comes twice counts once. What a hub sends that is not a note of this showing is dropped.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kkiri.base.errors import BadMessageError, BadSealError, RemoteError
from kkiri.base.types import HubUrl, Seconds
from kkiri.event.filters import Filter
from kkiri.event.kinds import TOGETHER
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from kkiri.flows.bells import Bell
from kkiri.flows.world import Network, World
from kkiri.hub.address import BadHubUrlError, Source, hub_url, may_dial
from kkiri.play import together
from kkiri.play.invite import Invite
from kkiri.play.note import Doing, Millis, read_note, write_note
from kkiri.play.together import Received, Showing
from kkiri.ports.links import HubLink
from kkiri.ports.locking import Locking

BEAT_SECONDS = 3.0  # a note of 600 bytes; what was lost is made good after so long
EAGER_SECONDS = (0.15, 0.3, 0.5, 0.8, 1.2)  # after someone came: clocks are known within a second
GAP_SECONDS = 0.05  # between two notes: a slider that is dragged makes no flood
OK_SECONDS = Seconds(2.0)  # a hub that is slower still gets the next note
SENDING_MAX = 4  # notes on their way to one hub before the next waits
REDIAL_SECONDS_FIRST, REDIAL_SECONDS_MAX = 0.5, 15.0  # a hub that restarts is there in a second
DIAL_SECONDS_MAX = 10.0  # as flows.hubs: TCP, TLS and the greeting over a bad line
BYE_SECONDS_MAX = 1.0  # to say that we leave; who does not hear it finds out by itself
SILENT_MILLIS = 5_000  # a page reports once a second; one that stops has been closed
HOLDS_MAX = 3  # in HOLDS_SECONDS: a line that is too slow for the film is not waited for again
HOLDS_SECONDS = 60.0  # ... for a minute

log = logging.getLogger(__name__)


class Part:
    """This peer's part in one showing."""

    def __init__(self, world: World, locking: Locking, invite: Invite, link: str) -> None:
        self.invite = invite
        self.link = link
        self.name = ""
        self._waiting = False
        self._place: Millis | None = None
        self._reported = Millis(-SILENT_MILLIS)
        self.leaving = asyncio.Event()
        self.change = Bell()
        self._world = world
        self._locking = locking
        self._signer = Signer(world.chance.randbytes(32))
        self._begin = world.clock.monotonic()
        self.showing = Showing(me=self._signer.pubkey)
        self.hubs_open: set[HubUrl] = set()
        self._latest: Record | None = None
        self._fresh = Bell()
        self._taken: dict[HubUrl, Record] = {}
        self._arrived = Bell()
        self._due = asyncio.Event()
        self._eager: deque[float] = deque(EAGER_SECONDS)
        self._holds: deque[Millis] = deque(maxlen=HOLDS_MAX)

    def clock(self) -> Millis:
        """Give this member's clock: since it came."""
        return Millis(int((self._world.clock.monotonic() - self._begin) * 1000))

    def act(
        self,
        doing: Doing,
        *,
        at_position: Millis | None = None,
        file: int | None = None,
        speed: int | None = None,
    ) -> None:
        """Make the course that all follow from now on."""
        self.showing = together.act(
            self.showing,
            self.clock(),
            doing,
            at_position=at_position,
            file=file,
            speed=speed,
        )
        self._tell_now()

    def say(self, text: str) -> None:
        """Say something to all."""
        self.showing = together.say(self.showing, text)
        self._tell_now()

    def report(self, place: Millis | None, waiting: bool) -> None:
        """Take where our own player is; who has not enough of the film makes all wait a little."""
        now = self.clock()
        was = self.waiting(now)
        self._place, self._waiting, self._reported = place, waiting, now
        held = together.course(self.showing, now)
        if held is not None:
            ours = held.doing is Doing.HOLD and held.by == self.showing.me
            if waiting and held.doing is Doing.PLAY and self._may_hold(now):
                self._holds.append(now)
                self.act(Doing.HOLD)
            elif not waiting and ours:
                self.act(Doing.PLAY)
        if was is not waiting:
            self._tell_now()

    def waiting(self, now: Millis) -> bool:
        """Say whether our own player has not enough of the film."""
        return self._waiting and now - self._reported < SILENT_MILLIS

    async def run(self) -> None:
        """Take part until `leaving` is set."""
        async with asyncio.TaskGroup() as tasks:
            work = [
                tasks.create_task(self._at_hub(url), name=f"together at {url}")
                for url in self._hubs()
            ]
            work.append(tasks.create_task(self._beat(), name="together beat"))
            await self.leaving.wait()
            self._post(self.clock())
            try:
                async with asyncio.timeout(BYE_SECONDS_MAX):
                    await self._until_sent()
            except TimeoutError:
                log.debug("nobody heard that we leave")
            for task in work:
                task.cancel()

    def _may_hold(self, now: Millis) -> bool:
        recent = [at for at in self._holds if now - at < HOLDS_SECONDS * 1000]
        return len(recent) < HOLDS_MAX and bool(together.here(self.showing, now))

    def _tell_now(self) -> None:
        self._due.set()
        self.change.ring()

    def _hubs(self) -> list[HubUrl]:
        """Give the showing's hubs that may be dialled on the word of whoever made the link."""
        public = self._world.network is Network.PUBLIC
        known = {hub.url for hub in self._world.hubs.open()} | {self._world.hubs.address()}
        found: dict[HubUrl, None] = {}
        for text in self.invite.hubs:
            try:
                url = hub_url(text)
            except BadHubUrlError:
                continue
            if url in known or may_dial(url, Source.CARD, public=public):
                found[url] = None
        return list(found)

    # ---- notes out

    async def _beat(self) -> None:
        while True:
            now = self.clock()
            if together.must_adopt(self.showing, now):
                held = together.course(self.showing, now)
                if held is not None:
                    self.showing = together.act(self.showing, now, Doing.PLAY)
                    self.change.ring()
            self._post(now)
            await asyncio.sleep(GAP_SECONDS)
            wait = self._eager.popleft() if self._eager else BEAT_SECONDS
            wait *= 0.8 + 0.4 * self._world.chance.random()  # members must not speak in chorus
            try:
                async with asyncio.timeout(wait):
                    await self._due.wait()
            except TimeoutError:
                continue

    def _post(self, now: Millis) -> None:
        self._due.clear()
        place = self._place if now - self._reported < SILENT_MILLIS else None
        note = together.write(
            self.showing,
            now,
            name=self.name,
            waiting=self.waiting(now),
            leaving=self.leaving.is_set(),
            place=None if place is None else (place, self._reported),
        )
        self.showing = together.sent(self.showing, note)
        locked = self._locking.lock(self.invite.key, write_note(note).decode())
        aux = self._world.chance.randbytes(32)
        tags = (("d", self.invite.tag),)
        self._latest = self._signer.sign(TOGETHER, tags, locked, self._world.clock.now(), aux)
        self._fresh.ring()

    async def _send(self, url: HubUrl, link: HubLink) -> None:
        """Hand each new note to one hub; only the newest when the hub is slow."""
        room = asyncio.Semaphore(SENDING_MAX)

        async def one(record: Record) -> None:
            try:
                await link.publish([record], OK_SECONDS)
                self._taken[url] = record
                self._arrived.ring()
            except RemoteError:
                log.debug("a hub did not take a note", extra={"hub": url})
            finally:
                room.release()

        told: Record | None = None
        async with asyncio.TaskGroup() as tasks:
            while True:
                fresh = self._fresh.next()
                if self._latest is None or self._latest is told:
                    await fresh.wait()
                    continue
                await room.acquire()
                told = self._latest
                tasks.create_task(one(told), name="note")

    async def _until_sent(self) -> None:
        """Wait until every open hub has the last note."""
        while any(self._taken.get(url) is not self._latest for url in self.hubs_open):
            await self._arrived.next().wait()

    # ---- notes in

    async def _at_hub(self, url: HubUrl) -> None:
        wait = REDIAL_SECONDS_FIRST
        while True:
            try:
                async with self._link(url) as link:
                    wait = REDIAL_SECONDS_FIRST
                    await self._stay(url, link)
            except (RemoteError, TimeoutError):
                log.debug("a hub of a showing is away", extra={"hub": url})
            await asyncio.sleep(wait)
            wait = min(wait * 2, REDIAL_SECONDS_MAX)

    @asynccontextmanager
    async def _link(self, url: HubUrl) -> AsyncIterator[HubLink]:
        """Give the link that stands already, or dial one. Raises: LinkLostError, TimeoutError."""
        own = url in {self._world.own_hub, self._world.hubs.address()}
        for hub in self._world.hubs.open():
            if hub.url == url or (own and hub.own):
                yield hub.link
                return
        async with asyncio.timeout(DIAL_SECONDS_MAX) as patience:
            async with self._world.links.dial(url) as link:
                patience.reschedule(None)
                yield link

    async def _stay(self, url: HubUrl, link: HubLink) -> None:
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._send(url, link), name=f"notes to {url}")
            self.hubs_open.add(url)
            self._renew()
            try:
                await self._listen(link)
            finally:
                sending.cancel()
                self.hubs_open.discard(url)
                self.change.ring()

    async def _listen(self, link: HubLink) -> None:
        wanted = Filter(kinds=(TOGETHER,), tags=(("d", (self.invite.tag,)),))
        try:
            async for record in link.follow([wanted]):
                self._take(record)
        except RemoteError:
            return

    def _take(self, record: Record) -> None:
        if record.pubkey == self.showing.me:
            return
        try:
            note = read_note(self._locking.unlock(self.invite.key, record.content).encode())
        except (BadSealError, BadMessageError):
            log.debug("a note could not be read", extra={"id": record.id})
            return
        now = self.clock()
        before = self.showing
        self.showing = together.take(before, Received(member=record.pubkey, note=note, at=now))
        if record.pubkey not in together.here(before, now) and not note.leaving:
            self._renew()
        self.change.ring()

    def _renew(self) -> None:
        """Speak more often for a moment: somebody new does not know our clock yet."""
        self._eager = deque(EAGER_SECONDS)
        self._due.set()
        self.change.ring()
