from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from realtime.batching import Batcher

# A database thread looks after its connection, which other tests have left there.
pytestmark = pytest.mark.django_db


class Clerk:
    """Doubles numbers, refuses negative ones, and keeps in mind what was asked together. Answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.may_answer = threading.Event()

    def answer(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.asked.append(list(numbers))
        assert self.may_answer.wait(10)
        return [2 * n if n >= 0 else ValueError(str(n)) for n in numbers]


async def _until(clerk: Clerk, batches: int) -> None:
    async with asyncio.timeout(10):
        while len(clerk.asked) < batches:
            await asyncio.sleep(0)


async def test_what_is_asked_while_a_thread_is_busy_is_answered_together() -> None:
    clerk = Clerk()
    batcher = Batcher(clerk.answer, threads=1, most=3)
    first = asyncio.create_task(batcher.ask(0))
    await _until(clerk, 1)
    others = [asyncio.create_task(batcher.ask(n)) for n in range(1, 6)]
    await asyncio.sleep(0)
    clerk.may_answer.set()
    assert await asyncio.gather(first, *others) == [0, 2, 4, 6, 8, 10]
    assert clerk.asked == [[0], [1, 2, 3], [4, 5]]


async def test_who_asks_again_on_hearing_an_answer_is_answered() -> None:
    clerk = Clerk()
    clerk.may_answer.set()
    batcher = Batcher(clerk.answer, threads=1, most=3)
    async with asyncio.timeout(10):
        assert [await batcher.ask(n) for n in range(5)] == [0, 2, 4, 6, 8]


async def test_a_refusal_is_for_the_one_who_asked() -> None:
    clerk = Clerk()
    clerk.may_answer.set()
    batcher = Batcher(clerk.answer, threads=1, most=10)
    answers = await asyncio.gather(*(batcher.ask(n) for n in (1, -1, 2)), return_exceptions=True)
    assert (answers[0], str(answers[1]), answers[2]) == (2, "-1", 4)


async def test_a_failure_is_for_all_who_asked_and_the_next_are_answered() -> None:
    broken = True

    def answer(numbers: Sequence[int]) -> list[int | Exception]:
        if broken:
            raise OSError("away")
        return list(numbers)

    batcher = Batcher(answer, threads=2, most=10)
    answers = await asyncio.gather(*(batcher.ask(n) for n in range(3)), return_exceptions=True)
    assert [type(each) for each in answers] == [OSError] * 3
    broken = False
    assert await batcher.ask(7) == 7


async def test_who_has_gone_is_not_asked_for() -> None:
    clerk = Clerk()
    batcher = Batcher(clerk.answer, threads=1, most=10)
    first = asyncio.create_task(batcher.ask(0))
    await _until(clerk, 1)
    gone, stays = asyncio.create_task(batcher.ask(1)), asyncio.create_task(batcher.ask(2))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    clerk.may_answer.set()
    assert (await first, await stays) == (0, 4)
    assert clerk.asked == [[0], [2]]


def test_a_new_event_loop_begins_anew() -> None:
    clerk = Clerk()
    clerk.may_answer.set()
    batcher = Batcher(clerk.answer, threads=1, most=10)
    for number in range(2):
        assert asyncio.run(batcher.ask(number)) == 2 * number
