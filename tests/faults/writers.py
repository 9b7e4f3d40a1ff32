"""Writers: what they send is tried again under its ``client_id`` until it is acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import websockets
from websockets.exceptions import WebSocketException

from tests.faults.history import Acknowledgement, History

_decode = msgspec.json.Decoder().decode
_ATTEMPT_SECONDS = 2.0
_PAUSE = 0.05


class NotAcknowledged(Exception):
    """An attempt failed; whether it was written is unknown."""


class RestWriter:
    """Writes messages of tickets over HTTP. ``port`` is that of the proxy it goes through."""

    def __init__(self, history: History, *, port: Callable[[], int], token: str) -> None:
        self._history = history
        self._port = port
        self.attempts = 0
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.AsyncClient(headers=headers, timeout=_ATTEMPT_SECONDS, verify=False)

    async def write(self, ticket: str, content: str, *, kind: str = "reply") -> int:
        """Writes until it is acknowledged; the number of the message."""
        client_id = str(uuid4())
        self._history.asked_for(client_id)
        while True:
            with contextlib.suppress(NotAcknowledged):
                return await self.attempt(ticket, content, client_id, kind=kind)
            await asyncio.sleep(_PAUSE)

    async def attempt(
        self, ticket: str, content: str, client_id: str, *, kind: str = "reply"
    ) -> int:
        """One attempt.

        Raises:
            NotAcknowledged: there was no answer, or the server couldn't.
        """
        self.attempts += 1
        url = f"http://127.0.0.1:{self._port()}/api/v1/tickets/{ticket}/messages/"
        body = {"content": content, "client_id": client_id, "kind": kind}
        try:
            answer = await self._http.post(url, json=body)
        except httpx.TransportError as error:
            raise NotAcknowledged from error
        if answer.status_code >= 500 or answer.status_code == 429:
            raise NotAcknowledged(answer.text)
        assert answer.status_code in (200, 201), answer.text
        message = answer.json()
        room = f"ticket-notes:{ticket}" if kind == "note" else f"ticket:{ticket}"
        told = Acknowledgement(room, message["seq"], str(message["id"]), message["content"])
        self._history.acknowledged(client_id, told)
        return told.seq

    async def close(self) -> None:
        await self._http.aclose()


class SocketWriter:
    """Writes messages into one room over ``/api/v1/ws/connect``, several at a time on its way."""

    def __init__(self, history: History, room: str, *, port: Callable[[], int], token: str) -> None:
        self._history = history
        self._room = room
        self._port = port
        self._token = token
        self._open: dict[str, tuple[str, asyncio.Future[int]]] = {}
        self._connection: Any = None
        self.attempts = 0
        self._task = asyncio.ensure_future(self._stay())

    async def write(self, content: str) -> int:
        """Writes until it is acknowledged; the number of the message."""
        client_id = str(uuid4())
        self._history.asked_for(client_id)
        acknowledged: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._open[client_id] = content, acknowledged
        while not acknowledged.done():
            await self._send(client_id, content)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(acknowledged), _ATTEMPT_SECONDS)
        return acknowledged.result()

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _send(self, client_id: str, content: str) -> None:
        if self._connection is None:
            return
        self.attempts += 1
        frame = {
            "type": "send_message",
            "room": self._room,
            "data": {"content": content, "client_id": client_id},
        }
        with contextlib.suppress(WebSocketException, OSError):
            await self._connection.send(msgspec.json.encode(frame), text=True)

    async def _stay(self) -> None:
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError, EOFError):
                await self._listen()
            self._connection = None
            await asyncio.sleep(_PAUSE)

    async def _listen(self) -> None:
        async with websockets.connect(
            f"ws://127.0.0.1:{self._port()}/api/v1/ws/connect?token={self._token}",
            max_size=None,
            open_timeout=3,
            ping_interval=1,
            ping_timeout=2,
            close_timeout=0.1,
            compression=None,
        ) as connection:
            join = {"type": "join_room", "room": self._room, "types": ["nothing"]}
            await connection.send(msgspec.json.encode(join), text=True)
            async for text in connection:
                frame = _decode(text)
                if frame["type"] == "room_joined":
                    self._connection = connection
                    for client_id, (content, _) in list(self._open.items()):
                        await self._send(client_id, content)
                elif frame["type"] == "ack":
                    self._take(frame)

    def _take(self, frame: dict[str, Any]) -> None:
        data = frame["data"]
        client_id = data["client_id"]
        told = Acknowledgement(frame["room"], frame["seq"], str(data["id"]), data["content"])
        self._history.acknowledged(client_id, told)
        _, acknowledged = self._open.pop(client_id, ("", None))
        if acknowledged is not None and not acknowledged.done():
            acknowledged.set_result(told.seq)
