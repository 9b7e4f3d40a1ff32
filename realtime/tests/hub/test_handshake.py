"""What a socket hears without asking is subscribed to when its handshake ends: nothing that comes after it is missed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from realtime.auth.identity import Identity
from realtime.connection import Connection
from realtime.db import in_pool
from realtime.dialects.classic import ClassicDialect
from realtime.process import Process

pytestmark = pytest.mark.usefixtures("_database_threads")


async def test_what_follows_the_rights_of_a_user_is_there_with_the_handshake() -> None:
    ann = await in_pool(lambda: get_user_model().objects.create_user("ann"))
    process = Process()
    await process.hub.start()
    await process.registry.start()
    at_the_end: asyncio.Future[set[str]] = asyncio.get_running_loop().create_future()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.accept":
            at_the_end.set_result({topic for topic, _ in connection.subscriptions})

    identity = Identity(ann, None, None, "token", time.time())
    scope = {"type": "websocket", "path": "/ws", "headers": [], "identity": identity}
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    incoming.put_nowait({"type": "websocket.connect"})
    connection = Connection(scope, incoming.get, send, ClassicDialect, process)
    running = asyncio.create_task(connection.run())
    try:
        topics = await asyncio.wait_for(at_the_end, 20)
        assert {f"push:{ann.pk}", f"user:{ann.pk}"} <= topics
    finally:
        incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await running
        await process.registry.stop()
        await process.hub.stop()
