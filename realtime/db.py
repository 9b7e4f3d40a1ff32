"""Database work of sockets: on a bounded pool of threads, never on the event loop.

Channels' ``database_sync_to_async`` runs everything on one thread, so that one slow query stalls all sockets.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

from realtime.conf import config
from realtime.forking import in_a_child

UNANSWERED = (OperationalError, InterfaceError)
"""What Django raises where the database doesn't answer, or not in time: to ask again may help."""

P = ParamSpec("P")
R = TypeVar("R")


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(config().db_threads, thread_name_prefix="realtime-db")


in_a_child(_pool.cache_clear)


async def in_pool(func: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs ``func`` on a database thread, in the caller's context, and returns what it returns."""
    context = contextvars.copy_context()

    def call() -> R:
        drop_broken_connections()
        return context.run(func, *args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(_pool(), call)


def drop_broken_connections() -> None:
    """Drops this thread's connections that broke. Whole ones are kept, whatever their age: to connect costs more than a query."""
    for connection in connections.all(initialized_only=True):
        connection.close_at = None
        connection.close_if_unusable_or_obsolete()


def rest_connections() -> None:
    """Ends this thread's use of its connections for a while: pooled ones go back to their pool, others stay open unless they broke."""
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
            connection.close()
    drop_broken_connections()
