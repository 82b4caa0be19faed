"""RSS: a search, a kept search, what a person lists and one's own library, for any feed reader."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import Response

from kkiri.app.peer import Peer
from kkiri.base.errors import NotFoundError
from kkiri.flows.find import find
from kkiri.flows.finds import Found
from kkiri.flows.people import library_of, resolve
from kkiri.search import query as searches
from kkiri.web.asked import AMOUNT_MAX, Kind, Text, Who
from kkiri.web.other_programs.doors import RSS
from kkiri.web.other_programs.torznab import torrent_links
from kkiri.web.other_programs.torznab_answer import Feed, feed

RSS_TYPE = "application/rss+xml; charset=utf-8"
ITEMS_MAX = 200  # newest first; a reader that asks every hour misses none of a busy network
Number = Annotated[int, InPath(ge=0, le=AMOUNT_MAX)]
Key = Annotated[str, Query()]
"""The app password; the door has looked at it."""
Link = Literal["torrent", "magnet"]
"""Whether things of one's own come as torrent files or as magnets."""


def rss(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix=RSS, tags=["rss"])

    @routes.get("/find", response_class=Response)
    async def rss_find(
        apikey: Key, q: Text = "", kind: Kind | None = None, link: Link = "magnet"
    ) -> Response:
        """Give what a search finds, newest first."""
        query = searches.parse(q)
        if kind is not None:
            query = replace(query, sort=(kind,))
        found = await find(peer.world, query)
        return _feed(peer, f"kkiri: {q or kind or '…'}", found, apikey, link)

    @routes.get("/kept/{number}", response_class=Response)
    async def rss_kept(number: Number, apikey: Key, link: Link = "magnet") -> Response:
        """Give what a kept search finds, newest first."""
        kept = next((one for one in peer.kept() if one.number == number), None)
        if kept is None:
            raise NotFoundError(str(number))
        found = await find(peer.world, searches.parse(kept.words))
        return _feed(peer, f"kkiri: {kept.words}", found, apikey, link)

    @routes.get("/person/{who}", response_class=Response)
    async def rss_person(who: Who, apikey: Key, link: Link = "magnet") -> Response:
        """Give what a person lists, newest first."""
        found = await library_of(peer.world, await resolve(peer.world, who))
        return _feed(peer, f"kkiri: {who}", found, apikey, link)

    @routes.get("/library", response_class=Response)
    async def rss_library(apikey: Key, link: Link = "torrent") -> Response:
        """Give what one shares, newest first."""
        found = await library_of(peer.world, peer.world.signer.pubkey)
        return _feed(peer, "kkiri: library", found, apikey, link)

    return routes


def _feed(peer: Peer, title: str, found: list[Found], key: str, link: Link) -> Response:
    newest = sorted(found, key=lambda one: (-one.created_at, one.info_hash))[:ITEMS_MAX]
    told = Feed(title=title, link=peer.page, about=title, found=newest)
    links = torrent_links(peer, newest, key) if link == "torrent" else {}
    return Response(feed(told, links, plain=True), headers={"content-type": RSS_TYPE})
