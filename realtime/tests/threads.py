"""Calls that begin at the same moment, each on a thread with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Thread
from time import monotonic
from typing import Any

from django.db import connection, connections


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call returned; the first error is raised."""
    together = Barrier(len(calls))

    def start(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            together.wait(timeout=20)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls))


def on_threads(count: int, work: Callable[[int], None]) -> None:
    """Runs ``work(n)`` with each number below ``count``."""
    at_once(*(partial(work, n) for n in range(count)))


def wait_until_blocked(thread: Thread) -> None:
    """Waits until another connection to PostgreSQL waits for a lock of ours; or until the thread is through without.

    Raises:
        TimeoutError: neither happens.
    """
    deadline = monotonic() + 10
    while thread.is_alive():
        # Not of pg_stat_activity, which shows a transaction always what it showed it first.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone():
                return
        if monotonic() > deadline:
            raise TimeoutError("nobody waits for a lock")
