"""The hub's link to the channel layer: one channel for the process, one group for each open topic.

Everything here is a hint: bounded in time, allowed to fail, tried again by the sweep.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from realtime import hints
from realtime.conf import config
from realtime.layer_log import quiet_outages
from realtime.outage import Outage

if TYPE_CHECKING:
    from realtime.hub import Hub

logger = logging.getLogger("realtime.layer")

_SHUN_FOR = 5.0
_AT_ONCE = 64
_RETRY_AFTER = 1.0


class LayerLink:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._layer = hints.shared_layer()
        self._channel: str | None = None
        self._shunned_until = 0.0
        self._leaving: dict[str, asyncio.Future[None]] = {}
        """Groups that are just being left: whoever joins one waits, lest the layer carry out the leaving last."""
        self._outage = Outage(
            logger,
            begun="the channel layer failed (%s: %s); trying again",
            ended="the channel layer works again",
        )

    @property
    def is_up(self) -> bool:
        """Whether hints of other processes reach this one, as far as it knows."""
        return self._channel is not None

    @property
    def healthy(self) -> bool:
        """Whether hints of other processes arrive here, as far as they come through a layer at all."""
        return self._layer is None or self.is_up

    def start(self) -> None:
        if self._layer is not None:
            quiet_outages()
            self._hub.background.run(self._listen())

    async def join(self, topic: str) -> bool:
        """Joins a topic's group; False when the layer isn't there, or doesn't answer in time.

        After a failure nobody waits for the layer for a while: `rejoin` finds out when it is back.
        """
        if self._hub.loop.time() < self._shunned_until:
            return False
        return await self._join(topic)

    async def _join(self, topic: str) -> bool:
        if (left := self._leaving.get(topic)) is not None:
            await left
        if self._channel is None:
            return False
        return await self._try(self._layer.group_add(hints.group_name(topic), self._channel))  # type: ignore[union-attr]

    async def leave(self, topic: str) -> None:
        if self._channel is None:
            return
        left = self._leaving[topic] = self._hub.loop.create_future()
        try:
            await self._try(self._layer.group_discard(hints.group_name(topic), self._channel))  # type: ignore[union-attr]
        finally:
            del self._leaving[topic]
            left.set_result(None)

    async def rejoin(self) -> None:
        """Joins what could not be joined before."""
        missing = [feed for feed in self._hub.feeds.values() if not feed.grouped]
        if self._channel is None:
            return
        for start in range(0, len(missing), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            joined = await asyncio.gather(*(self._join(feed.topic) for feed in some))
            for feed, was_joined in zip(some, joined, strict=True):
                feed.grouped = was_joined
            if not all(joined):
                return

    async def _try(self, call: Any) -> bool:
        try:
            await asyncio.wait_for(call, config().hint_timeout)
        except Exception as error:
            logger.debug("the channel layer doesn't answer: %s", error)
            self._shunned_until = self._hub.loop.time() + _SHUN_FOR
            return False
        return True

    async def _listen(self) -> None:
        layer = self._layer
        assert layer is not None
        while True:
            try:
                if self._channel is None:
                    channel = await layer.new_channel()
                    await asyncio.wait_for(
                        layer.group_add(hints.CONTROL_GROUP, channel), config().hint_timeout
                    )
                    self._channel = channel
                    self._outage.end()
                message = await layer.receive(self._channel)
            except Exception as error:
                self._outage.begin(type(error).__name__, error)
                self._channel = None
                for feed in self._hub.feeds.values():
                    feed.grouped = False
                await asyncio.sleep(_RETRY_AFTER)
            else:
                self._take_or_skip(message)

    def _take_or_skip(self, message: dict[str, Any]) -> None:
        """What one hint is worth: the layer works, and the sweep finds what wasn't understood."""
        try:
            self._take(message)
        except Exception:
            logger.exception("a hint could not be read; the next sweep makes up for it")

    def _take(self, message: dict[str, Any]) -> None:
        hub = self._hub
        if message.get("type") != hints.MESSAGE_TYPE or message.get("from") == hub.id:
            return
        if "events" in message:
            hub.accept(hints.decode_events(message["events"]))
        for topic, seq in message.get("moved", {}).items():
            hub.know_of(topic, seq)
            if (feed := hub.feeds.get(topic)) is not None and feed.is_behind():
                hub.fill_soon(feed)
        if message.get("control") == "access":
            hub.access.settle_soon()
