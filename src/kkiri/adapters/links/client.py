"""How links to hubs are opened, and a hub's document fetched with a fresh nonce.

Dials what it is told to and nothing else: no proxy, no redirect.
"""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI

from kkiri.adapters.links.document import fetch_document
from kkiri.adapters.links.link import FRAME_BYTES_MAX, Means, WebsocketLink
from kkiri.base.errors import BadMessageError, HubRefusedError, LinkLostError
from kkiri.base.types import HubUrl, PubKey, Seconds
from kkiri.event.filters import SearchMatcher, any_search
from kkiri.event.verify import Signer, Verified
from kkiri.hub import reach
from kkiri.hub.address import Where, where
from kkiri.hub.info import NONCE_HEADER, claimed_key, read_document
from kkiri.ports.clock import Chance, Clock
from kkiri.ports.links import HubInfo

DIAL_SECONDS_MAX = 10.0  # three lost SYNs; a hub that needs longer is no help to a search
CLOSE_SECONDS_MAX = 1.0  # nothing is lost when a closing handshake is cut short
PING_SECONDS = 25.0  # most NAT boxes forget an idle TCP flow after minutes; 25 s is safe
REMEMBERED_RECORDS_MAX = 20_000  # ids and signatures, about 5 MB: several covering searches
FRAMES_QUEUED_MAX = 64  # beyond it TCP holds the hub back; 64 records of 1 kB are one read


class WebsocketLinks:
    """Opens links for one person; records seen on one link are not verified again on another."""

    def __init__(
        self, signer: Signer, clock: Clock, chance: Chance, search: SearchMatcher = any_search
    ) -> None:
        self._means = Means(
            signer=signer,
            clock=clock,
            chance=chance,
            search=search,
            verified=Verified(REMEMBERED_RECORDS_MAX),
        )

    def dial(self, url: HubUrl) -> AbstractAsyncContextManager[WebsocketLink]:
        """Open a link; it answers the hub's AUTH challenge with the person's key."""
        return _Dialled(url, self._means)

    async def info(self, url: HubUrl, wait_seconds: Seconds) -> HubInfo:
        """Fetch NIP-11 with a fresh nonce and check the proof."""
        nonce = self._means.chance.randbytes(32).hex()
        raw = await _fetch(url, (NONCE_HEADER, nonce), wait_seconds)
        claim = await asyncio.to_thread(read_document, raw, url, nonce)
        return HubInfo(
            url=url,
            proved=claim.proved,
            name=claim.name,
            software=claim.software,
            nips=claim.nips,
            limit_max=claim.limit_max,
        )

    async def claimed(self, url: HubUrl, wait_seconds: Seconds) -> PubKey | None:
        """Give the key that a hub says it has, unproved; None when it names none."""
        return claimed_key(await _fetch(url, None, wait_seconds))

    async def dial_back(
        self, url: HubUrl, port: int, key: PubKey, wait_seconds: Seconds
    ) -> HubUrl | None:
        """Ask a hub to dial our hub at the address it sees us at; give where it answered."""
        raw = await _fetch(url, (reach.HEADER, reach.write_request(port, key)), wait_seconds)
        try:
            return reach.read_answer(raw, port, public=where(url) is Where.PUBLIC)
        except BadMessageError as error:
            raise HubRefusedError(error.detail) from error


async def _fetch(url: HubUrl, field: tuple[str, str] | None, wait_seconds: Seconds) -> bytes:
    try:
        async with asyncio.timeout(wait_seconds):
            return await fetch_document(url, field)
    except (OSError, TimeoutError) as error:
        raise LinkLostError(url) from error


class _Direct(connect):
    """A dial that stays with the address it was given."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc  # a hub that redirects would make us connect where a stranger says


class _Dialled:
    """One link as a context: its reader runs in a task group that ends with it."""

    def __init__(self, url: HubUrl, means: Means) -> None:
        self._url = url
        self._means = means
        self._group = asyncio.TaskGroup()
        self._connection: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> WebsocketLink:
        try:
            self._connection = await _Direct(
                self._url,
                compression=None,
                proxy=None,
                open_timeout=DIAL_SECONDS_MAX,
                close_timeout=CLOSE_SECONDS_MAX,
                ping_interval=PING_SECONDS,
                ping_timeout=PING_SECONDS,
                max_size=FRAME_BYTES_MAX,
                max_queue=FRAMES_QUEUED_MAX,
                user_agent_header="kkiri",
                logger=silent(),
            )
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
            raise LinkLostError(self._url) from error
        link = WebsocketLink(self._url, self._connection, self._means)
        await self._group.__aenter__()
        self._reader = self._group.create_task(link.listen(), name=f"link {self._url}")
        return link

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None and self._reader is not None:
            try:
                await self._connection.close()
            finally:
                self._reader.cancel()
                # without the body's error: the group would wrap it, and the caller knows it
                await self._group.__aexit__(None, None, None)


def silent() -> logging.Logger:
    """Give a logger that says nothing: a stranger's broken handshake is no news."""
    logger = logging.Logger("websockets", level=logging.CRITICAL + 1)  # noqa: LOG001
    logger.propagate = False
    return logger
