"""What one socket asks for while it is still being answered waits, and there is only so much of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from realtime.auth.identity import Identity
from realtime.connection import Connection
from realtime.dialects.rooms import RoomDialect
from realtime.jsontext import load_json
from realtime.process import Process

pytestmark = pytest.mark.usefixtures("_database_threads")


@pytest.fixture
async def process(_database_threads: None, settings: Any) -> AsyncIterator[Process]:
    settings.REALTIME = {
        **settings.REALTIME,
        "messages_per_second": 1_000,
        "messages_burst": 1_000,
    }
    process = Process()
    await process.hub.start()
    await process.registry.start()
    yield process
    await process.registry.stop()
    await process.hub.stop()


class Socket:
    """A connection in memory, whose client sends all that it has at once."""

    def __init__(self, process: Process, user: User) -> None:
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        identity = Identity(user, None, None, "token", time.time())
        scope = {"type": "websocket", "path": "/", "headers": [], "identity": identity}
        self._incoming.put_nowait({"type": "websocket.connect"})
        connection = Connection(scope, self._incoming.get, self._take, RoomDialect, process)
        self._running = asyncio.create_task(connection.run())

    async def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            self._said.put_nowait(load_json(message["text"]))

    def send(self, *texts: str) -> None:
        for text in texts:
            self._incoming.put_nowait({"type": "websocket.receive", "text": text})

    async def next(self) -> str:
        """The type of the next frame, or the code of an error."""
        frame = await asyncio.wait_for(self._said.get(), 20)
        return str(frame["data"]["code"] if frame["type"] == "error" else frame["type"])

    async def close(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self._running


async def test_frames_that_take_much_memory_do_not_wait_in_any_number(
    process: Process, alice: User
) -> None:
    socket = Socket(process, alice)
    assert await socket.next() == "connected"
    small = f'{{"type":"history","room":"user:{alice.pk}"}}'
    large = small[:-1] + ',"x":[' + ",".join(["{}"] * 30_000) + "]}"

    socket.send(*[large] * 40, small)
    said = [await socket.next() for _ in range(41)]
    assert 1 <= said.count("history") <= 4
    assert said.count("rate_limited") == 41 - said.count("history")

    socket.send(*[small] * 30)
    assert [await socket.next() for _ in range(30)] == ["history"] * 30
    await socket.close()
