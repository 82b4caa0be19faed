"""The running peer as its surfaces see it: the world, how it is doing, and the way to stop it."""

import asyncio
import os
from contextlib import suppress

from kkiri import __version__
from kkiri.app.answers import KeptAnswer, NewsAnswer, StatusAnswer, TransferAnswer
from kkiri.app.config import Config
from kkiri.app.home import Home
from kkiri.app.hub_supervisor import HubProcess
from kkiri.app.library import Adding
from kkiri.app.live import Board
from kkiri.app.password import AppPassword
from kkiri.app.telling import found_answer, hub_answer, transfer_answer
from kkiri.event.nip19 import npub
from kkiri.flows.fetch import transfers
from kkiri.flows.finds import Found
from kkiri.flows.talking.rooms import Halls
from kkiri.flows.talking.together import Together
from kkiri.flows.world import HubState, World
from kkiri.ports.state import KeptSearch

OWN_HUB_SECONDS_MAX = 10.0  # it is on this machine; without it a peer still plays and fetches


class Peer:
    """What the page and the local API stand on."""

    def __init__(self, world: World, config: Config, hub: HubProcess, together: Together) -> None:
        self.world = world
        self.together = together
        self.config = config
        self.hub = hub
        self.board = Board()
        self.halls = Halls()
        """What is said in the rooms that were entered."""
        self.password = AppPassword(Home(config.home))
        """What other programs come in with."""
        self.stopping = asyncio.Event()
        self.adding = Adding()
        self.page = ""
        """The page's address; set when it listens."""

    def transfers(self) -> list[TransferAnswer]:
        """Tell of all transfers, newest first."""
        return [transfer_answer(view) for view in transfers(self.world)]

    def status(self, *, with_transfers: bool = True) -> StatusAnswer:
        """Say how the peer is doing; the transfers can be left out."""
        world = self.world
        listings, size = world.library.totals()
        address = world.torrents.address
        rows = world.hubs.rows()
        return StatusAnswer(
            ready=bool(self.page) and self._own_hub_is_open(),
            npub=npub(world.signer.pubkey),
            page=self.page,
            hub=world.own_hub,
            reachable=world.hubs.address() is not None,
            hubs=[hub_answer(row) for row in rows if row.state is HubState.OPEN or row.why],
            shared=listings,
            shared_bytes=size,
            transfers=self.transfers() if with_transfers else [],
            network=world.network.value,
            torrents=None if address is None else str(address),
            home=str(self.config.home),
            version=__version__,
            pid=os.getpid(),
        )

    async def own_hub_open(self) -> None:
        """Wait until the own hub answers, so that the first search finds; not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(OWN_HUB_SECONDS_MAX):
                while not self._own_hub_is_open():
                    await self.world.hubs.changed()

    def _own_hub_is_open(self) -> bool:
        return any(hub.own for hub in self.world.hubs.open())

    def tell_news(self, kept: KeptSearch, found: Found) -> None:
        """Tell what a kept search found."""
        news = NewsAnswer(kept=kept.number, words=kept.words, found=found_answer(found))
        self.board.tell("news", news)

    def kept(self) -> list[KeptAnswer]:
        """Give the kept searches."""
        return [
            KeptAnswer(number=kept.number, words=kept.words, created_at=kept.created_at)
            for kept in self.world.people.kept()
        ]

    def stop(self) -> None:
        """Begin to stop."""
        self.stopping.set()
