"""The connection manager of FastAPI's documentation, with Redis pub/sub between processes as most add it.

The user is looked up in SQLite on a thread, as with any synchronous database code under FastAPI.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import jwt
import redis.asyncio
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool

_client = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"])
_users = sqlite3.connect(
    os.path.join(os.environ["DATA_DIR"], "livedesk.sqlite3"), check_same_thread=False
)


class ConnectionManager:
    def __init__(self) -> None:
        self.rooms: dict[str, list[WebSocket]] = {}

    def join(self, room: str, socket: WebSocket) -> None:
        self.rooms.setdefault(room, []).append(socket)

    def disconnect(self, room: str, socket: WebSocket) -> None:
        if socket in self.rooms.get(room, ()):
            self.rooms[room].remove(socket)

    async def broadcast(self, room: str, text: str) -> None:
        for socket in list(self.rooms.get(room, ())):
            try:
                await socket.send_text(text)
            except (WebSocketDisconnect, RuntimeError):
                self.disconnect(room, socket)

    async def listen(self) -> None:
        async with _client.pubsub() as pubsub:
            await pubsub.psubscribe("room:*")
            async for message in pubsub.listen():
                if message["type"] == "pmessage":
                    text = message["data"].decode()
                    await self.broadcast(message["channel"].decode()[5:], text)


manager = ConnectionManager()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    listening = asyncio.create_task(manager.listen())
    yield
    listening.cancel()


application = FastAPI(lifespan=lifespan)


@application.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


def _username(user_id: str) -> str:
    found = _users.execute(
        "SELECT username FROM auth_user WHERE id = ? AND is_active", [user_id]
    ).fetchone()
    return str(found[0])


@application.websocket("/")
async def chat(socket: WebSocket, token: str) -> None:
    claims: Any = jwt.decode(
        token, os.environ["JWT_SECRET_KEY"], ["HS256"], audience="livedesk", issuer="livedesk"
    )
    username = await run_in_threadpool(_username, claims["sub"])
    await socket.accept()
    room = ""
    try:
        while True:
            content = await socket.receive_json()
            if content["type"] == "join_room":
                room = content["room"]
                manager.join(room, socket)
                await socket.send_json({"type": "room_joined"})
                continue
            event = {
                "type": "message.new",
                "room": room,
                "data": content["data"],
                "sender": username,
                "timestamp": datetime.now(UTC).isoformat(),
                "id": str(uuid.uuid4()),
            }
            await _client.publish(f"room:{room}", json.dumps(event))
    except WebSocketDisconnect:
        manager.disconnect(room, socket)
