"""Handshakes through the middleware, as a server would make them; the innermost app tells what reached it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from realtime.auth.middleware import OriginCheck, TokenAuth


def connect(
    query: str | None = None,
    *,
    subprotocols: tuple[str, ...] = (),
    headers: Iterable[tuple[str, str]] = (),
    **parameters: str,
) -> dict[str, Any]:
    """The scope that reaches the endpoint, or ``{"refused": [messages]}`` if nothing does."""
    text = urlencode(parameters) if query is None else query
    given = [*headers]
    if subprotocols:
        given.append(("sec-websocket-protocol", ", ".join(subprotocols)))
    scope = {
        "type": "websocket",
        "path": "/ws",
        "query_string": text.encode(),
        "subprotocols": list(subprotocols),
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in given],
    }
    return asyncio.run(_handshake(scope))


async def _handshake(scope: dict[str, Any]) -> dict[str, Any]:
    reached: dict[str, Any] = {}
    sent: list[Any] = []

    async def endpoint(scope: Any, receive: Any, send: Any) -> None:
        reached.update(scope)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await OriginCheck(TokenAuth(endpoint))(scope, receive, send)
    return reached or {"refused": sent}
