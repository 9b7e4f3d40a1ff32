"""Taking places: who asks to hear a topic is admitted, the topic's feed is opened, and it is settled where the subscription begins.

The hub hands out from there on. Feeds that nobody listens to any more are closed here, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from realtime.db import in_pool
from realtime.errors import Forbidden
from realtime.feed import Feed, Shape, Subscription
from realtime.log import reading
from realtime.monitoring.metrics import metrics
from realtime.registry import registry
from realtime.subscriber import Subscriber

if TYPE_CHECKING:
    from realtime.hub import Hub

_UNSTORED_IDLE = 5.0


@dataclass(frozen=True, slots=True)
class Request:
    """What a socket wants to hear, in which shape, and from where on."""

    topic: str
    shape: Shape
    since: int | None = None
    epoch: str | None = None
    types: Collection[str] | None = None


class Granted:
    """A subscription that was allowed, and what its first frame tells."""

    __slots__ = ("epoch", "resumed", "seq", "since", "subscription")

    def __init__(
        self, subscription: Subscription, seq: int, epoch: str, resumed: bool, since: int | None
    ) -> None:
        self.subscription = subscription
        self.since = since
        self.seq = seq
        self.epoch = epoch
        self.resumed = resumed

    def position(self) -> dict[str, Any]:
        """``{"seq", "epoch", "resumed"}``."""
        return {"seq": self.seq, "epoch": self.epoch, "resumed": self.resumed}


class TopicWatcher(Protocol):
    """Wants to know which topics somebody listens to here."""

    async def opened(self, topic: str) -> None: ...

    def closed(self, topic: str) -> None: ...


class Places:
    """Opens and closes the hub's feeds, and subscribes sockets to them."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.watcher: TopicWatcher | None = None
        """Hears which topics are open in this process."""
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._known: dict[str, int] = {}
        """The highest number that is known of topics that are being opened."""

    async def subscribe(self, subscriber: Subscriber, request: Request) -> Granted:
        """Asks for permission and takes a place in a topic; `Hub.begin` starts the delivery.

        It takes the place of a subscription that the socket has to the topic in this shape.

        Raises:
            Forbidden: the user may not hear it, or there is no such topic.
        """
        (granted,) = await self.subscribe_all(subscriber, [request])
        if granted is None:
            raise Forbidden
        return granted

    async def subscribe_all(
        self, subscriber: Subscriber, requests: Sequence[Request], *, is_fresh: bool = False
    ) -> list[Granted | None]:
        """`subscribe` for several topics at once; None for what is forbidden.

        ``is_fresh`` says that the user was read after the last access change that this process has settled.
        """
        names = dict.fromkeys(request.topic for request in requests)
        topics = [topic for topic in names if registry.resolve(topic)]
        while True:
            settled = self._hub.access.settled
            allowed = await self._hub.access.ask(subscriber.identity, topics, is_fresh=is_fresh)
            feeds = await self._open(allowed)
            reach = [
                feed is not None and await self._reaches_back(feed, request)
                for request in requests
                for feed in [feeds.get(request.topic)]
            ]
            # Nothing is awaited from here on: what is settled later finds the subscriptions.
            if settled == self._hub.access.settled and self._are_open(feeds):
                break
            is_fresh = False
        return [
            self._grant(subscriber, feeds[request.topic], request, reaches)
            if request.topic in feeds
            else None
            for request, reaches in zip(requests, reach, strict=True)
        ]

    def _are_open(self, feeds: dict[str, Feed]) -> bool:
        return all(self._hub.feeds.get(topic) is feed for topic, feed in feeds.items())

    def _grant(
        self, subscriber: Subscriber, feed: Feed, request: Request, reaches: bool
    ) -> Granted:
        since = request.since
        resumed = since is not None and reaches and 0 <= since <= feed.cursor
        place = since if resumed and since is not None else feed.cursor
        subscription = Subscription(feed, subscriber, request.shape, place, request.types)
        if subscriber in self._hub.subscribers.get(subscriber.user_id, ()):
            if (old := subscriber.subscriptions.get(subscription.key)) is not None:
                self._hub.unsubscribe(old)
            subscriber.subscriptions[subscription.key] = subscription
            feed.add(subscription)
        else:
            subscription.ended = True  # the socket has gone meanwhile
        if since is not None:
            metrics.resumes[resumed] += 1
        return Granted(subscription, feed.cursor, self._hub.epoch, resumed, since)

    async def _reaches_back(self, feed: Feed, request: Request) -> bool:
        """Whether what came after ``since`` can be replayed without a gap."""
        since = request.since
        if since is None or not feed.kind.stored or not feed.kind.resumable:
            return False
        if request.epoch is not None and request.epoch != self._hub.epoch:
            return False
        for _ in range(2):  # a fill that is under way may have asked too early
            if since > feed.cursor:
                await self._hub.fill(feed)
            if since > feed.cursor:
                await self._hub.access.settle()  # what was read may be held until then
        if feed.recent_after(since) is not None:
            return True
        return since >= (await in_pool(reading.heads, [feed.topic]))[feed.topic].floor

    def know_of(self, topic: str, seq: int) -> None:
        """Somebody says that this number has been given in a topic that has no feed. If it is about to have one, its head may have been read before."""
        if topic in self._opening:
            self._known[topic] = max(seq, self._known.get(topic, 0))

    def forget_what_is_known(self) -> None:
        """The log was rebuilt: numbers have lost their meaning."""
        self._known.clear()

    async def _open(self, topics: Iterable[str]) -> dict[str, Feed]:
        """The feeds of topics; those that aren't open are opened together."""
        now = self._hub.loop.time()
        feeds, missing = {}, []
        for topic in topics:
            feed = self._hub.feeds.get(topic)
            if feed is None:
                missing.append(topic)
            else:
                feeds[topic] = feed
                if not feed.is_heard():
                    feed.empty_since = now  # whoever asked is about to subscribe
        new = [topic for topic in missing if topic not in self._opening]
        if new:
            opening = self._hub.background.run(self._open_new(new))
            for topic in new:
                self._opening[topic] = opening
        for opening in {self._opening[topic] for topic in missing}:
            await asyncio.shield(opening)
        feeds.update((topic, self._hub.feeds[topic]) for topic in missing)
        return feeds

    def topics(self) -> set[str]:
        """Those that are open, or about to be. Any thread may ask: what is opened meanwhile is in one of the two."""
        return {*self._opening, *self._hub.feeds}

    async def _open_new(self, topics: list[str]) -> None:
        """Joins the groups first and reads the heads after, so that no event falls between; what is heard of meanwhile is read after."""
        try:
            grouped = await asyncio.gather(*(self._listen_to(topic) for topic in topics))
            kinds = {topic: found[0] for topic in topics if (found := registry.resolve(topic))}
            stored = [topic for topic, kind in kinds.items() if kind.stored]
            heads = await self._heads(stored) if stored else {}
            for topic, joined in zip(topics, grouped, strict=True):
                cursor = heads[topic].seq if topic in heads else 0
                feed = self._hub.feeds[topic] = Feed(
                    topic, kinds[topic], cursor, self._hub.hand_out
                )
                feed.grouped = joined
                feed.empty_since = self._hub.loop.time()
                feed.know_of(self._known.get(topic, 0))
                if feed.is_behind():
                    self._hub.fill_soon(feed)
        finally:
            for topic in topics:
                del self._opening[topic]
                self._known.pop(topic, None)

    async def _listen_to(self, topic: str) -> bool:
        """Whether the channel layer's group was joined. Whoever else listens is told at the same time: each may take a moment."""
        joining = self._hub.link.join(topic)
        if self.watcher is None:
            return await joining
        joined, _ = await asyncio.gather(joining, self.watcher.opened(topic))
        return joined

    async def _heads(self, topics: list[str]) -> dict[str, reading.Head]:
        """Where topics stand in the epoch that this process knows: those of another mean nothing."""
        while True:
            epoch = self._hub.epoch
            heads = await in_pool(reading.heads, topics)
            if epoch == self._hub.epoch:
                return heads

    async def close_unused(self, idle: float) -> None:
        """Forgets topics that nobody has listened to for ``idle`` seconds; sooner where there is no place to keep."""
        now = self._hub.loop.time()
        for feed in list(self._hub.feeds.values()):
            patience = idle if feed.kind.stored else min(idle, _UNSTORED_IDLE)
            if feed.empty_since is not None and now - feed.empty_since > patience:
                del self._hub.feeds[feed.topic]
                if self.watcher is not None:
                    self.watcher.closed(feed.topic)
                await self._hub.link.leave(feed.topic)
