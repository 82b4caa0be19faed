"""libtorrent as awaitable calls: alerts wake the loop through a pipe and answer who waits.

A Python callback from libtorrent's thread can deadlock with a call that holds the GIL, so there is
none: it writes a byte to a pipe, and the loop pops and copies.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import libtorrent as lt

from kkiri.adapters.torrents.alerts import (
    Added,
    DhtPeers,
    Flushed,
    Listening,
    Removed,
    ResumeData,
    Told,
    told,
)
from kkiri.adapters.torrents.settings import (
    BUSY_TICK_MS,
    IDLE_TICK_MS,
    READ_QUEUE_SECONDS,
    READ_TICK_MS,
    SessionSettings,
    closed_ranges,
    limit_rates,
    pack,
)
from kkiri.base.errors import BadMetainfoError, LocalError
from kkiri.base.types import InfoHash

ANSWER_SECONDS_MAX = 60.0  # a disk under load answers late; later than this it is stuck
LISTEN_SECONDS_MAX = 5.0  # binding a port on this machine
DHT_REPLIES_MAX = 100  # a lookup asks some dozens of nodes
DHT_STATE_BYTES_MAX = 1024 * 1024  # a routing table is about 10 kB

Listener = Callable[[Told], None]


class Engine:
    """One libtorrent session and those who wait for its answers."""

    def __init__(self, settings: SessionSettings, listener: Listener) -> None:
        self._settings = settings
        self._listener = listener
        self._waiting: dict[tuple[type[Told], str], list[asyncio.Future[Told]]] = {}
        self._dht_waiting: dict[bytes, list[asyncio.Queue[DhtPeers]]] = {}
        self._pipe: tuple[int, int] = (-1, -1)
        self._busy = False
        self._reading = False
        self._limited = False
        self.lt: lt.session | None = None

    async def start(self) -> None:
        """Open the session and wait until it listens."""
        params = lt.session_params()
        state = self._settings.state / "dht"
        if state.is_file() and state.stat().st_size <= DHT_STATE_BYTES_MAX:
            params = lt.read_session_params(state.read_bytes(), 1)
        params.settings = pack(self._settings)
        if self._settings.public:
            params.ip_filter = closed_ranges()
        session = lt.session(params)
        self.lt = session
        self.limit(self._settings.upload_rate, self._settings.download_rate)
        if self._settings.public:
            session.set_ip_filter(closed_ranges())
        for node in self._settings.dht_nodes:
            session.add_dht_node((node.host, node.port))
        self._pipe = os.pipe()
        for end in self._pipe:
            os.set_blocking(end, False)
        asyncio.get_running_loop().add_reader(self._pipe[0], self._woken)
        session.set_alert_fd(self._pipe[1])
        listening = self._expect(Listening, "")
        self._woken()  # alerts from before the pipe was there
        try:
            async with asyncio.timeout(LISTEN_SECONDS_MAX):
                await listening
        except TimeoutError:
            return  # no address: nobody dials us, we still dial

    async def add(self, params: lt.add_torrent_params, info_hash: InfoHash) -> lt.torrent_handle:
        """Add a torrent. Raises: BadMetainfoError when the engine refuses it."""
        waiting = self._expect(Added, info_hash)
        self.session.async_add_torrent(params)
        answer = await self._answer(waiting)
        if not isinstance(answer, Added) or answer.handle is None:
            raise BadMetainfoError(answer.error if isinstance(answer, Added) else "")
        return answer.handle

    async def remove(self, handle: lt.torrent_handle, info_hash: InfoHash) -> None:
        """Take a torrent out and wait until it is."""
        waiting = self._expect(Removed, info_hash)
        self.session.remove_torrent(handle)
        await self._answer(waiting)

    async def flush(self, handle: lt.torrent_handle, info_hash: InfoHash) -> None:
        """Wait until everything received is with the operating system."""
        waiting = self._expect(Flushed, info_hash)
        handle.flush_cache()
        await self._answer(waiting)

    async def resume_data(
        self, handle: lt.torrent_handle, info_hash: InfoHash, *, always: bool = False
    ) -> bytes | None:
        """Ask what a download has; None when nothing changed since the last time."""
        waiting = self._expect(ResumeData, info_hash)
        flags = lt.save_resume_flags_t.flush_disk_cache
        handle.save_resume_data(
            flags if always else flags | lt.save_resume_flags_t.only_if_modified
        )
        answer = await self._answer(waiting)
        return answer.data if isinstance(answer, ResumeData) else None

    def pace(self, busy: bool) -> None:
        """Let the engine look around often while something moves, and rarely while nothing does."""
        if busy is not self._busy:
            self._busy = busy
            self._set_pace()

    def limit(self, upload_rate: int, download_rate: int) -> None:
        """Hold the session to bytes a second; 0 for no limit."""
        limit_rates(self.session, upload_rate, download_rate)
        self._limited = bool(upload_rate or download_rate)
        self._set_pace()

    def read(self, reading: bool) -> None:
        """Be quick to ask for other pieces while somebody reads what is still arriving."""
        if reading is not self._reading:
            self._reading = reading
            self._set_pace()

    def _set_pace(self) -> None:
        if self.lt is None:
            return
        # a session with a rate gives out what it may send at each tick: a handshake waits for it
        tick = BUSY_TICK_MS if self._busy or self._limited else IDLE_TICK_MS
        quick = self._reading or (self._busy and self._limited)
        usual = pack(self._settings).get("request_queue_time", 3)
        self.lt.apply_settings(
            {
                "tick_interval": READ_TICK_MS if quick else tick,
                "request_queue_time": READ_QUEUE_SECONDS if self._reading else usual,
                # the first pieces of a download are usually any, whatever is wanted of them
                "initial_picker_threshold": 0 if self._reading else 4,
                # else a torrent that has what is wanted of it just now lets its seeds go
                "close_redundant_connections": not self._reading,
            }
        )

    @contextmanager
    def dht_replies(self, key: bytes) -> "Iterator[asyncio.Queue[DhtPeers]]":
        """Collect what the DHT answers about a key while the block lasts, every answer of it."""
        replies: asyncio.Queue[DhtPeers] = asyncio.Queue(DHT_REPLIES_MAX)
        self._dht_waiting.setdefault(key, []).append(replies)
        try:
            yield replies
        finally:
            self._dht_waiting[key].remove(replies)
            if not self._dht_waiting[key]:
                del self._dht_waiting[key]

    @property
    def session(self) -> lt.session:
        """Give the running session."""
        if self.lt is None:
            raise LocalError("the engine has stopped")
        return self.lt

    async def close(self) -> None:
        """Save the routing table and stop; waits for the engine's threads beside the loop."""
        session = self.lt
        if session is None:
            return
        self.lt = None
        asyncio.get_running_loop().remove_reader(self._pipe[0])
        session.set_alert_fd(-1)
        for futures in self._waiting.values():
            for future in futures:
                future.cancel()
        self._waiting.clear()
        state = lt.write_session_params_buf(session.session_state(1))
        (self._settings.state / "dht").write_bytes(state)
        session.pause()
        last = [session]
        del session
        await asyncio.to_thread(last.clear)
        for end in self._pipe:
            os.close(end)

    def _woken(self) -> None:
        try:
            while len(os.read(self._pipe[0], 4096)) == 4096:
                pass
        except BlockingIOError:
            pass
        if self.lt is None:
            return
        for one in told(self.lt):
            self._resolve(one)
            self._listener(one)

    def _expect(self, sort: type[Told], key: str) -> "asyncio.Future[Told]":
        future: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault((sort, key), []).append(future)
        return future

    async def _answer(self, waiting: "asyncio.Future[Told]") -> Told:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            return await waiting

    def _resolve(self, one: Told) -> None:
        match one:
            case Listening():
                key = ""
            case DhtPeers(key=asked):
                # several answers come in one batch: no future holds more than the first
                for replies in self._dht_waiting.get(asked, []):
                    if not replies.full():
                        replies.put_nowait(one)
                return
            case Added() | Removed() | Flushed() | ResumeData():
                key = one.info_hash
            case _:
                return
        for future in self._waiting.pop((type(one), key), []):
            if not future.done():
                future.set_result(one)
