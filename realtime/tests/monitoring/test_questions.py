"""Questions to parts that may not answer: bounded, and never more than one at a time."""

from __future__ import annotations

import asyncio
import threading

import pytest

from realtime.monitoring.questions import Question


class Part:
    """Answers once it is let to."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        assert self.may_answer.wait(30)
        return "here"


@pytest.fixture
def part() -> Part:
    return Part()


async def test_an_answer_is_passed_on(part: Part) -> None:
    part.may_answer.set()
    assert await Question("test", part).answer() == "here"


async def test_a_failure_is_passed_on() -> None:
    def fail() -> None:
        raise RuntimeError("no")

    question = Question("test", fail)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no"):
            await question.answer()


async def test_nobody_waits_longer_than_they_wanted_and_nobody_asks_twice(part: Part) -> None:
    question = Question("test", part)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await question.answer(within=0.01)
    assert part.asked == 1
    part.may_answer.set()
    assert await question.answer() == "here"


async def test_those_who_come_at_once_get_the_same_answer(part: Part) -> None:
    question = Question("test", part)
    waiting = [asyncio.ensure_future(question.answer(within=30)) for _ in range(3)]
    await asyncio.sleep(0)
    part.may_answer.set()
    assert await asyncio.gather(*waiting) == ["here"] * 3
    assert part.asked == 1
