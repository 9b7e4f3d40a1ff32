"""The hub: one per process. Hands events from the log and the hints to the sockets of this process.

Each open topic has a feed with a cursor. Hints bring events early; gaps are filled from the log; the sweep finds what no hint
told of. `Places` gives sockets their subscriptions. All methods run on the event loop but ``accept_soon`` and
``settle_access_soon``, which any thread may call.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from uuid import uuid4

from realtime import draining, hints
from realtime.access_control import AccessControl
from realtime.background import Background
from realtime.db import in_pool
from realtime.events import Event, seconds_since
from realtime.feed import Feed, Shape, Subscription, text_of
from realtime.frames import Bundle
from realtime.layer_link import LayerLink
from realtime.log import reading
from realtime.monitoring.metrics import metrics
from realtime.places import Places
from realtime.registry import registry
from realtime.replay import Replays
from realtime.subscriber import Subscriber
from realtime.sweep import Sweeper

logger = logging.getLogger("realtime.hub")

_PAGE = 500
_FORGET_TOPICS_AFTER = 30.0

_SHORT = 0.0003
"""A handing out that takes less needs no rest after it."""
_LONGEST_REST = 0.01
_MOST_AT_ONCE = 64
_MOST_CHARACTERS = 32_768
"""Of texts that are written to a socket in one go; a single one may be longer."""


class Hub:
    """The topics that sockets of this process listen to."""

    def __init__(self) -> None:
        self.id = uuid4().hex
        self.loop = asyncio.get_running_loop()
        self.background = Background()
        self.feeds: dict[str, Feed] = {}
        self.subscribers: dict[str, set[Subscriber]] = {}
        """The sockets of this process by user id."""
        self.epoch = ""
        self.access = AccessControl(self)
        self.places = Places(self)
        self.replays = Replays(self)
        self.link = LayerLink(self)
        self.sweeper = Sweeper(self)
        self._incoming: deque[Event] = deque()
        self._woken = False
        self._tidying: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to listen: from here on nothing that commits is missed."""
        await self.sweeper.start()
        await self.access.start()
        self.link.start()
        draining.attach(self.loop)
        hints.sender().origin = self.id
        hints.set_local_hub(self)

    async def stop(self) -> None:
        hints.set_local_hub(None)
        draining.attach(None)
        await self.background.stop()

    # --- sockets and their subscriptions ---

    def add(self, subscriber: Subscriber) -> None:
        self.subscribers.setdefault(subscriber.user_id, set()).add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        for subscription in list(subscriber.subscriptions.values()):
            self.unsubscribe(subscription)
        theirs = self.subscribers.get(subscriber.user_id, set())
        theirs.discard(subscriber)
        if not theirs:
            self.subscribers.pop(subscriber.user_id, None)

    def everyone(self) -> list[Subscriber]:
        return [subscriber for theirs in self.subscribers.values() for subscriber in theirs]

    def begin(self, subscription: Subscription) -> None:
        """Starts the delivery, with what has come since the subscription's place."""
        subscription.started = True
        self.proceed(subscription)

    def proceed(self, subscription: Subscription) -> None:
        """Goes live, at once or after catching up."""
        if subscription.live or subscription.catching_up or not subscription.may_be_given():
            return
        feed = subscription.feed
        if subscription.cursor == feed.cursor:
            feed.go_live(subscription)
        else:
            self.replays.start(subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Ends it, in its feed and among those of its socket: it stands in both (`Places`) or in neither."""
        feed, theirs = subscription.feed, subscription.subscriber.subscriptions
        if theirs.get(subscription.key) is subscription:
            del theirs[subscription.key]
        feed.remove(subscription)
        if not feed.is_heard():
            feed.empty_since = self.loop.time()

    def tidy_soon(self) -> None:
        """Joins the groups that couldn't be joined and forgets what nobody needs. The channel layer may take its time."""
        if self._tidying is None:
            self._tidying = self.background.run(self._tidy())

    async def _tidy(self) -> None:
        try:
            self.replays.pages.forget()
            await self.places.close_unused(_FORGET_TOPICS_AFTER)
            await self.link.rejoin()
            hints.sender().probe()
        finally:
            self._tidying = None

    # --- delivering ---

    def accept_soon(self, events: list[Event]) -> None:
        """What several threads bring within one turn of the loop wakes it once."""
        self._incoming.extend(events)
        if not self._woken:
            self._woken = True
            self.loop.call_soon_threadsafe(self._accept_incoming)

    def _accept_incoming(self) -> None:
        self._woken = False  # first: whoever brings more from here on wakes the loop again
        events, incoming = [], self._incoming
        while incoming:
            events.append(incoming.popleft())
        self.accept(events)

    def settle_access_soon(self) -> None:
        self.loop.call_soon_threadsafe(self.access.settle_soon)

    def accept(self, events: Iterable[Event]) -> None:
        """Takes events from wherever they come; hands out what is next in each topic, keeps or drops the rest."""
        touched: dict[Feed, None] = {}
        for event in events:
            feed = self.feeds.get(event.topic)
            if feed is None:
                if event.seq is not None:
                    self.places.know_of(event.topic, event.seq)
            elif event.seq is None:
                if feed.kind.stored:
                    self._deliver_ephemeral(feed, event)
                else:
                    feed.ready.append(event)
                    touched[feed] = None
            elif event.seq <= feed.cursor:
                continue
            elif self.access.must_settle_before(event):
                self.access.hold(event)
            else:
                for ready in feed.offer(event):
                    if ready.type in registry.withdrawing:
                        feed.forget(before=feed.cursor)
                        self.replays.pages.forget_topic(feed.topic)
                    feed.ready.append(ready)
                touched[feed] = None
                if feed.is_behind():
                    self.fill_soon(feed)
        for feed in touched:
            self._hand_out_soon(feed)

    def _hand_out_soon(self, feed: Feed) -> None:
        """Now, or after a rest as long as the last handing out took.

        So a room that gets more than it can be told one by one spends at most about half of the time on writing, and what gathers
        meanwhile goes to each socket in one write. A room that keeps up never waits.
        """
        if feed.is_waiting:
            return
        left = feed.resting_until - monotonic() if feed.resting_until else 0
        if left <= 0:
            feed.hand_out()
        elif feed.ready:
            feed.is_waiting = True
            self.loop.call_later(left, self._wake, feed)

    def _wake(self, feed: Feed) -> None:
        feed.is_waiting = False
        self._hand_out_soon(feed)  # again, should the loop's clock have been behind

    def hand_out(self, feed: Feed) -> None:
        start = monotonic()
        # All are taken first: a socket that leaves on the spot asks for what is ready once more.
        events, feed.ready = feed.ready, []
        for first in range(0, len(events), _MOST_AT_ONCE):
            self._deliver(feed, events[first : first + _MOST_AT_ONCE])
        end = monotonic()
        took = end - start
        feed.resting_until = end + min(took, _LONGEST_REST) if took > _SHORT else 0.0

    def _deliver(self, feed: Feed, events: Sequence[Event]) -> None:
        """Encodes once for each shape, and writes the texts to each live socket, in one go where all are for everybody."""
        for event in events:
            metrics.delivery_latency.observe(seconds_since(event.timestamp))
        everybody = not feed.filtered and all(
            event.exclude_user is None and event.only_user is None for event in events
        )
        for shape, subscriptions in list(feed.live.items()):
            told = [
                (event, text) for event in events if (text := text_of(shape, event)) is not None
            ]
            for bundle, some in _bundles(told, together=everybody):
                # A copy, since a socket that overflows leaves the feed on the spot.
                takers = [s for s in subscriptions if everybody or s.wants(some[0])]
                metrics.events_delivered += len(takers) * len(some)
                for subscription in takers:
                    subscription.subscriber.outbox.deliver_all(bundle)

    def _deliver_ephemeral(self, feed: Feed, event: Event) -> None:
        """Reaches those who are catching up too: it has no place in the order."""
        feed.hand_out()
        texts: dict[Shape, str | None] = {}
        for subscription in feed.subscriptions():
            if not subscription.started or subscription.on_hold or not subscription.wants(event):
                continue
            shape = subscription.shape
            if shape not in texts:
                texts[shape] = text_of(shape, event)
            text = texts[shape]
            if text is not None:
                metrics.events_delivered += 1
                subscription.subscriber.outbox.push(text)

    # --- reading what is missing ---

    def know_of(self, topic: str, seq: int) -> None:
        """Somebody says that this number has been given."""
        if (feed := self.feeds.get(topic)) is not None:
            feed.know_of(seq)
        else:
            self.places.know_of(topic, seq)

    def fill_soon(self, feed: Feed) -> None:
        if feed.filling is None and feed.kind.stored:
            feed.filling = self.background.run(self._fill(feed))

    async def fill(self, feed: Feed) -> None:
        """Reads from the log what the feed doesn't have yet; waits for a fill that is under way."""
        self.fill_soon(feed)
        if feed.filling is not None:
            await asyncio.shield(feed.filling)

    async def _fill(self, feed: Feed) -> None:
        """One page after the other. What fails is tried again by the sweep."""
        try:
            while True:
                after = feed.cursor
                events = await in_pool(reading.events_after, feed.topic, after, _PAGE)
                metrics.gap_fills += 1
                if feed.cursor == after and await self._is_out_of_reach(feed, events):
                    self._lost_track(feed)
                    return
                self.accept(events)
                if len(events) < _PAGE or feed.cursor == after:
                    return
        finally:
            feed.filling = None

    async def _is_out_of_reach(self, feed: Feed, events: list[Event]) -> bool:
        """Whether the next event, which is known to have been there, has been pruned."""
        after = feed.cursor
        if events:
            return events[0].seq != after + 1
        if not feed.is_behind():
            return False
        floor = (await in_pool(reading.heads, [feed.topic]))[feed.topic].floor
        return feed.cursor == after and floor > after

    def _lost_track(self, feed: Feed) -> None:
        """The log was pruned past the cursor: nobody may miss it silently, so all come back and are told."""
        logger.error("the log of %s no longer reaches back to %d", feed.topic, feed.cursor)
        feed.hand_out()
        if self.feeds.get(feed.topic) is feed:
            del self.feeds[feed.topic]
        for subscription in feed.subscriptions():
            subscription.subscriber.restart()


def _bundles(
    told: Sequence[tuple[Event, str]], *, together: bool
) -> Iterator[tuple[Bundle, list[Event]]]:
    """Texts with their events: one by one, or as many in a bundle as are written in one go."""
    events: list[Event] = []
    texts: list[str] = []
    size = 0
    for event, text in told:
        if texts and (not together or size + len(text) > _MOST_CHARACTERS):
            yield Bundle(texts), events
            events, texts, size = [], [], 0
        events.append(event)
        texts.append(text)
        size += len(text)
    if texts:
        yield Bundle(texts), events
