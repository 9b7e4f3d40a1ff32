"""The way to the store: operations of this process, one batch after the other, bounded in time.

While a batch is under way the next one gathers, so that a reconnect storm costs a few batches and not thousands of round
trips, and operations reach the store in the order in which they were asked for. When the store fails, all that waits is
given back at once, and nobody tries again until `try_again` has succeeded.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

from realtime.monitoring.metrics import metrics
from realtime.presence.store import Operation, Store, StoreUnavailable

logger = logging.getLogger("realtime.presence")

_BATCH = 200


class Pipeline:
    def __init__(self, store: Store) -> None:
        self.available = True
        """Whether the store answered last time."""
        self._store = store
        self._waiting: deque[tuple[Operation, asyncio.Future[Any]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    def put(self, operation: Operation) -> asyncio.Future[Any]:
        """Queues an operation. It is carried out whether or not anybody waits for the future.

        The future raises `StoreUnavailable` when the store failed; the operation may have been carried out all the same.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_look_at)
        if not self.available:
            future.set_exception(StoreUnavailable())
            return future
        self._waiting.append((operation, future))
        self._start()
        return future

    async def try_again(self, operation: Operation) -> Any:
        """Carries out one operation on a store that failed; when that succeeds, it is used again.

        Meanwhile nobody else waits for it: a store that takes its time to fail would hold up whoever connects.

        Raises:
            StoreUnavailable: it still fails.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._worker = loop.create_task(self._try(operation, answer))
        return await answer

    async def drained(self) -> None:
        """Waits until nothing is under way."""
        while self._worker is not None:
            await asyncio.wait([self._worker])

    def _start(self) -> None:
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def _try(self, operation: Operation, answer: asyncio.Future[Any]) -> None:
        try:
            self.available = await self._run([(operation, answer)])
        finally:
            self._worker = None

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
                await self._run(batch)
        finally:
            self._worker = None

    async def _run(self, batch: list[tuple[Operation, asyncio.Future[Any]]]) -> bool:
        """Whether the store answered."""
        try:
            results = await asyncio.wait_for(
                self._store.run([operation for operation, _ in batch]),
                self._store.timeout,
            )
        except Exception as error:  # noqa: BLE001  whatever it was, the store can't be used
            self._fail(batch, error)
            return False
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)
        return True

    def _fail(self, batch: list[tuple[Operation, asyncio.Future[Any]]], error: Exception) -> None:
        metrics.presence_failures += 1
        if self.available:
            logger.warning("the store of connections fails: %s %s", type(error).__name__, error)
        self.available = False
        failed = [*batch, *self._waiting]
        self._waiting.clear()
        for _, future in failed:
            if not future.done():
                future.set_exception(StoreUnavailable(str(error)))


def _look_at(future: asyncio.Future[Any]) -> None:
    """Not everybody waits for an answer; asyncio would complain of an error that nobody looked at."""
    if not future.cancelled():
        future.exception()
