"""Hints: what goes through the channel layer to wake the hubs of other processes. Losing one costs latency only."""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec
from channels.layers import InMemoryChannelLayer, get_channel_layer

from realtime.conf import config
from realtime.draining import Drain
from realtime.events import Event
from realtime.forking import in_a_child
from realtime.monitoring.metrics import metrics

if TYPE_CHECKING:
    from realtime.hub import Hub

CONTROL_GROUP = "realtime.control"
MESSAGE_TYPE = "realtime.hint"

_encode = msgspec.json.Encoder().encode
decode_events = msgspec.json.Decoder(list[Event]).decode

_hub: Hub | None = None


def local_hub() -> Hub | None:
    """The hub of this process, once a socket has been opened here."""
    return _hub


def set_local_hub(hub: Hub | None) -> None:
    global _hub
    _hub = hub


def group_name(topic: str) -> str:
    """The channel-layer group of a topic: all layers take ASCII letters, digits, ``-_.`` and fewer than 100 of them."""
    name = "realtime." + topic.replace(":", ".")
    if len(name) < 100 and re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        return name
    return "realtime.hash." + blake2b(topic.encode(), digest_size=20).hexdigest()


def shared_layer() -> Any | None:
    """The default channel layer if it reaches other processes, else None."""
    layer = get_channel_layer()
    return None if layer is None or isinstance(layer, InMemoryChannelLayer) else layer


class Sender(Drain[tuple[str, Any]]):
    """Sends hints to the hubs of other processes."""

    name = "hints"

    def __init__(self) -> None:
        super().__init__()
        self.origin = ""
        """Marks this process's own hints, which its hub has already heard of."""

    def send(self, events: list[Event]) -> None:
        """Queues hints of events, each for the group of its topic."""
        if shared_layer() is not None:
            self.put([(group_name(event.topic), event) for event in events])

    def send_control(self, kind: str, **fields: Any) -> None:
        """Queues a message to all hubs."""
        if shared_layer() is not None:
            self.put([(CONTROL_GROUP, {"control": kind, **fields})])

    def probe(self) -> None:
        """After a failure: finds out whether hints can be sent again, though nothing happens that needs one."""
        if not self.healthy:
            self.send_control("probe")

    async def send_batch(self, batch: list[tuple[str, Any]]) -> None:
        layer = shared_layer()
        assert layer is not None
        groups: dict[str, list[Any]] = {}
        for group, hint in batch:
            groups.setdefault(group, []).append(hint)
        messages = [(g, m) for g, hints in groups.items() for m in self._messages(hints)]
        for start in range(0, len(messages), 64):
            await asyncio.gather(*(layer.group_send(g, m) for g, m in messages[start : start + 64]))

    def count(self, sent: int, failed: int) -> None:
        metrics.hints_sent += sent
        metrics.hints_failed += failed

    def _messages(self, hints: list[Any]) -> list[dict[str, Any]]:
        """The messages for one group: controls one by one, events together, those too large by number only."""
        limit = config().hint_max_bytes
        base = {"type": MESSAGE_TYPE, "from": self.origin}
        messages = [{**base, **hint} for hint in hints if isinstance(hint, dict)]
        small, moved = [], {}
        for event in (hint for hint in hints if isinstance(hint, Event)):
            if len(bytes(event.data)) <= limit:
                small.append(event)
            elif event.seq is not None:
                moved[event.topic] = event.seq
        messages += [
            {**base, "events": _encode(small[i : i + 50])} for i in range(0, len(small), 50)
        ]
        if moved:
            messages.append({**base, "moved": moved})
        return messages


@lru_cache(maxsize=1)
def sender() -> Sender:
    return Sender()


in_a_child(sender.cache_clear)
in_a_child(lambda: set_local_hub(None))
