"""A hub's key is proved before it is believed, unless a person named the hub.

Source: NIP-11 with our nonce, docs/protocol/finding-hubs.md.
"""

import asyncio

from kkiri.base.errors import HubUnprovedError, LinkLostError
from kkiri.base.types import HubUrl, Seconds
from kkiri.ports.links import HubInfo, HubLinks

PROVE_SECONDS_MAX = 5.0  # one small page over a new connection, from anywhere in the world


async def prove(links: HubLinks, url: HubUrl) -> HubInfo:
    """Have a stranger prove its key.

    Raises: LinkLostError, HubUnprovedError, TimeoutError.
    """
    info = await _info(links, url)
    if info.proved is None:
        raise HubUnprovedError(url)
    return info


async def prove_named(links: HubLinks, url: HubUrl) -> HubInfo:
    """Have a hub that a person named prove its key if it can; without, it stays unproved."""
    try:
        return await _info(links, url)
    except (LinkLostError, HubUnprovedError, TimeoutError):
        return _unproved(url)


async def prove_own(links: HubLinks, url: HubUrl) -> HubInfo:
    """Learn the own hub's key; it may still be starting.

    Raises: LinkLostError, TimeoutError.
    """
    try:
        return await _info(links, url)
    except HubUnprovedError:
        return _unproved(url)


async def _info(links: HubLinks, url: HubUrl) -> HubInfo:
    async with asyncio.timeout(PROVE_SECONDS_MAX):
        return await links.info(url, Seconds(PROVE_SECONDS_MAX))


def _unproved(url: HubUrl) -> HubInfo:
    # it may know NIP-50 all the same: what it answers is filtered by us anyhow
    nips = frozenset({50})
    return HubInfo(url=url, proved=None, name="", software="", nips=nips, limit_max=None)
