"""Turns what the API was asked into a search: the words as typed, the filters beside them."""

from dataclasses import replace

from kkiri.flows.people import resolve
from kkiri.flows.world import World
from kkiri.search.query import Query, parse
from kkiri.web.asked import AskedFind


async def query_of(world: World, asked: AskedFind) -> Query:
    """Give the search; a filter of its own replaces the same one among the words.

    Raises: NotFoundError, BadKeyError when nobody is called as `by` says.
    """
    query = parse(asked.words)
    if asked.kind is not None:
        query = replace(query, sort=(asked.kind,))
    if asked.artist is not None:
        query = replace(query, artist=(asked.artist,))
    if asked.by is not None:
        query = replace(query, by=(await resolve(world, asked.by),))
    if asked.min_length is not None:
        query = replace(query, min_seconds=asked.min_length)
    if asked.max_length is not None:
        query = replace(query, max_seconds=asked.max_length)
    if asked.min_size is not None:
        query = replace(query, min_size=asked.min_size)
    if asked.max_size is not None:
        query = replace(query, max_size=asked.max_size)
    return query
