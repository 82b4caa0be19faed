"""Routes of one's own library: the shared folders, and what is in them."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from kkiri.app.library import ListedPageAnswer, RootAnswer, page_answer, root_answers
from kkiri.app.peer import Peer
from kkiri.base.errors import NotFoundError
from kkiri.web.asked import Amount, PathText, Text
from kkiri.web.moving import local_path

PAGE_MAX = 500  # listings in one answer, about 150 kB
PAGE_FIRST = 100  # a few screens


class ListedParams(BaseModel):
    """Which listings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: PathText
    """Of the shared folder or file, as `/api/library` gives it."""
    words: Text = ""
    start: Amount = 0
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE_FIRST


def library(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api", tags=["share"])

    @routes.get("/library")
    async def roots() -> list[RootAnswer]:
        """List the shared folders and files, and how far new ones have come."""
        return await asyncio.to_thread(root_answers, peer.world, peer.adding.now())

    @routes.get("/library/listings")
    async def listings(asked: Annotated[ListedParams, Query()]) -> ListedPageAnswer:
        """Give some listings of a shared folder, newest first."""
        root = local_path(asked.path)
        if root not in peer.world.library.roots():
            raise NotFoundError(asked.path[:200])
        total, lines = await asyncio.to_thread(
            peer.world.library.lines, root, asked.words, asked.start, asked.limit
        )
        return page_answer(peer.world, total, lines)

    return routes
