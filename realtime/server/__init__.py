"""Starting a server for HTTP and sockets: daphne or uvicorn, set up as the engine needs them.

Both get the engine's limits, keep tokens out of what they log, and, when they have to stop, first ask the open sockets to come back
elsewhere (4503).
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Any

from realtime.conf import config
from realtime.process import running_process, this_process

logger = logging.getLogger("realtime.server")

DRAIN_SECONDS = 8.0
"""How long sockets are given to leave after SIGTERM."""

_HEADROOM = 65_536
"""Frames a little larger than allowed still reach the session, which closes with 4413; the server itself could only cut."""


class PortTaken(Exception):
    """Somebody listens there already, or nobody may; the text is the system's reason."""


def serve(
    application: Any,
    *,
    server: str,
    host: str,
    port: int,
    started: Callable[[int], None],
    access_log: bool = False,
) -> None:
    """Runs until SIGINT or SIGTERM; then asks all sockets to come back elsewhere, and returns.

    ``server`` is ``daphne`` or ``uvicorn``; ``port`` 0 is any free one; ``started`` is called with the port once it listens.

    Raises:
        PortTaken: the port can't be listened on.
    """
    if server == "uvicorn":
        from realtime.server.with_uvicorn import run
    else:
        from realtime.server.with_daphne import run
    with _listen(host, port) as listener:
        run(application, listener, started, access_log)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTaken(getattr(error, "strerror", None) or str(error)) from error
    listener.setblocking(False)
    return listener


def largest_frame() -> int:
    """Bytes of the largest frame that the server hands on."""
    return config().message_max_size + _HEADROOM


async def start_engine() -> None:
    """Starts the hub and what runs beside it before the first socket comes; a database that is away may come back."""
    try:
        await this_process()
    except Exception:
        logger.exception("the engine could not start yet")


async def drain() -> None:
    """Tells this process's sockets to reconnect, and waits until they have gone."""
    process = running_process()
    if process is not None:
        await process.drain(DRAIN_SECONDS)
