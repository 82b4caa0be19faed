"""Where people read their private messages: the hubs they name, and how one is reached.

A stranger's list makes us dial hub addresses only, under the rules for a stranger's word (P2):
no name that has to be resolved and no private range, unless this person uses that hub too.
Source: NIP-17 (10050), NIP-65 (10002).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from kkiri.base.errors import BadRecordError, LinkLostError
from kkiri.base.limits import FILTER_LIMIT_MAX
from kkiri.base.types import HubUrl, PubKey, Seconds
from kkiri.event import kinds
from kkiri.event.filters import Filter
from kkiri.event.profile import read_hub_list, read_inbox_list
from kkiri.flows.asking import ask_hubs, standing
from kkiri.flows.world import Network, World
from kkiri.hub.address import BadHubUrlError, Source, hub_url, may_dial
from kkiri.ports.links import HubLink

INBOX_HUBS_MAX = 4  # NIP-17 asks for one to three; our own hub beside them
ASK_SECONDS = Seconds(2.0)  # as a search: a message can wait, but need not


async def inboxes_of(world: World, keys: Sequence[PubKey]) -> Mapping[PubKey, tuple[HubUrl, ...]]:
    """Give the hubs at which some people read their messages, those we may dial only.

    Who names none for messages is given the hubs they read from; who is missing named neither.
    """
    authors = tuple(dict.fromkeys(keys))[:FILTER_LIMIT_MAX]
    wanted = Filter(
        kinds=(kinds.DM_RELAY_LIST, kinds.RELAY_LIST), authors=authors, limit=FILTER_LIMIT_MAX
    )
    gathered = await ask_hubs(world, world.hubs.plan(), lambda _: [wanted], ASK_SECONDS)
    found: dict[PubKey, tuple[HubUrl, ...]] = {}
    records = sorted(standing(gathered.records.values()), key=lambda record: record.kind)
    for record in records:  # 10050 comes after 10002 and counts before it
        try:
            if record.kind == kinds.DM_RELAY_LIST:
                urls = read_inbox_list(record)
            else:
                urls = tuple(hub.url for hub in read_hub_list(record) if hub.read)
        except BadRecordError:
            continue
        usable = tuple(url for url in urls if _may_use(world, url))[:INBOX_HUBS_MAX]
        if usable:
            found[record.pubkey] = usable
    return found


@asynccontextmanager
async def link_to(world: World, url: HubUrl) -> AsyncIterator[HubLink]:
    """Use the open link to a hub, or open one for as long as the block lasts.

    Raises: LinkLostError on entering.
    """
    own = url in {world.own_hub, world.hubs.address()}
    for hub in world.hubs.open():
        if hub.url == url or (own and hub.own):
            yield hub.link
            return
    if own or not _may_use(world, url):
        raise LinkLostError(url)
    async with world.links.dial(url) as link:
        yield link


def _may_use(world: World, url: HubUrl) -> bool:
    try:
        if hub_url(url) != url:
            return False
    except BadHubUrlError:
        return False
    public = world.network is Network.PUBLIC
    if may_dial(url, Source.CARD, public=public):
        return True
    return any(hub.url == url for hub in world.hubs.open()) or any(
        hub.named and hub.url == url for hub in world.book.hubs()
    )
