"""One topic in one process: a cursor over its numbers, and who listens. No I/O.

A feed hands on each number once and in order; what arrives early waits, and the hub fills the gap from the log.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from realtime.events import Event

if TYPE_CHECKING:
    import asyncio

    from realtime.registry import TopicKind
    from realtime.subscriber import Subscriber

Shape = Callable[[Event], str | None]
"""How a dialect writes an event: the text of a frame, or None where the dialect doesn't tell it."""

Key = tuple[str, Shape]
"""A subscription among those of its socket: the topic, and how it is told."""

_RECENT_EVENTS = 256

logger = logging.getLogger("realtime.feed")


def text_of(shape: Shape, event: Event) -> str | None:
    """The frame of an event. One that can't be written is left out, and must not keep the others from being delivered."""
    try:
        return shape(event)
    except Exception:
        logger.exception("%s #%s of %s can't be written", event.type, event.seq, event.topic)
        return None


class Subscription:
    """One socket's interest in one topic, in one shape.

    It is *live* when it stands where the feed stands and gets what the feed hands on; else it is catching up from the log,
    or waiting for its permission to be asked again, and ``cursor`` is the last number it was given.
    """

    __slots__ = (
        "asked",
        "catching_up",
        "cursor",
        "ended",
        "feed",
        "is_member",
        "live",
        "on_hold",
        "shape",
        "started",
        "subscriber",
        "types",
    )

    def __init__(
        self,
        feed: Feed,
        subscriber: Subscriber,
        shape: Shape,
        cursor: int,
        types: Collection[str] | None = None,
    ) -> None:
        self.feed = feed
        self.subscriber = subscriber
        self.shape = shape
        self.cursor = cursor
        self.types = types
        self.live = False
        self.started = False
        self.catching_up = False
        self.ended = False
        self.is_member = False
        """Whether its socket is in the room by it; another one of the same socket may only listen."""
        self.on_hold = False
        """Its permission is in question: nothing is handed out until the answer."""
        self.asked = 0
        """Number of the last question; an answer to an older one doesn't count."""

    @property
    def topic(self) -> str:
        return self.feed.topic

    @property
    def key(self) -> Key:
        return self.feed.key(self.shape)

    def may_be_given(self) -> bool:
        """Whether events may be queued for it now."""
        return not self.ended and not self.on_hold and self.subscriber.outbox.is_open

    def step_back(self) -> None:
        """Begins with the topic's last event instead of after it."""
        self.cursor = max(self.cursor - 1, 0)

    def wants(self, event: Event) -> bool:
        user_id = self.subscriber.user_id
        return (
            (self.types is None or event.type in self.types)
            and event.exclude_user != user_id
            and (event.only_user is None or event.only_user == user_id)
        )


class Feed:
    """A topic's cursor and subscriptions."""

    __slots__ = (
        "_hand_out",
        "cursor",
        "empty_since",
        "filling",
        "filtered",
        "grouped",
        "is_waiting",
        "keys",
        "kind",
        "known",
        "live",
        "pending",
        "ready",
        "recent",
        "resting_until",
        "topic",
        "waiting",
    )

    def __init__(
        self,
        topic: str,
        kind: TopicKind,
        cursor: int,
        hand_out: Callable[[Feed], None] | None = None,
    ) -> None:
        self._hand_out = hand_out
        self.topic = topic
        self.kind = kind
        self.cursor = cursor
        self.known = cursor
        """The highest number that is known to have been given: what is missing up to it must be read."""
        self.pending: dict[int, Event] = {}
        self.recent: deque[Event] = deque(maxlen=_RECENT_EVENTS)
        self.ready: list[Event] = []
        """Events that the cursor has passed, to be handed out together to those who are live."""
        self.resting_until = 0.0
        """Until then what is ready gathers (monotonic time); 0: nothing has to."""
        self.is_waiting = False
        """Whether somebody hands out what is ready when the rest is over."""
        self.keys: dict[Shape, Key] = {}
        self.live: dict[Shape, dict[Subscription, None]] = {}
        self.waiting: set[Subscription] = set()
        """The subscriptions that aren't live."""
        self.filtered = 0
        """How many live subscriptions take only some types."""
        self.filling: asyncio.Task[None] | None = None
        """The reading of what is missing, while it is under way."""
        self.grouped = False
        """Whether the channel-layer group was joined."""
        self.empty_since: float | None = None

    def offer(self, event: Event) -> Iterator[Event]:
        """Takes a numbered event; yields what is now to be handed on, in order, each number once."""
        assert event.seq is not None
        if event.seq <= self.cursor:
            return
        self.pending[event.seq] = event
        self.know_of(event.seq)
        while (ready := self.pending.pop(self.cursor + 1, None)) is not None:
            self.cursor += 1
            self.recent.append(ready)
            yield ready

    def forget(self, *, before: int) -> None:
        """Earlier events have been rewritten in the log: what is in memory isn't what they say any more."""
        while self.recent and (self.recent[0].seq or 0) < before:
            self.recent.popleft()

    def hand_out(self) -> None:
        """Hands out what is ready, before anybody comes or goes: it is for those who are live now."""
        if self.ready and self._hand_out is not None:
            self._hand_out(self)

    def know_of(self, seq: int) -> None:
        """Somebody says that this number has been given."""
        self.known = max(self.known, seq)

    def is_behind(self) -> bool:
        """Whether there are events that haven't come."""
        return self.cursor < self.known

    def recent_after(self, seq: int) -> list[Event] | None:
        """The events after ``seq`` up to the cursor if they are all still in memory, else None."""
        missing = self.cursor - seq
        if missing > len(self.recent):
            return None
        return [event for event in self.recent if event.seq is not None and event.seq > seq]

    def key(self, shape: Shape) -> Key:
        """What a socket knows a subscription by: one tuple for all the topic's listeners."""
        return self.keys.setdefault(shape, (self.topic, shape))

    def add(self, subscription: Subscription) -> None:
        self.waiting.add(subscription)
        self.empty_since = None

    def remove(self, subscription: Subscription) -> None:
        self.suspend(subscription)
        subscription.ended = True
        self.waiting.discard(subscription)

    def subscriptions(self) -> list[Subscription]:
        """All, live or not."""
        return [*self.waiting, *(one for alike in self.live.values() for one in alike)]

    def is_heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self.waiting or self.live)

    def go_live(self, subscription: Subscription) -> None:
        """The subscription stands where the feed stands: from now on it gets what the feed hands on."""
        assert subscription.cursor == self.cursor
        self.hand_out()
        subscription.live = True
        self.waiting.discard(subscription)
        self.live.setdefault(subscription.shape, {})[subscription] = None
        self.filtered += subscription.types is not None

    def suspend(self, subscription: Subscription) -> None:
        """Stops handing on; the subscription keeps its place and may catch up later."""
        if not subscription.live:
            return
        self.hand_out()
        if not subscription.live:  # it left while it was being given
            return
        subscription.live = False
        self.waiting.add(subscription)
        subscription.cursor = self.cursor
        self.filtered -= subscription.types is not None
        alike = self.live[subscription.shape]
        del alike[subscription]
        if not alike:
            del self.live[subscription.shape]
