"""Asking a part that may not answer: never longer than a scrape may take, and in a thread of its own.

The threads of sockets all wait for the database while it is away: a question to Redis behind them would make it look dead, too.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

R = TypeVar("R")

PATIENCE = 2.0
"""Seconds; Prometheus gives a scrape up after 10."""


class Question(Generic[R]):
    """Asked by one at a time: whoever comes while an answer is awaited waits for that one."""

    def __init__(self, name: str, ask: Callable[[], R]) -> None:
        self._ask = ask
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"realtime-{name}")
        self._lock = threading.Lock()
        self._asked: Future[R] | None = None

    async def answer(self, within: float = PATIENCE) -> R:
        """What ``ask`` returns.

        Raises:
            TimeoutError: there was no answer within so many seconds; it is still awaited.
            Exception: whatever ``ask`` raised.
        """
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = self._thread.submit(self._ask)
            asked = asyncio.wrap_future(self._asked)
        return await asyncio.wait_for(asyncio.shield(asked), within)
