"""The deliveries of one server process, for as long as it runs."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError

from realtime.db import drop_broken_connections, rest_connections
from realtime.hooks.sending import send_due_deliveries

logger = logging.getLogger("realtime.hooks")

_EVERY = 1.0


async def send_hooks_for_ever() -> None:
    """On a thread of its own: receivers take their time, and would hold the threads that sockets need for the database."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="realtime-hooks")
    loop = asyncio.get_running_loop()
    try:
        while True:
            await asyncio.sleep(_EVERY)
            try:
                while await loop.run_in_executor(thread, _send_one):
                    pass
            except DatabaseError as error:
                logger.warning("webhooks have to wait for the database: %s", error)
            except Exception:
                logger.exception("webhooks could not be sent; trying again")
    finally:
        thread.shutdown(wait=False)


def _send_one() -> int:
    """One at a time, since a process that ends waits for what its threads have begun."""
    drop_broken_connections()
    try:
        return send_due_deliveries(most=1)
    finally:
        rest_connections()
