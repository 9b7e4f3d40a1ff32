"""One socket's way out: a bounded queue and a single writer. Nobody else pays for a slow reader.

A send that doesn't have to wait is done at once: no task, no queue. Where the server takes ready frames they are written as they
are; else its ``send`` coroutine is driven by hand. Only when it suspends, because the transport is full, a task takes over and
what follows is queued.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any

from realtime.errors import CloseCode
from realtime.frames import Bundle, WriteFrames, text_frame, text_message
from realtime.monitoring.metrics import metrics

Message = dict[str, Any]
Send = Callable[[Message], Coroutine[Any, Any, None]]

_REPLAY_ROOM = 65_536
"""A replay goes on while fewer bytes than this are unsent, so it keeps to the reader's pace."""


class _Rest(Awaitable[None]):
    """What is left of a coroutine whose first step was done by hand, and that waits for ``waiting_for``."""

    __slots__ = ("_coroutine", "_waiting_for")

    def __init__(self, coroutine: Coroutine[Any, Any, None], waiting_for: Any) -> None:
        self._coroutine = coroutine
        self._waiting_for = waiting_for

    def __await__(self) -> Generator[Any, Any, None]:
        waiting_for = self._waiting_for
        while True:
            try:
                value = yield waiting_for
            except BaseException as error:
                step = partial(self._coroutine.throw, error)
            else:
                step = partial(self._coroutine.send, value)
            try:
                waiting_for = step()
            except StopIteration:
                return


class Outbox:
    """Texts waiting to be sent on one socket. An idle one costs a few attributes and no task."""

    __slots__ = (
        "_closing",
        "_limit",
        "_queue",
        "_send",
        "_waiters",
        "_write_frames",
        "_writer",
        "closed",
        "sent",
        "taken_at",
        "unsent",
    )

    def __init__(self, send: Send, limit: int, write_frames: WriteFrames | None = None) -> None:
        self._send = send
        self._write_frames = write_frames
        self._limit = limit
        self._queue: deque[tuple[Message, int]] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._closing: int | None = None
        self._waiters: list[asyncio.Future[None]] | None = None
        self.unsent = 0
        """Bytes not taken by the transport (characters, for what isn't ASCII)."""
        self.taken_at: float | None = None
        """When the transport last took something (loop time), while something waits; else None."""
        self.closed = False
        self.sent = 0
        """Text frames that the transport took. `metrics` has those of sockets that are gone."""

    @property
    def is_open(self) -> bool:
        """Whether a text that is pushed now can still be sent."""
        return self._closing is None and not self.closed

    def push(self, text: str) -> None:
        """Sends a text frame, or queues it. Past the bound the socket is closed with 4409; a single frame always fits."""
        self.deliver(text_message(text), len(text))

    def deliver(self, message: Message, size: int) -> None:
        """`push` for a message that goes to many; ``size`` is the length of its text."""
        if self._writer is not None:
            self._queue_behind(message, size)
        elif self._closing is None and not self.closed:
            write = self._write_frames
            if write is not None and write(text_frame(message)):
                self.sent += 1
                return
            sending = self._send(message)
            try:
                waiting_for = sending.send(None)
            except StopIteration:
                self.sent += 1
                return
            except Exception:
                self._lost()
                return
            self._take_over(sending, waiting_for, size)

    def deliver_all(self, bundle: Bundle) -> None:
        """`push` for several texts that go to many, in one write where that can be."""
        write = self._write_frames
        if (
            write is not None
            and self._writer is None
            and self._closing is None
            and not self.closed
            and write(bundle.frames)
        ):
            self.sent += len(bundle.messages)
            return
        for message in bundle.messages:
            self.deliver(message, len(message["text"]))

    def close(self, code: int) -> None:
        """Closes after what is queued has been sent."""
        if self.is_open:
            self._closing = code
            if self._writer is None:
                self._writer = self._task(self._write(None, 0))

    def cut(self, code: int) -> None:
        """Closes without sending what is queued; a writer that is stuck in the transport is given up."""
        if self.closed:
            return
        self._queue = None
        self._closing = code
        stuck = self._writer
        if stuck is not None:
            stuck.cancel()
        self._writer = self._task(self._write(None, 0))

    def end(self) -> None:
        """The socket is gone. Called once."""
        metrics.messages_sent += self.sent
        self.closed = True
        self._queue = None
        self._wake()
        if self._writer is not None:
            self._writer.cancel()

    async def room(self) -> bool:
        """Waits until there is room for more of a replay; False when the socket is closed."""
        while self.unsent > _REPLAY_ROOM and self.is_open:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters = [*(self._waiters or ()), waiter]
            await waiter
        return self.is_open

    def _queue_behind(self, message: Message, size: int) -> None:
        if not self.is_open:
            return
        if self._queue is None:
            self._queue = deque()
        self._queue.append((message, size))
        self.unsent += size
        if self.unsent > self._limit and len(self._queue) > 1:
            self.cut(CloseCode.SLOW_READER)

    def _take_over(self, sending: Coroutine[Any, Any, None], waiting_for: Any, size: int) -> None:
        """The transport is full: a task waits for it, and sends what gathers meanwhile."""
        self.unsent = size
        self.taken_at = asyncio.get_running_loop().time()
        self._writer = self._task(self._write(_Rest(sending, waiting_for), size))

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(work)

    async def _write(self, first: Awaitable[None] | None, size: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            if first is not None:
                await first
                self._taken(size, loop.time())
            while self._queue:
                message, size = self._queue.popleft()
                await self._send(message)
                self._taken(size, loop.time())
            if self._closing is not None:
                self._lost()
                await self._send({"type": "websocket.close", "code": self._closing})
        except asyncio.CancelledError:
            raise
        except Exception:
            # The peer has gone: the server's own disconnect follows, and there is nobody to tell.
            self._lost()
        self._writer = None
        self._queue = None
        self.taken_at = None

    def _taken(self, size: int, now: float) -> None:
        self.sent += 1
        self.unsent -= size
        self.taken_at = now
        if self._waiters and self.unsent <= _REPLAY_ROOM:
            self._wake()

    def _lost(self) -> None:
        self.closed = True
        self.unsent = 0
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)
