"""WebSocket clients in memory: a real `Connection` with its session, dialect and hub, and no network between."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from django.contrib.auth.models import User

from realtime.auth.identity import Identity
from realtime.connection import Connection
from realtime.dialects.rooms import RoomDialect
from realtime.jsontext import dump_json, load_json
from realtime.process import Process
from tests.faults.history import History


class Client:
    """Somebody's client: it resumes where it stopped, and tells the history what it hears."""

    def __init__(self, process: Process, history: History, user: User, rooms: list[str]) -> None:
        self.user, self.rooms, self.name = user, rooms, user.get_username()
        self.joined: set[str] = set()
        self._process = process
        self._history = history
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._connection: Connection | None = None
        self._running: asyncio.Task[None] | None = None
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._takes = asyncio.Event()
        history.reader(self.name, rooms)

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    # --- the socket ---

    async def connect(self) -> None:
        """Opens a socket; returns once the server has said hello."""
        identity = Identity(self.user, None, None, "token", time.time())
        scope = {"type": "websocket", "path": "/", "headers": [], "identity": identity}
        self._incoming, self._takes = asyncio.Queue(), asyncio.Event()
        self._takes.set()
        hello = self._asked[0] = asyncio.get_running_loop().create_future()
        incoming = self._incoming
        incoming.put_nowait({"type": "websocket.connect"})
        connection = Connection(scope, incoming.get, self._sender(), RoomDialect, self._process)
        self._connection = connection
        self._running = asyncio.create_task(connection.run())
        await hello

    def _sender(self) -> Any:
        takes, this = self._takes, self._incoming

        async def send(message: dict[str, Any]) -> None:
            while not takes.is_set():
                await takes.wait()
            if self._incoming is not this or not self.is_connected:
                raise OSError("the peer has gone")
            if message["type"] == "websocket.send":
                self._take(load_json(message["text"]))

        return send

    async def disconnect(self) -> None:
        """The connection breaks: what was on its way is lost."""
        assert self._running is not None
        running, self._connection, self._running = self._running, None, None
        self.joined.clear()
        self._takes.set()
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})
        for answer in self._asked.values():
            answer.cancel()
        self._asked.clear()
        await running

    def stall(self) -> None:
        """Takes nothing for a while."""
        self._takes.clear()

    def go_on(self) -> None:
        self._takes.set()

    # --- what it says ---

    async def join(self, room: str) -> None:
        """Joins a room from where it stopped there."""
        since = self._history.last(self.name, room)
        answer = await self._ask({"type": "join_room", "room": room, "since": since})
        if answer["type"] == "room_joined" and not answer["data"]["resumed"]:
            self._history.refused(self.name, room, f"since {since}: {answer['data']}")

    async def leave(self, room: str) -> None:
        await self._ask({"type": "leave_room", "room": room})
        self.joined.discard(room)

    async def _ask(self, frame: dict[str, Any]) -> dict[str, Any]:
        self.go_on()
        ref = len(self._asked) + 1
        answer = self._asked[ref] = asyncio.get_running_loop().create_future()
        text = dump_json({**frame, "ref": ref}).decode()
        self._incoming.put_nowait({"type": "websocket.receive", "text": text})
        return await answer

    def _take(self, frame: dict[str, Any]) -> None:
        room, kind = frame.get("room"), frame["type"]
        if kind == "room_joined":
            self.joined.add(room or "")
        if kind == "room_left":
            self.joined.discard(room or "")
        if "seq" in frame and kind != "ack" and room in self.rooms:
            self._history.heard(self.name, room, frame["seq"], frame)
        answer = self._asked.get(0 if kind == "connected" else frame.get("ref") or -1)
        if answer is not None and not answer.done():
            answer.set_result(frame)

    # --- what the server thinks of it ---

    def has_everything(self) -> bool:
        """Whether the server has nothing more to send to it, and nothing to ask about it."""
        connection = self._connection
        if connection is None:
            return True
        subscriptions = connection.subscriptions.values()
        return connection.outbox.unsent == 0 and all(s.live for s in subscriptions)
