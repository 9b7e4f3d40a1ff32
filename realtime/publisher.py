"""After the commit: local sockets at once, a hint to the other processes. The writer never waits for the network."""

from __future__ import annotations

import logging

from realtime import hints
from realtime.bridge import redis_out
from realtime.events import Event
from realtime.log.reading import events_at

logger = logging.getLogger("realtime.publisher")


def publish_committed(positions: list[int]) -> None:
    """Publishes the events at these positions of the log that were committed; forgets the list.

    Never raises: what isn't published now is found by the sweep.
    """
    taken, positions[:] = positions[:], []
    try:
        for start in range(0, len(taken), 500):
            publish(events_at(taken[start : start + 500]))
    except Exception:
        logger.exception("committed events could not be published; the sweep will deliver them")


def publish(events: list[Event]) -> None:
    """Hands events to this process's hub, and hints at them to the others through the channel layer."""
    if not events:
        return
    hub = hints.local_hub()
    if hub is not None:
        hub.accept_soon(events)
    hints.sender().send(events)
    redis_out.publisher().send(events)


def publish_access_change() -> None:
    """Tells all hubs that there are access changes to settle. Never raises."""
    try:
        hub = hints.local_hub()
        if hub is not None:
            hub.settle_access_soon()
        hints.sender().send_control("access")
    except Exception:
        logger.exception("an access change could not be published; the sweep will find it")
