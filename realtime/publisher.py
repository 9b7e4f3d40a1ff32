"""After the commit: local sockets at once, a hint to the other processes. The writer never waits for the network."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from realtime import hints
from realtime.bridge import redis_out
from realtime.events import Event
from realtime.log.reading import events_at

if TYPE_CHECKING:
    from realtime.hub import Hub

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
    _tell_hub(lambda hub: hub.accept_soon(events))
    hints.sender().send(events)
    redis_out.publisher().send(events)


def publish_access_change() -> None:
    """Tells all hubs that there are access changes to settle. Never raises."""
    try:
        _tell_hub(lambda hub: hub.settle_access_soon())
        hints.sender().send_control("access")
    except Exception:
        logger.exception("an access change could not be published; the sweep will find it")


def _tell_hub(tell: Callable[[Hub], None]) -> None:
    """This process's hub, if there is one. One whose event loop has ended without it hears nothing any more, and is forgotten."""
    hub = hints.local_hub()
    if hub is None:
        return
    try:
        tell(hub)
    except RuntimeError:  # the loop is closed
        hints.set_local_hub(None)
