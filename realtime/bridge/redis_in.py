"""In through Redis: what a service publishes to ``ws:{user_id}`` goes verbatim to that user's sockets of ``/ws``.

A channel is subscribed to only while the user has such a socket in this process.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from realtime.conf import config
from realtime.events import Event, utc_now_text
from realtime.jsontext import load_json
from realtime.monitoring.metrics import metrics
from realtime.outage import Outage

if TYPE_CHECKING:
    from redis.asyncio.client import PubSub

    from realtime.hub import Hub

logger = logging.getLogger("realtime.bridge")

PUSH_CHANNEL = "ws:"
PUSH_TOPIC = "push:"
_ALWAYS = "livedesk:bridge"
"""Keeps the subscription open while no user is here."""
_RETRY_AFTER = 1.0
_PING_EVERY = 10.0
"""Seconds. A Redis that has said nothing for so long after a ping is gone, though nobody has told."""


class PushListener:
    """A `TopicWatcher`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._redis = Redis.from_url(
            config().redis_url, socket_connect_timeout=2, socket_keepalive=True
        )
        self._wanted: dict[str, asyncio.Event] = {}
        """The channels of the users who are here, and whether Redis has confirmed the subscription."""
        self._changed = asyncio.Event()
        self._heard = False
        self._answers = True
        """Whether Redis can be expected to confirm: nobody who connects waits for one that is away."""
        self._outage = Outage(
            logger,
            begun="the bridge lost Redis (%s); trying again",
            ended="the bridge hears Redis again",
        )

    def start(self) -> None:
        self._hub.background.run(self._listen_for_ever())

    async def opened(self, topic: str) -> None:
        """Waits until Redis has confirmed, so that nothing published after the handshake is missed; not for long."""
        if not topic.startswith(PUSH_TOPIC):
            return
        confirmed = self._wanted.setdefault(_channel(topic), asyncio.Event())
        self._changed.set()
        if not self._answers:
            return
        try:
            await asyncio.wait_for(confirmed.wait(), config().hint_timeout)
        except TimeoutError:
            self._answers = False
            logger.debug("Redis has not confirmed %s yet", topic)

    def closed(self, topic: str) -> None:
        if self._wanted.pop(_channel(topic), None) is not None:
            self._changed.set()

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                # A task of its own for each life: Python before 3.11.3 leaves one half cancelled that came out of a group by a failure.
                await asyncio.get_running_loop().create_task(self._listen())
            except* (
                RedisError,
                OSError,
                RuntimeError,
            ) as errors:  # uvloop's: the transport is closed
                self._outage.begin(errors.exceptions[0])
            except* Exception:
                logger.exception("the bridge failed; trying again")
            self._answers = False
            await asyncio.sleep(_RETRY_AFTER)

    async def _listen(self) -> None:
        """One life of the subscription."""
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(_ALWAYS)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow(pubsub))
                tasks.create_task(self._read(pubsub))
                tasks.create_task(self._watch(pubsub))

    async def _follow(self, pubsub: PubSub) -> None:
        """Subscribes to the channels of those who are here, and to no others."""
        subscribed: set[str] = set()
        while True:
            wanted = set(self._wanted)
            self._changed.clear()
            if new := wanted - subscribed:
                await pubsub.subscribe(*new)
            if old := subscribed - wanted:
                await pubsub.unsubscribe(*old)
            subscribed = wanted
            await self._changed.wait()

    async def _watch(self, pubsub: PubSub) -> None:
        """Notices a connection that is half-open: to whoever only listens it looks like one on which nothing is said."""
        while True:
            self._heard = False
            await pubsub.ping()
            await asyncio.sleep(_PING_EVERY)
            if not self._heard:
                raise TimeoutError("it has been silent")

    async def _read(self, pubsub: PubSub) -> None:
        async for message in pubsub.listen():
            self._heard = self._answers = True
            self._outage.end()
            if message["type"] == "subscribe":
                confirmed = self._wanted.get(message["channel"].decode())
                if confirmed is not None:
                    confirmed.set()
            elif message["type"] == "message":
                self._forward(message["channel"].decode(), message["data"])

    def _forward(self, channel: str, text: bytes) -> None:
        """Passes a JSON text on verbatim; what isn't JSON or UTF-8, or is too large, is dropped and counted."""
        if len(text) > config().message_max_size:
            metrics.frames_dropped["push_too_large"] += 1
            return
        if not _is_json(text):
            metrics.frames_dropped["push_not_json"] += 1
            return
        self._hub.accept(
            [
                Event(
                    topic=PUSH_TOPIC + channel.removeprefix(PUSH_CHANNEL),
                    type="push",
                    data=msgspec.Raw(text),
                    timestamp=utc_now_text(),
                )
            ]
        )


def _is_json(text: bytes) -> bool:
    """Whether it is JSON in UTF-8 (RFC 8259): also numbers and escapes that our own decoder has no value for."""
    try:
        load_json(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        try:
            json.loads(text.decode(), parse_constant=_no_such_constant)
        except (ValueError, RecursionError):
            return False
    return True


def _no_such_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _channel(topic: str) -> str:
    return PUSH_CHANNEL + topic.removeprefix(PUSH_TOPIC)
