"""A look into a torrent's swarm, with the names of persons in it, and what one changes there."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from kkiri.base.errors import NotFoundError, RefusedError
from kkiri.base.types import Bytes, InfoHash, PubKey, Seconds
from kkiri.event.listing import PeerAddress
from kkiri.flows.fetch import cancel
from kkiri.flows.people import on_now
from kkiri.flows.world import World
from kkiri.ports.state import Transfer
from kkiri.ports.swarms import Origin, Swarm, SwarmPeer

FACES_SECONDS = Seconds(30.0)  # a presence is told anew every few minutes


class SharedHereError(RefusedError):
    """That is shared; stop sharing it first. | 공유하고 있습니다. 먼저 공유를 그만두십시오."""

    number = 150


class FilesUnknownError(RefusedError):
    """These files have changed since they came: kkiri leaves them to you. | 받은 뒤에 바뀐 파일이라 끼리가 지우지 않습니다."""  # noqa: E501

    number = 151


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A person whose peer is dialled at an address."""

    key: PubKey
    name: str


@dataclass(slots=True)
class Faces:
    """Who is at which address, asked of the hubs now and then."""

    _at: Mapping[PeerAddress, Face] = field(default_factory=dict)
    _asked: Seconds | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look(self, world: World) -> Mapping[PeerAddress, Face]:
        """Give who is on, by address; as old as FACES_SECONDS at most."""
        async with self._lock:
            now = world.clock.monotonic()
            if self._asked is None or now - self._asked >= FACES_SECONDS:
                known = await on_now(world)
                self._at = {
                    address: Face(key=key, name=known.shown(key).name)
                    for key, said in known.on.items()
                    if key != world.signer.pubkey
                    for address in said.addresses
                }
                self._asked = now
            return self._at


def face_of(faces: Mapping[PeerAddress, Face], peer: SwarmPeer) -> Face | None:
    """Give whose peer it is; one that dialled us has another port, so a lone host tells too."""
    if peer.address in faces or peer.origin is not Origin.INCOMING:
        return faces.get(peer.address)
    same_host = {face.key: face for at, face in faces.items() if at.host == peer.address.host}
    return next(iter(same_host.values())) if len(same_host) == 1 else None


async def look(world: World, info_hash: InfoHash) -> tuple[Transfer, Swarm]:
    """Look at one transfer. Raises: NotFoundError."""
    transfer = _transfer(world, info_hash)
    try:
        return transfer, await world.torrents.swarms.swarm(info_hash)
    except NotFoundError:  # asked for, but the engine does not have it: it is waiting, or changed
        empty = Swarm(
            info_hash=info_hash,
            peers=(),
            peers_total=0,
            piece_bytes=Bytes(0),
            pieces=b"",
            availability=b"",
            files=(),
            uploaded=Bytes(0),
            downloaded=Bytes(0),
        )
        return transfer, empty


async def choose(
    world: World, info_hash: InfoHash, wanted: Collection[int], first: Collection[int]
) -> None:
    """Fetch other files of a transfer that runs, over restarts too; `first` before the others.

    Raises: NotFoundError, RefusedError when it is not being fetched.
    """
    transfer = _transfer(world, info_hash)
    files = (await world.torrents.swarms.swarm(info_hash)).files
    chosen = [file.path for file in files if file.index in wanted]
    if not chosen:
        raise NotFoundError(transfer.name)
    only = None if len(chosen) == len(files) else tuple(chosen)
    sooner = [file.path for file in files if file.index in first]
    await world.torrents.swarms.choose(info_hash, only, sooner)
    world.transfers.put_transfer(replace(_transfer(world, info_hash), only=only))


async def erase(world: World, info_hash: InfoHash) -> int:
    """Forget a transfer and delete its files; gives how many stayed because they had changed.

    Raises: NotFoundError, SharedHereError, FilesUnknownError.
    """
    transfer = _transfer(world, info_hash)
    if world.library.listing(info_hash) is not None:
        raise SharedHereError(transfer.name)
    if world.torrents.progress_of(info_hash) is None:
        if transfer.finished_at is not None:
            raise FilesUnknownError(transfer.name)
        await cancel(world, info_hash)
        return 0
    stayed = await world.torrents.swarms.erase(info_hash)
    world.transfers.remove_transfer(info_hash)
    return stayed


def _transfer(world: World, info_hash: InfoHash) -> Transfer:
    for one in world.transfers.transfers():
        if one.info_hash == info_hash:
            return one
    raise NotFoundError(info_hash)
