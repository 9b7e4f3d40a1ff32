"""python-socketio as its documentation shows it, with its Redis manager; websocket transport only."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from typing import Any

import socketio

server = socketio.AsyncServer(
    async_mode="asgi",
    transports=["websocket"],
    client_manager=socketio.AsyncRedisManager(os.environ["REDIS_URL"]),
)


@server.event
async def join(sid: str, room: str) -> None:
    await server.enter_room(sid, room)
    await server.emit("room_joined", to=sid)


@server.event
async def send(sid: str, content: Any) -> None:
    event = {
        "type": "message.new",
        "room": content["room"],
        "data": content["data"],
        "sender": "speaker",
        "timestamp": datetime.now(UTC).isoformat(),
        "id": str(uuid.uuid4()),
    }
    await server.emit("message", event, room=content["room"])


application = socketio.ASGIApp(server)
