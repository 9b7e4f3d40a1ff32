"""What channels_redis logs while Redis is away, in a sentence: the engine says itself what follows from it."""

from __future__ import annotations

import asyncio
import logging
import time

from redis.exceptions import RedisError

_LOGGER = "channels_redis.pubsub"
_OUTAGE = (OSError, RedisError, TimeoutError, asyncio.CancelledError)
_OUTAGE_TEXTS = (
    # Whoever subscribes anew reads the answer while the receiver reads already: it tries again after a second.
    "another coroutine is already waiting for incoming data",
    # uvloop, of a connection that has broken.
    "the handler is closed",
)
_QUIET_FOR = 60.0
"""Seconds in which the same is said once: it tries anew, and fails, every second."""


class OutageInASentence(logging.Filter):
    """For that logger: an outage is a warning without a traceback, said now and then. Whatever else went wrong stays as it is."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, _OUTAGE) and not any(text in str(error) for text in _OUTAGE_TEXTS):
            return True
        what = type(error).__name__
        now = time.monotonic()
        if now - self._said.get(what, -_QUIET_FOR) < _QUIET_FOR:
            return False
        self._said[what] = now
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = "the channel layer has no way to Redis (%s: %s)", (what, error)
        record.exc_info = record.exc_text = None
        return True


_filter = OutageInASentence()


def quiet_outages() -> None:
    """Puts the filter before the logger. Doing it twice changes nothing."""
    logging.getLogger(_LOGGER).addFilter(_filter)
