"""A TCP proxy that does to connections what networks do: cut them, hold them up, slow them down, swallow what they say."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from enum import StrEnum

Address = tuple[str, int]

_CHUNK = 65_536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_PIECES_A_SECOND = 20


class Passage(StrEnum):
    OPEN = "open"
    PAUSED = "paused"
    """Nothing gets through, nothing is lost."""
    SLOW = "slow"
    SWALLOWING = "swallowing"
    """What is sent disappears, the end of a connection too: both sides believe in it."""
    CLOSED = "closed"
    """There is no connection, and new ones are closed at once."""


class _Link:
    """One connection through the proxy."""

    def __init__(self, near: asyncio.StreamWriter) -> None:
        self.near = near
        self.far: asyncio.StreamWriter | None = None
        self.lost_something = False
        self.is_mute = False
        """What the far side says is swallowed."""

    def reset(self) -> None:
        """Ends both sides with a RST, as a router that forgot the connection does."""
        for side in (self.near, self.far):
            if side is None:
                continue
            peer = side.get_extra_info("socket")
            with contextlib.suppress(OSError, ValueError, AttributeError):  # it may be gone already
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            side.transport.abort()

    def close(self) -> None:
        for side in (self.near, self.far):
            if side is not None:
                side.close()


def narrow_way(address: Address) -> socket.socket:
    """A connection of which the kernels at both ends keep little."""
    way = socket.socket()
    way.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    way.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # the other side's buffer follows it
    way.connect(address)
    return way


class Proxy:
    """Listens on a port of its own, and passes on to wherever ``target`` says when a connection comes."""

    def __init__(self, target: Callable[[], Address], *, narrow: bool = False) -> None:
        self.port = 0
        self.is_narrow = narrow
        """The kernels keep little of what nobody takes; else it is megabytes before a server notices a stall."""
        self.passage = Passage.OPEN
        self._target = target
        self._links: set[_Link] = set()
        self._rate = 0
        self._unwelcome: bytes | None = None
        self._is_unasked = False
        self.swallowed = asyncio.Event()
        """What `swallow_answer` or `swallow_question` waits for has come."""
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in list(self._links):
            link.reset()

    @property
    def connections(self) -> int:
        return len(self._links)

    # --- faults ---

    def cut(self) -> None:
        """Resets what is connected; who connects anew is let through."""
        for link in list(self._links):
            link.reset()

    def pause(self) -> None:
        self._become(Passage.PAUSED)

    def slow(self, bytes_a_second: int) -> None:
        self._rate = bytes_a_second
        self._become(Passage.SLOW)

    def swallow(self) -> None:
        """From now on connections are half-open: nobody is told, nothing arrives, also on new ones."""
        self._become(Passage.SWALLOWING)

    def swallow_answer(self, text: bytes) -> None:
        """Once: an answer with this text, or to a question with it, doesn't arrive, and neither does what follows on its connection."""
        self._unwelcome, self._is_unasked = text, False
        self.swallowed.clear()

    def swallow_question(self, text: bytes) -> None:
        """Once: a question with this text doesn't arrive, and nothing is answered on its connection from then on."""
        self._unwelcome, self._is_unasked = text, True
        self.swallowed.clear()

    def shut(self) -> None:
        self._become(Passage.CLOSED)
        self.cut()

    def heal(self) -> None:
        """Ends the fault. Connections that lost something can't go on, and are reset."""
        self._become(Passage.OPEN)
        for link in list(self._links):
            if link.lost_something:
                link.reset()

    def _become(self, passage: Passage) -> None:
        self.passage = passage
        self._changed.set()
        self._changed = asyncio.Event()

    # --- passing on ---

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer)
        self._links.add(link)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if await self._may_connect(link):
                await self._connect(link, reader)
        except (OSError, RuntimeError, asyncio.CancelledError):
            pass  # uvloop raises RuntimeError for a transport that was aborted; asyncio's own callback would log a cancelled connection
        finally:
            self._links.discard(link)
            self._tasks.discard(task)
            link.close()

    async def _may_connect(self, link: _Link) -> bool:
        while self.passage in (Passage.SWALLOWING, Passage.PAUSED):
            link.lost_something = self.passage is Passage.SWALLOWING
            await self._changed.wait()
        return self.passage is not Passage.CLOSED and not link.lost_something

    async def _connect(self, link: _Link, near: asyncio.StreamReader) -> None:
        far, link.far = await self._open(link)
        one_way = asyncio.ensure_future(self._pump(link, near, link.far))
        other_way = asyncio.ensure_future(self._pump(link, far, link.near))
        try:
            await asyncio.wait({one_way, other_way}, return_when=asyncio.FIRST_COMPLETED)
            await self._end(one_way, other_way)
        finally:
            one_way.cancel()
            other_way.cancel()

    async def _open(self, link: _Link) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if not self.is_narrow:
            return await asyncio.open_connection(*self._target(), limit=_CHUNK)
        link.near.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return await asyncio.open_connection(sock=narrow_way(self._target()), limit=4096)

    async def _end(self, *pumps: Awaitable[None]) -> None:
        """One side has ended; what the other was sending gets a moment to arrive."""
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(asyncio.gather(*pumps), 0.2)

    async def _pump(
        self, link: _Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        while True:
            data = await source.read(_CHUNK)
            await self._wait_for_passage()
            if self._unwelcome is not None and self._unwelcome in data:
                self._unwelcome = None
                link.is_mute = True
                self.swallowed.set()
                if self._is_unasked:
                    continue
            if link.is_mute and sink is link.near and data:
                continue
            if self.passage is Passage.SWALLOWING:
                link.lost_something = True
                if not data:
                    await self._until_healed()
                    return
                continue
            if not data:
                sink.close()
                return
            await self._pass_on(data, sink)

    async def _wait_for_passage(self) -> None:
        while self.passage is Passage.PAUSED:
            await self._changed.wait()

    async def _until_healed(self) -> None:
        while self.passage is Passage.SWALLOWING:
            await self._changed.wait()

    async def _pass_on(self, data: bytes, sink: asyncio.StreamWriter) -> None:
        while data:
            if self.passage is Passage.SLOW:
                piece = data[: max(1, self._rate // _PIECES_A_SECOND)]
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 1 / _PIECES_A_SECOND)
            else:
                piece = data
            if sink.transport.is_closing():
                raise ConnectionResetError
            sink.write(piece)
            await sink.drain()
            data = data[len(piece) :]
