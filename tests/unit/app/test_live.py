"""The board: order, topics that are held, readers that are slow."""

import asyncio
from contextlib import aclosing

from kkiri.app.live import HELD_MAX, Board


async def _take(board: Board, count: int, held: tuple[str, ...] = ()) -> list[tuple[str, object]]:
    taken: list[tuple[str, object]] = []
    async with asyncio.timeout(5), aclosing(board.follow(held)) as told:
        async for one in told:
            taken.append(one)
            if len(taken) == count:
                return taken
    raise AssertionError


async def test_topics_come_in_the_order_in_which_they_were_told() -> None:
    board = Board()
    board.tell("news", 0)
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(_take(board, 3), name="read")
        await asyncio.sleep(0)
        board.tell("message", 1)
        board.tell("news", 2)
        await asyncio.sleep(0)
        board.tell("message", 3)
    assert reading.result() == [("message", 1), ("news", 2), ("message", 3)]


async def test_one_that_opens_later_hears_what_is_held() -> None:
    board = Board()
    for number in range(HELD_MAX + 5):
        board.tell("news", number)
    board.tell("message", "not held")
    taken = await _take(board, HELD_MAX, ("news",))
    assert taken == [("news", number) for number in range(5, HELD_MAX + 5)]


async def test_a_slow_reader_misses_the_oldest_only() -> None:
    board = Board()
    async with asyncio.timeout(5), aclosing(board.follow(("news",))) as told:
        board.tell("news", 0)
        assert await anext(told) == ("news", 0)
        for number in range(1, 2 * HELD_MAX):
            board.tell("news", number)
        assert await anext(told) == ("news", HELD_MAX)
