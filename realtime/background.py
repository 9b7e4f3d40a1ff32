"""Tasks that run beside the sockets: kept from garbage collection, their failures logged, ended together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Coroutine
from typing import Any

_CANCEL_AGAIN_AFTER = 0.5
_MOST_CANCELLATIONS = 4

logger = logging.getLogger("realtime.background")


class Background:
    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("background work failed", exc_info=error)

    async def stop(self) -> None:
        await end_all(self._tasks)


async def end_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancels tasks; more than once, since a library may take a cancellation for the end of its own timeout and go on."""
    left = set(tasks)
    for _ in range(_MOST_CANCELLATIONS):
        if not left:
            return
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_CANCEL_AGAIN_AFTER)
    if left:
        logger.error("%d tasks don't end: %s", len(left), left)
