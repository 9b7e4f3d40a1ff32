"""A real WebSocket client for tests, on the websockets library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlencode

import websockets
from websockets.exceptions import ConnectionClosed

from tests.support.server import Person, Server

Frame = dict[str, Any]


class Socket:
    """One connection. What it has received stays in ``seen``."""

    opened: ClassVar[list[Socket]] = []
    """Those of the running test."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.seen: list[Frame] = []
        self.opened.append(self)

    @classmethod
    async def close_all(cls) -> None:
        """Closes what the test has left open: its people would seem to be here still in the next one."""
        while cls.opened:
            await cls.opened.pop().close()

    @classmethod
    async def open(
        cls,
        server: Server,
        path: str,
        *,
        headers: Any = None,
        subprotocols: Any = None,
        **query: Any,
    ) -> Socket:
        """Connects to a path of a server with a query."""
        text = f"?{urlencode(query)}" if query else ""
        connection = await websockets.connect(
            f"ws://{server.host}{path}{text}",
            additional_headers=headers,
            subprotocols=subprotocols,
            max_size=None,
            open_timeout=20,
            ping_interval=None,
            close_timeout=2,  # one whose frames nobody has read never hears the server's goodbye
        )
        return cls(connection)

    @classmethod
    async def of(cls, person: Person, path: str = "/api/v1/ws/connect", **query: Any) -> Socket:
        """Connects as a person who is signed in."""
        return await cls.open(person.server, path, token=person.access, **query)

    async def send(self, frame: Any) -> None:
        """Sends a value as JSON; text and bytes as they are."""
        await self.connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def receive(self, seconds: float = 30) -> Frame:
        """The next frame.

        Raises:
            TimeoutError: none came in time; the text has what came before.
        """
        try:
            text = await asyncio.wait_for(self.connection.recv(), seconds)
        except TimeoutError:
            raise TimeoutError(f"nothing came; before: {self.seen[-5:]}") from None
        frame: Frame = json.loads(text)
        self.seen.append(frame)
        return frame

    async def until(self, wanted: str | Callable[[Frame], bool], seconds: float = 30) -> Frame:
        """The first frame from now on that is of a type (or meets a condition); those before it are in ``seen``."""
        fits = wanted if callable(wanted) else lambda frame: frame.get("type") == wanted
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            left = deadline - asyncio.get_running_loop().time()
            frame = await self.receive(max(left, 0.001))
            if fits(frame):
                return frame

    async def ask(self, frame: Any, wanted: str | Callable[[Frame], bool] | None = None) -> Frame:
        """Sends a frame; the next one, or the first that is wanted."""
        await self.send(frame)
        return await (self.receive() if wanted is None else self.until(wanted))

    async def is_silent(self) -> bool:
        """Whether nothing but the answer to a ping comes: what was sent before would have come first."""
        pong = await self.ask({"type": "ping"})
        return pong["type"] == "pong"

    async def close_code(self, seconds: float = 30) -> int:
        """Waits for the end; its close code."""
        try:
            while True:
                await self.receive(seconds)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    async def close(self) -> None:
        await self.connection.close()
