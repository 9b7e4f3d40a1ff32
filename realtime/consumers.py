"""The ASGI application of a socket endpoint: an ordinary one, to be put into Channels' routing."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from realtime.connection import Connection
from realtime.dialects.base import DialectClass
from realtime.errors import CloseCode, ServerError
from realtime.process import running_process, this_process

logger = logging.getLogger("realtime.consumers")

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
    try:
        process = await this_process()
    except Exception as error:  # noqa: BLE001  whatever keeps the engine from starting, whoever connects may try again
        logger.error("the engine can't start (%s); sockets are turned away", error)
        await _turn_away(scope, receive, send, dialect)
        return
    await Connection(scope, receive, send, dialect, process).run()


async def _turn_away(
    scope: dict[str, Any], receive: Receive, send: Send, dialect_class: DialectClass
) -> None:
    """Where there is no engine for a connection: the error that it would tell, and the close code."""
    dialect = dialect_class(None, scope.get("url_route", {}).get("kwargs", {}), {})
    await receive()
    await send({"type": "websocket.accept", "subprotocol": scope.get("subprotocol")})
    await send({"type": "websocket.send", "text": dialect.error(ServerError())})
    await send({"type": "websocket.close", "code": CloseCode.SERVER_ERROR})
