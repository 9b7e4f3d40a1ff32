"""Out through Redis: committed events on channels that other services listen to. A copy for them, never our delivery."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import lru_cache

from redis.asyncio import Redis

from realtime.bridge.boundary import goes_out
from realtime.conf import config
from realtime.dialects.envelope import envelope
from realtime.draining import Drain
from realtime.events import Event
from realtime.forking import in_a_child
from realtime.monitoring.metrics import metrics

ALL_EVENTS = "ws:events"

Outlet = Callable[[Event], Iterable[tuple[str, str]]]
"""From an event to further Redis channels, and the texts it goes out as."""

_outlets: list[Outlet] = []


def outlet(find: Outlet) -> Outlet:
    """Declares channels beside ``ws:events`` (decorator)."""
    _outlets.append(find)
    return find


class Publisher(Drain[tuple[str, str]]):
    """Publishes texts to Redis channels. At most once: a service that must miss nothing reads the events over HTTP."""

    name = "events for other services"

    def __init__(self) -> None:
        super().__init__()
        self._clients: dict[asyncio.AbstractEventLoop, Redis] = {}

    def send(self, events: list[Event]) -> None:
        if config().redis_url and config().bridge:
            messages = [message for event in events for message in outgoing(event)]
            if messages:
                self.put(messages)

    async def send_batch(self, batch: list[tuple[str, str]]) -> None:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = Redis.from_url(config().redis_url)
        async with self._clients[loop].pipeline(transaction=False) as pipe:
            for channel, text in batch:
                pipe.publish(channel, text)
            await pipe.execute()

    def count(self, sent: int, failed: int) -> None:
        metrics.frames_dropped["bridge"] += failed


def outgoing(event: Event) -> list[tuple[str, str]]:
    """The channels and texts of one event; none for ephemeral events, and for those that stay inside."""
    if event.seq is None or not goes_out(event.topic, event.type, event.data):
        return []
    further = [pair for find in _outlets for pair in find(event)]
    return [(ALL_EVENTS, envelope(event)), *further]


@lru_cache(maxsize=1)
def publisher() -> Publisher:
    return Publisher()


in_a_child(publisher.cache_clear)
