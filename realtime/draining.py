"""Sending without ever making a writer wait: a bounded queue that any thread fills and an event loop drains.

A server process drains on its own loop (`attach`); a command or shell on a background thread, which the end of the process
waits for, for a moment.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from contextvars import Context
from functools import lru_cache
from time import monotonic
from typing import Any, Generic, TypeVar

from realtime.conf import config
from realtime.forking import in_a_child
from realtime.outage import Outage

logger = logging.getLogger("realtime.sending")

_QUEUE_LIMIT = 10_000
_PAUSE_AFTER_FAILURE = 1.0

Item = TypeVar("Item")

_server_loop: asyncio.AbstractEventLoop | None = None


def attach(loop: asyncio.AbstractEventLoop | None) -> None:
    """Everything is sent from ``loop`` from now on: the server's. None: from the background thread again."""
    global _server_loop
    _server_loop = loop


@lru_cache(maxsize=1)
def _background_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="realtime-sending", daemon=True).start()
    return loop


in_a_child(_background_loop.cache_clear)
in_a_child(lambda: attach(None))


def _before_threads_end(wait: Callable[[float], object], seconds: float) -> None:
    """Waits when the process ends, while the executor still runs that looks names up; `atexit` comes after that."""
    register: Any = getattr(threading, "_register_atexit", atexit.register)
    register(wait, seconds)


class Drain(ABC, Generic[Item]):
    """A queue and what empties it. After a failure it takes nothing for a second: what is sent here may be lost."""

    name = "drain"

    def __init__(self) -> None:
        self._outage = Outage(
            logger, begun=f"{self.name} can't be sent (%s: %s)", ended=f"{self.name} are sent again"
        )
        self._queue: deque[Item] = deque()
        self._lock = threading.Lock()
        self._draining = False
        self._idle = threading.Event()
        self._paused_until = 0.0
        self._waits_at_exit = False

    @property
    def healthy(self) -> bool:
        """Whether the last attempt succeeded."""
        return not self._outage.lasts

    @abstractmethod
    async def send_batch(self, batch: list[Item]) -> None:
        """Sends what has gathered. May raise anything; bounded in time by the caller."""

    @abstractmethod
    def count(self, sent: int, failed: int) -> None:
        """Hears how many were sent and how many were lost."""

    def put(self, items: list[Item]) -> None:
        """Queues items, from any thread, and returns at once."""
        with self._lock:
            if monotonic() < self._paused_until or len(self._queue) > _QUEUE_LIMIT:
                self.count(0, len(items))
                return
            self._queue.extend(items)
            if self._draining:
                return
            self._draining = True
            self._idle.clear()
            loop = self._loop()
        # It sends for everybody, and may go on when the request is over in whose thread it begins.
        try:
            loop.call_soon_threadsafe(lambda: loop.create_task(self._drain()), context=Context())
        except RuntimeError:  # the loop has ended just now
            self._give_up()

    def _give_up(self, under_way: int = 0) -> None:
        """Drops what waits, and ``under_way`` items beside it; the next one begins anew."""
        with self._lock:
            self.count(0, under_way + len(self._queue))
            self._queue.clear()
            self._rest()

    def _rest(self) -> None:
        self._draining = False
        self._idle.set()

    def _loop(self) -> asyncio.AbstractEventLoop:
        if _server_loop is not None and not _server_loop.is_closed():
            return _server_loop
        if not self._waits_at_exit:
            self._waits_at_exit = True
            _before_threads_end(self._idle.wait, config().hint_timeout)
        return _background_loop()

    async def _drain(self) -> None:
        while True:
            with self._lock:
                batch = list(self._queue)
                self._queue.clear()
                if not batch:
                    return self._rest()
            try:
                await asyncio.wait_for(self.send_batch(batch), config().hint_timeout)
            except asyncio.CancelledError:
                self._give_up(len(batch))
                raise
            except Exception as error:
                self._failed(len(batch), error)
            else:
                self._succeeded(len(batch))

    def _succeeded(self, count: int) -> None:
        self.count(count, 0)
        self._outage.end()

    def _failed(self, count: int, error: Exception) -> None:
        self.count(0, count)
        self._paused_until = monotonic() + _PAUSE_AFTER_FAILURE
        self._outage.begin(type(error).__name__, error)
