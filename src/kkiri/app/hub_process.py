"""The hub process: listens, answers, syncs; holds the hub's own key and never a person's.

JSON lines: in `{"sync": [URL…]}` and `{"address": URL}`, out `{"ready": URL, "key": HEX}`. It ends
when its input closes, so that no hub outlives its peer.
"""

import argparse
import asyncio
import logging
import random
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path

import msgspec

from kkiri import __version__
from kkiri.adapters.links import HubDoor, WebsocketLinks, take_address, url_of
from kkiri.adapters.readers import ReaderThreads
from kkiri.adapters.store import SqliteReader
from kkiri.adapters.system import SystemClock, make_private_dir, write_private
from kkiri.adapters.writer import WriterProcess
from kkiri.base.errors import BadConfigError, BadKeyError, KkiriError
from kkiri.base.hexes import is_hex32
from kkiri.base.types import Bytes, HubUrl, PubKey, UnixTime
from kkiri.event import card
from kkiri.event.filters import SearchMatcher
from kkiri.event.kinds import HUB_CARD
from kkiri.event.record import Event
from kkiri.event.verify import Signer
from kkiri.flows.hub.answer_reach import DialBack
from kkiri.flows.hub.serve import Hub
from kkiri.flows.hub.sync import HubSync
from kkiri.hub.info import document, prove
from kkiri.hub.policy import Rules
from kkiri.ports.serving import Origin
from kkiri.search.query import matches_query, parse

READERS = 2  # one core answers while the other reads; more readers only wait for each other
SWITCH_SECONDS = 0.0005  # a reader thread must not hold the loop for the usual 5 ms
LINE_BYTES_MAX = 64 * 1024  # a list of 100 hubs is 3 kB
INFO_COST = 20.0  # a signature and a document, in messages
INFO_WAIT_SECONDS_MAX = 1.0  # who asks for documents faster than that is told so
CARD_SECONDS = 86_400.0  # a card is signed anew daily: old ones fade


class _Order(msgspec.Struct):
    """One line from the peer."""

    sync: list[str] | None = None
    address: str | None = None


