"""Questions that many sockets ask at about the same time, answered together on a database thread."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from realtime.db import in_pool

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Batcher(Generic[Question, Answer]):
    """While threads are busy, what is asked gathers; a thread that is free takes a batch of it.

    ``answer`` takes at most ``most`` questions, each asked before it is called, and returns one answer for each; an answer that is
    an exception is raised for whoever asked. It runs on at most ``threads`` threads at a time.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Question]], Sequence[Answer | Exception]],
        *,
        threads: int,
        most: int,
    ) -> None:
        self._answer = answer
        self._threads, self._most = threads, most
        self._begin_on(None)

    def _begin_on(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._loop = loop
        self._waiting: deque[tuple[Question, asyncio.Future[Answer]]] = deque()
        self._working: set[asyncio.Task[None]] = set()

    async def ask(self, question: Question) -> Answer:
        """The answer to one question."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._begin_on(loop)  # the last one has ended, with whatever waited on it
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, future))
        if len(self._working) < self._threads:
            # It begins in the loop's next turn, so that what is asked in this one comes along.
            task = loop.create_task(self._work())
            self._working.add(task)
        return await future

    async def _work(self) -> None:
        working, task = self._working, asyncio.current_task()
        assert task is not None
        try:
            await self._answer_waiting()
        finally:
            # At once: a callback of the task would come after those who ask on hearing an answer, whom nobody would answer then.
            working.discard(task)

    async def _answer_waiting(self) -> None:
        while self._waiting:
            free = self._threads - len(self._working) + 1
            count = min(self._most, -(-len(self._waiting) // free))
            batch = [self._waiting.popleft() for _ in range(count)]
            await self._answer_all([each for each in batch if not each[1].done()])

    async def _answer_all(self, batch: list[tuple[Question, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await in_pool(self._answer, [question for question, _ in batch])
        except BaseException as error:
            for _, future in batch:
                _fail(future, error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if isinstance(answer, Exception):
                _fail(future, answer)
            elif not future.done():
                future.set_result(answer)


def _fail(future: asyncio.Future[Answer], error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, Exception):
        future.set_exception(error)
    else:
        future.cancel()
