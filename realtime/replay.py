"""Replays: what a subscription missed is handed out from the log, at its reader's pace, until it stands where its feed stands.

After a fault many sockets resume at once, and most of them miss the same events. So the log is read in pages that all of them
share: one query for each page, not one for each socket.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from realtime.db import in_pool
from realtime.events import Event
from realtime.feed import Subscription, text_of
from realtime.log import reading
from realtime.monitoring.metrics import metrics

if TYPE_CHECKING:
    from realtime.hub import Hub

logger = logging.getLogger("realtime.replay")

_PAGE = 500
_MOST_BYTES = 32 * 1_048_576
"""Of event data in the pages that are kept."""
_KEPT_FOR = 30.0
_RETRY_AFTER = 1.0

Key = tuple[str, int]
"""A topic and the number of a page: page n holds the events with ``seq // 500 == n``."""


class _Page:
    __slots__ = ("events", "size", "used_at")

    def __init__(self, events: list[Event], used_at: float) -> None:
        self.events = events
        self.size = sum(len(bytes(event.data)) for event in events)
        self.used_at = used_at

    def after(self, seq: int) -> list[Event]:
        """The events with higher numbers; none if the page was read before there were any."""
        first = self.events[0].seq if self.events else None
        return self.events[max(0, seq + 1 - first) :] if first is not None else []


class Pages:
    """Pages of topics' logs, bounded in bytes and time. Used on the event loop."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Key, _Page] = OrderedDict()
        self._reading: dict[Key, asyncio.Task[_Page]] = {}
        self._bytes = 0

    async def after(self, topic: str, seq: int) -> list[Event]:
        """Events of a topic that follow ``seq``, at least one if there is one; oldest first."""
        key = (topic, (seq + 1) // _PAGE)
        kept = self._pages.get(key)
        if kept is not None and (events := kept.after(seq)):
            kept.used_at = asyncio.get_running_loop().time()
            self._pages.move_to_end(key)
            return events
        # A reading that was under way before we came may have looked too early.
        if key in self._reading and (events := (await self._read(key)).after(seq)):
            return events
        return (await self._read(key)).after(seq)

    def forget(self, *, older_than: float = _KEPT_FOR) -> None:
        """Drops what nobody has asked for lately."""
        before = asyncio.get_running_loop().time() - older_than
        for key in [key for key, page in self._pages.items() if page.used_at <= before]:
            self._bytes -= self._pages.pop(key).size

    def forget_topic(self, topic: str) -> None:
        """Drops what was read of a topic before its events were rewritten, and what is being read now."""
        for key in [key for key in self._pages if key[0] == topic]:
            self._bytes -= self._pages.pop(key).size
        for key in [key for key in self._reading if key[0] == topic]:
            del self._reading[key]

    async def _read(self, key: Key) -> _Page:
        reading_it = self._reading.get(key)
        if reading_it is None:
            reading_it = asyncio.get_running_loop().create_task(self._read_now(key))
            self._reading[key] = reading_it
            reading_it.add_done_callback(partial(self._keep_if_current, key))
        return await asyncio.shield(reading_it)

    async def _read_now(self, key: Key) -> _Page:
        topic, number = key
        first = number * _PAGE
        events = await in_pool(reading.events_between, topic, first, first + _PAGE - 1)
        metrics.pages_read += 1
        return _Page(events, asyncio.get_running_loop().time())

    def _keep_if_current(self, key: Key, done: asyncio.Task[_Page]) -> None:
        """Keeps the page unless its topic was forgotten while it was read."""
        if self._reading.get(key) is done:
            del self._reading[key]
            if not done.cancelled() and done.exception() is None:
                self._keep(key, done.result())

    def _keep(self, key: Key, page: _Page) -> None:
        if (old := self._pages.pop(key, None)) is not None:
            self._bytes -= old.size
        self._pages[key] = page
        self._bytes += page.size
        while self._bytes > _MOST_BYTES:
            _, dropped = self._pages.popitem(last=False)
            self._bytes -= dropped.size


class Replays:
    """Brings subscriptions to where their feeds stand."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.pages = Pages()

    def start(self, subscription: Subscription) -> None:
        """Catches up in the background; the subscription goes live in the tick in which it has everything."""
        subscription.catching_up = True
        self._hub.background.run(self._catch_up(subscription))

    async def _catch_up(self, subscription: Subscription) -> None:
        feed = subscription.feed
        try:
            while subscription.may_be_given() and subscription.cursor < feed.cursor:
                try:
                    await self._hand_out_some(subscription)
                except Exception:
                    logger.exception("a replay of %s was interrupted; it goes on", feed.topic)
                    await asyncio.sleep(_RETRY_AFTER)
        finally:
            subscription.catching_up = False
        self._hub.proceed(subscription)

    async def _hand_out_some(self, subscription: Subscription) -> None:
        """Reads what comes next and queues it, unless the permission is asked meanwhile: then all of this is done anew."""
        feed, asked = subscription.feed, subscription.asked
        events = feed.recent_after(subscription.cursor)
        if events is None:
            events = await self.pages.after(feed.topic, subscription.cursor)
        access = self._hub.access
        if any(access.must_settle_before(event) for event in events):
            await access.settle()
        if asked != subscription.asked or not subscription.may_be_given():
            return
        if not events or events[0].seq != subscription.cursor + 1:
            # Pruned meanwhile: the client comes back and is told.
            self._hub.unsubscribe(subscription)
            subscription.subscriber.restart()
            return
        for event in events:
            if event.seq is None or event.seq > feed.cursor:
                return
            await subscription.subscriber.outbox.room()
            if asked != subscription.asked or not subscription.may_be_given():
                return
            text = text_of(subscription.shape, event) if subscription.wants(event) else None
            if text is not None:
                subscription.subscriber.outbox.push(text)
            subscription.cursor = event.seq
