"""The ASGI application of a socket endpoint: an ordinary one, to be put into Channels' routing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from realtime.connection import Connection
from realtime.dialects.base import DialectClass
from realtime.process import running_process, this_process

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


def socket_endpoint(dialect: DialectClass) -> Any:
    """An ASGI application that speaks ``dialect``, for Channels' routing (whose ``path`` is typed for views)."""

    def endpoint(scope: dict[str, Any], receive: Receive, send: Send) -> Awaitable[None]:
        # No coroutine where there need be none: its frame would be kept, and the scope with it, as long as the socket.
        process = running_process()
        if process is None:
            return _start_and_serve(scope, receive, send, dialect)
        return Connection(scope, receive, send, dialect, process).run()

    return endpoint


async def _start_and_serve(
    scope: dict[str, Any], receive: Receive, send: Send, dialect: DialectClass
) -> None:
    await Connection(scope, receive, send, dialect, await this_process()).run()
