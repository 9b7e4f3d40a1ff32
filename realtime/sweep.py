"""The sweep: every few seconds the log is asked what moved, so that delivery needs no hint."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from realtime.conf import config
from realtime.db import in_pool
from realtime.log import reading
from realtime.log.access import last_access_change
from realtime.monitoring.metrics import metrics

if TYPE_CHECKING:
    from realtime.hub import Hub

logger = logging.getLogger("realtime.sweep")


class Sweeper:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._mark = 0
        self.healthy = True
        """Whether the last look succeeded."""

    async def start(self) -> None:
        hub = self._hub
        hub.epoch, self._mark = await in_pool(_where_the_log_stands)
        hub.background.run(self._sweep_for_ever())

    async def _sweep_for_ever(self) -> None:
        """Half way between two sweeps, where no channel layer tells of a loss of access, that alone is looked for."""
        while True:
            await asyncio.sleep(config().sweep_interval / 2)
            if not self._hub.link.is_up:
                with suppress(Exception):  # the sweep says what is wrong
                    await self.look_at_access()
            await asyncio.sleep(config().sweep_interval / 2)
            try:
                await self.sweep()
            except Exception as error:
                metrics.sweeps_failed += 1
                if self.healthy:
                    logger.warning("the sweep failed (%s: %s)", type(error).__name__, error)
                self.healthy = False
            else:
                self.healthy = True

    async def look_at_access(self) -> None:
        """Settles the access changes that nobody told of."""
        access = self._hub.access
        if await in_pool(last_access_change) != access.settled:
            await access.settle()

    async def sweep(self) -> None:
        """One look: settles access changes first, then fills the feeds that are behind, since when doesn't matter."""
        hub = self._hub
        epoch, movement, access = await in_pool(
            _what_moved, self._mark, hub.epoch, hub.places.topics
        )
        metrics.sweeps += 1
        if epoch != hub.epoch:
            self._start_over(epoch, access)
        for topic, seq in movement.seqs.items():
            hub.know_of(topic, seq)
        self._mark = movement.mark
        hub.tidy_soon()
        if access != hub.access.settled:
            await hub.access.settle()
        for feed in list(hub.feeds.values()):
            if feed.is_behind():
                hub.fill_soon(feed)

    def _start_over(self, epoch: str, access: int) -> None:
        """The log was rebuilt: every number has lost its meaning, so all clients come back."""
        hub = self._hub
        hub.epoch = epoch
        hub.access.settled = access
        hub.feeds.clear()
        hub.places.forget_what_is_known()
        hub.replays.pages.forget(older_than=0)
        for subscriber in hub.everyone():
            subscriber.restart()


def _where_the_log_stands() -> tuple[str, int]:
    return reading.epoch(), reading.current_mark()


def _what_moved(
    mark: int, known_epoch: str, topics: Callable[[], Collection[str]]
) -> tuple[str, reading.Movement, int]:
    epoch = reading.epoch()
    if epoch != known_epoch:
        # Marks of another life of the log may lie in the future of this one.
        mark = reading.current_mark()
    return epoch, reading.moved_since(mark, topics), last_access_change()
