"""A worker says now and then that it is there, whatever its tasks are at: who watches can tell a dead worker from a busy one."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.crypto import get_random_string

from notifications.jobs.models import LiveWorker
from realtime.db import drop_broken_connections, rest_connections

BEAT_SECONDS = 3.0
ALIVE = timedelta(seconds=10)
"""Who has said nothing for so long is dead."""
_FORGOTTEN = timedelta(days=1)


def beat(name: str) -> None:
    """Says that a worker is there."""
    now = timezone.now()
    if not LiveWorker.objects.filter(name=name).update(seen_at=now):
        LiveWorker.objects.create(name=name, seen_at=now)


def forget_the_dead() -> None:
    """Deletes those that died long ago without a word."""
    LiveWorker.objects.filter(seen_at__lt=timezone.now() - _FORGOTTEN).delete()


def leave(name: str) -> None:
    """Says that it stops."""
    LiveWorker.objects.filter(name=name).delete()


def live_workers() -> int:
    """How many processes do background work."""
    return LiveWorker.objects.filter(seen_at__gte=timezone.now() - ALIVE).count()


class HeartbeatThread(threading.Thread):
    """Beats until it is told to stop. A database that is away is the business of others."""

    def __init__(self, stopping: threading.Event) -> None:
        super().__init__(name="jobs-heartbeat", daemon=True)
        self._stopping = stopping
        self._worker = f"{socket.gethostname()[:80]}-{os.getpid()}-{get_random_string(4)}"

    def run(self) -> None:
        self._tell(lambda _: forget_the_dead())
        while not self._stopping.is_set():
            self._tell(beat)
            self._stopping.wait(BEAT_SECONDS)
        self._tell(leave)

    def _tell(self, what: Callable[[str], None]) -> None:
        drop_broken_connections()
        try:
            what(self._worker)
        except DatabaseError:
            connection.close()
        finally:
            rest_connections()
