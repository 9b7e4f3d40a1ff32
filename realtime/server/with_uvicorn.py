"""uvicorn, which drains before it closes its connections itself (with 1012)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Generator
from typing import Any

# Read when `websockets` is imported. A request line over it gets no answer, and tokens are a part of it.
os.environ.setdefault("WEBSOCKETS_MAX_LINE_LENGTH", "65536")

import uvicorn
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime.background import end_all
from realtime.conf import config
from realtime.errors import CloseCode
from realtime.frames import EXTENSION, text_frame
from realtime.server import drain, largest_frame, start_engine

_CLOSE_SECONDS = 5.0
"""So long may a peer take for what was sent to it, once it is closed."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class SharedFrames(WebSocketsSansIOProtocol):
    """Writes a text that goes to many sockets as one frame, made once. Whatever else is sent goes uvicorn's way."""

    def run_asgi(self) -> Coroutine[Any, Any, None]:
        # No coroutine of its own: its frame would be kept as long as the socket.
        extensions: dict[str, Any] = {
            **(self.scope["extensions"] or {}),
            EXTENSION: self.write_frames,
        }
        self.scope["extensions"] = extensions
        return super().run_asgi()

    def write_frames(self, frames: bytes) -> bool:
        """A `WriteFrames`."""
        if (
            not self.writable.is_set()
            or not self.handshake_complete
            or self.disconnected
            or self.close_sent
            or self.conn.extensions
        ):
            return False
        self.transport.write(frames)
        return True

    def keepalive_timeout(self) -> None:
        """A peer that answers no ping is gone. uvicorn would call that its own failure (1011)."""
        self.pong_timer = None
        self.pending_ping_payload = None
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.fail(CloseCode.IDLE, "no answer to a ping")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
        self._let_go_in_time()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # uvicorn would leave the client waiting.
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    async def send(self, message: Any) -> None:
        if (
            message["type"] != "websocket.send"
            or message.get("text") is None
            or not self.handshake_complete
            or self.close_sent
            or self.conn.extensions
        ):
            if message["type"] == "websocket.close":
                self._let_go_in_time()
            await super().send(message)
            return
        if not self.writable.is_set():
            await self.writable.wait()
        if self.disconnected or self.close_sent:
            raise ClientDisconnected
        self.transport.write(text_frame(message))

    def _let_go_in_time(self) -> None:
        """uvicorn and the transport would wait for ever for a peer that takes nothing, not even the close."""
        self.loop.call_later(_CLOSE_SECONDS, self.transport.abort)


class DrainingServer(uvicorn.Server):
    started_callback: Callable[[int], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            await start_engine()
            self.started_callback((sockets or self.servers[0].sockets)[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await drain()
        await super().shutdown(sockets)
        # The loop would cancel them once, and wait for ever for one that takes no notice.
        if (this := asyncio.current_task()) is not None:
            await end_all(asyncio.all_tasks() - {this})

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Unlike uvicorn's own, doesn't raise the signal again at the end: to be stopped is no failure."""
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(
    application: Any, listener: socket.socket, started: Callable[[int], None], access_log: bool
) -> None:
    """Serves until SIGINT or SIGTERM."""
    limits = config()
    # It logs the request lines of sockets at INFO, and a traceback for each frame that isn't UTF-8 at ERROR.
    log = logging.getLogger("uvicorn.error")
    log.setLevel(logging.WARNING)
    log.addFilter(lambda record: not str(record.msg).startswith("Invalid UTF-8"))
    settings = uvicorn.Config(
        application,
        log_config=None,
        access_log=access_log,
        lifespan="off",
        ws=SharedFrames,
        ws_max_size=largest_frame(),
        ws_ping_interval=limits.heartbeat_interval,
        ws_ping_timeout=limits.heartbeat_interval,
        ws_per_message_deflate=limits.compression,
        timeout_graceful_shutdown=2,
        proxy_headers=False,  # the engine counts proxies itself: realtime/auth/address.py
        server_header=False,
    )
    server = DrainingServer(settings)
    server.started_callback = started
    server.run(sockets=[listener])
