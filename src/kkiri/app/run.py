"""The composition root: opens every adapter, makes the world, and runs the peer's tasks.

The hub process starts first and beside everything else; nothing waits for torrents to be added.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from kkiri.adapters.folders import DiskFolders
from kkiri.adapters.keys.key_file import load_or_make
from kkiri.adapters.keys.locks import SharedLocks
from kkiri.adapters.keys.seals import seals_of
from kkiri.adapters.lan import LanNeighbours
from kkiri.adapters.links.client import WebsocketLinks
from kkiri.adapters.media import MediaWorker
from kkiri.adapters.media.screening import ScreeningRoom
from kkiri.adapters.state.peer_db import PeerState
from kkiri.adapters.stills import DiskStills
from kkiri.adapters.system import SystemClock, make_private_dir
from kkiri.adapters.torrents.session import LibtorrentSession, open_session
from kkiri.adapters.torrents.settings import SessionSettings
from kkiri.app.config import Config
from kkiri.app.home import Home, prepare, remember_port, remembered_port
from kkiri.app.hub_supervisor import HubProcess, HubReady
from kkiri.app.peer import Peer
from kkiri.app.showing import showing_answer
from kkiri.app.talk_telling import talk_tasks
from kkiri.base.errors import BadConfigError
from kkiri.event.record import Event
from kkiri.event.verify import Signer
from kkiri.flows.fetch import resume, watch_transfers
from kkiri.flows.find import run_kept
from kkiri.flows.network.hubs import HubSet
from kkiri.flows.network.join import Ways, join
from kkiri.flows.network.reach import watch_reach
from kkiri.flows.publish import deliver
from kkiri.flows.sharing.share import follow_folders, overlaps, reseed
from kkiri.flows.sharing.watched import watch_folder
from kkiri.flows.talking.together import ShowingView, Together
from kkiri.flows.world import Network, World
from kkiri.hub.address import hub_url, port_of
from kkiri.search.query import matches_query, parse

Task = tuple[str, Coroutine[None, None, None]]


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[Peer]:
    """Run the peer for as long as the block lasts.

    A task that fails for a reason of ours ends the block with it. Raises: DidNotStartError,
    BadKeyError, DiskFullError, RefusedError while starting.
    """
    home = Home(config.home)
    prepare(home)
    signer = load_or_make(home.path)
    hub = HubProcess(config, home, signer.pubkey)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(hub.close)
        async with asyncio.TaskGroup() as starting:
            listening = starting.create_task(hub.start(), name="start the hub")
            await asyncio.sleep(0)  # its process begins before anything else is done here
            state = PeerState(home.state)
            stack.callback(state.close)
            torrents = await stack.enter_async_context(open_session(_torrents(config, home)))
        media = MediaWorker()
        stack.push_async_callback(media.close)
        screening = ScreeningRoom()
        stack.push_async_callback(screening.close)
        hubs = HubSet(listening.result().url, config.network)
        if config.advertise:
            hubs.reached(hub_url(config.advertise))
        elif config.listen.everywhere:
            hubs.reached(None)
        world = _world(
            config, home, signer, listening.result(), hubs, state, torrents, media, screening
        )
        if torrents.address is not None:
            remember_port(home, "torrent", torrents.address.port)
        together = Together(world, SharedLocks(random.SystemRandom()))
        peer = Peer(world, config, hub, together)
        async with asyncio.TaskGroup() as root:
            tasks = [
                root.create_task(work, name=name)
                for name, work in _tasks(peer, hubs, listening.result())
            ]
            try:
                yield peer
            finally:
                for task in tasks:
                    task.cancel()


def _tasks(peer: Peer, hubs: HubSet, ready: HubReady) -> Sequence[Task]:
    world = peer.world
    return (
        ("hub process", peer.hub.keep()),
        ("hubs", hubs.keep(world)),
        ("sync", _keep_synced(peer.hub, hubs)),
        ("join", join(world, _ways(peer.config, ready))),
        ("reach", _be_reached(peer, port_of(ready.url))),
        ("deliver", deliver(world)),
        ("resume", resume(world)),
        ("watch transfers", watch_transfers(world)),
        ("reseed", reseed(world)),
        ("follow folders", follow_folders(world, peer.adding.tell)),
        ("kept searches", run_kept(world, peer.tell_news)),
        ("together", peer.together.keep(partial(_tell_showing, peer))),
        *talk_tasks(peer),
        *_watching(peer),
    )


def _watching(peer: Peer) -> Sequence[Task]:
    folder = peer.config.watch_folder
    return () if folder is None else (("watched folder", watch_folder(peer.world, folder)),)


def _tell_showing(peer: Peer, view: ShowingView) -> None:
    peer.board.tell("together", showing_answer(view))


def _search(text: str) -> Callable[[Event], bool]:
    """Give the test that a record which a hub sends for a search must pass."""
    # hubs forgive typing errors when they find nothing else: that is no forgery of theirs
    return partial(matches_query, parse(text), forgiving=True)


async def _keep_synced(hub: HubProcess, hubs: HubSet) -> None:
    """Tell the hub process whom to sync with, whenever links come and go."""
    while True:
        hub.sync(hubs.sync_targets())
        await hubs.changed()


async def _be_reached(peer: Peer, port: int) -> None:
    """Find out who reaches us, where neither the person nor the listening address says it."""
    config = peer.config
    unsure = config.network is Network.PUBLIC or config.listen.everywhere
    if unsure and not config.advertise:
        await watch_reach(peer.world, port, peer.hub.reached)


def _torrents(config: Config, home: Home) -> SessionSettings:
    resume_folder = home.path / "resume"
    make_private_dir(resume_folder)
    return SessionSettings(
        state=resume_folder,
        public=config.network is Network.PUBLIC,
        host=config.listen.host,
        port=config.torrent_port or remembered_port(home, "torrent"),
        upload_rate=config.upload_rate,
        download_rate=config.download_rate,
        dht_nodes=config.dht_bootstrap,
    )


def _ways(config: Config, ready: HubReady) -> Ways:
    public = config.network is Network.PUBLIC
    mainline = public or bool(config.dht_bootstrap)
    dialled = hub_url(config.advertise) if config.advertise else ready.url
    # the DHT tells an address and a port: nothing that stands behind a name or a certificate
    plain = dialled.startswith("ws://")
    return Ways(
        mainline=mainline,
        announce_port=port_of(dialled) if mainline and plain else None,
        neighbours=LanNeighbours() if public and config.lan else None,
    )


def _incoming(config: Config, home: Home, state: PeerState) -> Path:
    """Give where downloads go. Raises: BadConfigError when that is shared."""
    if config.incoming is None:
        return home.incoming
    folder = config.incoming.resolve()
    if any(overlaps(folder, root) for root in state.library.roots()):
        raise BadConfigError(f"incoming: {folder}")
    return folder


def _world(
    config: Config,
    home: Home,
    signer: Signer,
    ready: HubReady,
    hubs: HubSet,
    state: PeerState,
    torrents: LibtorrentSession,
    media: MediaWorker,
    screening: ScreeningRoom,
) -> World:
    clock, chance = SystemClock(), random.SystemRandom()
    return World(
        network=config.network,
        signer=signer,
        incoming=_incoming(config, home, state),
        shared=home.shared,
        own_hub=ready.url,
        bootstrap=config.bootstrap,
        clock=clock,
        chance=chance,
        hubs=hubs,
        links=WebsocketLinks(signer, clock, chance, _search),
        torrents=torrents,
        rendezvous=torrents.rendezvous,
        media=media,
        screening=screening,
        stills=DiskStills(home.stills),
        folders=DiskFolders(home.path),
        library=state.library,
        journal=state.journal,
        transfers=state.transfers,
        book=state.book,
        people=state.people,
        talk=state.talk,
        sealing=seals_of(home.path, chance),
    )