class HubProcess:
    """Everything that one hub process holds."""

    def __init__(self, asked: argparse.Namespace, taken: socket.socket) -> None:
        folder: Path = asked.folder
        make_private_dir(folder)
        self._taken = taken
        self._url = url_of(taken)
        self._private: bool = asked.private
        self._vouched: list[HubUrl] = [HubUrl(asked.advertise)] if asked.advertise else []
        everywhere = ip_address(taken.getsockname()[0]).is_unspecified
        if asked.private and not self._vouched and not everywhere:
            self._vouched = [self._url]
        self._addresses = list(self._vouched)
        self._capacity = Bytes(asked.bytes)
        self._clock = SystemClock()
        self._chance = random.SystemRandom()
        self._signer = load_or_make_key(folder / "key", self._chance)
        self._since = self._clock.now()
        self._card_at = UnixTime(0)
        self._store = folder / "events.db"
        self._rules = Rules(
            owner=PubKey(asked.owner), work_bits_min=asked.work, limited=not asked.no_limits
        )
        own = [word for url in (self._url, *self._addresses) for word in ("--url", url)]
        command = [
            sys.executable,
            "-P",
            "-m",
            "kkiri.app.writer_process",
            "--store",
            str(self._store),
        ]
        self._writer = WriterProcess(
            [*command, "--bytes", str(asked.bytes), "--owner", asked.owner, *own]
        )

    async def run(self) -> None:
        """Serve until the input closes or a signal comes."""
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(self._writer.run(), name="writer")
            await self._writer.opened()
            readers = ReaderThreads([SqliteReader(self._store) for _ in range(READERS)])
            hub = Hub(
                intake=self._writer,
                readers=readers,
                clock=self._clock,
                chance=self._chance,
                rules=self._rules,
                search=search_matcher(),
            )
            links = WebsocketLinks(self._signer, self._clock, self._chance, search_matcher())
            sync = HubSync(
                hub=hub,
                readers=readers,
                links=links,
                rules=self._rules,
                clock=self._clock,
                chance=self._chance,
            )
            door = HubDoor(
                talk=hub.serve,
                document=lambda origin, nonce: self._document(hub, origin, nonce),
                known=lambda: self._addresses,
                dial_back=DialBack(links, self._clock, public=not self._private).answer,
            )
            async with door.open(self._taken):
                say({"ready": self._url, "key": self._signer.pubkey})
                syncing = group.create_task(sync.run(), name="sync")
                carding = group.create_task(self._keep_card(hub, sync), name="card")
                try:
                    await self._obey(sync, hub)
                finally:
                    syncing.cancel()
                    carding.cancel()
            writing.cancel()
            readers.close()

    async def _obey(self, sync: HubSync, hub: Hub) -> None:
        """Do what the peer says, until it says no more."""
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        if sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop.set)
        reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(self._read_orders(reader, sync, hub, stop), name="orders")
            await stop.wait()
            reading.cancel()

    async def _read_orders(
        self, reader: asyncio.StreamReader, sync: HubSync, hub: Hub, stop: asyncio.Event
    ) -> None:
        while line := await reader.readline():
            try:
                order = msgspec.json.decode(line, type=_Order)
            except msgspec.MsgspecError as error:
                raise BadConfigError(f"an order to the hub: {error}") from error
            if order.sync is not None:
                sync.choose(HubUrl(url) for url in order.sync)
            if order.address is not None:
                # empty: strangers reach us no more, and no card says that they do
                told = [HubUrl(order.address)] if order.address else []
                self._addresses = [*told, *(url for url in self._vouched if url not in told)]
                await self._publish_card(hub, sync)
        stop.set()

    async def _keep_card(self, hub: Hub, sync: HubSync) -> None:
        while True:
            await self._publish_card(hub, sync)
            await asyncio.sleep(CARD_SECONDS)

    async def _publish_card(self, hub: Hub, sync: HubSync) -> None:
        """Sign what this hub is into its own store; sync spreads it."""
        if not self._addresses:
            return
        tags = card.to_tags(
            card.HubCard(
                url=self._addresses[0],
                prefix="",
                depth=0,
                capacity=self._capacity,
                since=self._since,
            )
        )
        # never two of one second: the lower id would win, not the later address
        self._card_at = UnixTime(max(self._clock.now(), self._card_at + 1))
        aux = self._chance.randbytes(32)
        signed = self._signer.sign(HUB_CARD, tags, "", self._card_at, aux)
        await hub.take_in(signed)
        sync.spread(signed)

    def _document(self, hub: Hub, origin: Origin, nonce: str | None) -> bytes | None:
        if hub.costs(origin.host, INFO_COST) > INFO_WAIT_SECONDS_MAX:
            return None
        proof = None
        if nonce is not None:
            now, aux = self._clock.now(), self._chance.randbytes(32)
            proof = prove(self._signer, origin.asked, nonce, now, aux)
        return document(
            name="kkiri",
            key=self._signer.pubkey,
            version=__version__,
            work_bits_min=self._rules.work_bits_min,
            proof=proof,
        )


def search_matcher() -> SearchMatcher:
    """Give the search language as the links and subscriptions use it: read once, tested often."""

    def read(text: str) -> Callable[[Event], bool]:
        query = parse(text)
        return lambda event: matches_query(query, event)

    return read


def load_or_make_key(path: Path, chance: random.Random) -> Signer:
    """Read the hub's key, or make one in a private file.

    Raises: BadKeyError.
    """
    try:
        secret = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        secret = chance.randbytes(32).hex()
        write_private(path, f"{secret}\n".encode())
    if not is_hex32(secret):
        raise BadKeyError(str(path))
    return Signer(bytes.fromhex(secret))


def say(line: dict[str, str]) -> None:
    """Tell the peer one thing."""
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def read_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; the peer is the only one that writes it."""
    parser = argparse.ArgumentParser(prog="kkiri.app.hub_process")
    parser.add_argument("--folder", type=Path, required=True, help="holds the key and the records")
    parser.add_argument("--listen", required=True, help="HOST:PORT, port 0 for any")
    parser.add_argument("--owner", required=True, help="the person's key: no limits on her link")
    parser.add_argument("--bytes", type=int, default=2 * 10**9, help="how much to store")
    parser.add_argument("--work", type=int, default=0, help="bits that strangers' records need")
    parser.add_argument("--advertise", default="", help="the address that others dial")
    parser.add_argument("--private", action="store_true", help="its own address is good enough")
    parser.add_argument("--no-limits", action="store_true", help="no rates: for trials")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Run one hub until its input closes."""
    asked = read_arguments(words)
    logging.basicConfig(level=logging.WARNING, format="hub %(levelname)s %(name)s %(message)s")
    sys.setswitchinterval(SWITCH_SECONDS)
    host, _, port = str(asked.listen).rpartition(":")
    try:
        with take_address(host.strip("[]"), int(port)) as taken:
            asyncio.run(HubProcess(asked, taken).run())
    except (KkiriError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
