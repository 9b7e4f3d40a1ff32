"""One socket: reads frames, carries out what they ask, writes what its session and its subscriptions say.

How it is opened or refused is told in `opening`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from uuid_utils.compat import uuid7

from realtime.auth.address import address_in_scope
from realtime.auth.credentials import Identity
from realtime.commands import Command
from realtime.conf import config
from realtime.dialects.base import Dialect, DialectClass
from realtime.dialects.envelope import server_frame
from realtime.errors import (
    CloseCode,
    Forbidden,
    RateLimited,
    RealtimeError,
    ServerError,
    Unauthorized,
)
from realtime.feed import Key, Subscription
from realtime.frames import EXTENSION
from realtime.implied import follow_rights
from realtime.monitoring.log_context import audit_log, note_ids
from realtime.monitoring.metrics import metrics
from realtime.opening import open_connection
from realtime.operations import carry_out, leave_room_with, stop_all_typing
from realtime.outbox import Outbox, Send
from realtime.presence.peers import Frames
from realtime.process import Process
from realtime.session import Close, Do, Output, Reply, Session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Set

logger = logging.getLogger("realtime.connection")

_MOST_PENDING_COMMANDS = 200
_MOST_PENDING_BYTES = 16_777_216
_RECONNECT_WITHIN = 5.0

# One for all sockets: an empty set takes 230 bytes.
_NO_KEYS: Set[Key] = frozenset()
_NO_SCOPE: dict[str, Any] = {}


class _PeerGone(Exception):
    """It left before the handshake ended: nothing that anybody could mend."""


class Connection:
    """A WebSocket connection from its handshake to its end. A `Subscriber` of the hub."""

    def __init__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Send,
        dialect: DialectClass,
        process: Process,
    ) -> None:
        self.id = str(uuid7())
        self.scope = scope
        """Empty once the socket is open: it would be kept as long as the socket."""
        self.path: str = scope.get("path", "")
        self.address = address_in_scope(scope)
        self.dialect_class = dialect
        self.process = process
        self.hub = process.hub
        write_frames = (scope.get("extensions") or {}).get(EXTENSION)
        self.outbox = Outbox(send, config().send_queue_bytes, write_frames)
        self.subscriptions: dict[Key, Subscription] = {}
        self.following = _NO_KEYS
        """The subscriptions that come and go with the user's rights."""
        self.is_looking = True
        """Whether the rights are being looked at; at first by the opening."""
        self.must_look = False
        """They have changed since."""
        self.typing: dict[str, asyncio.TimerHandle] = {}
        self.user_id = ""
        self.closed_with: int | None = None
        self.opened_at = time.time()
        self.received = 0
        """Frames."""
        self.is_registered = False
        self.must_restart = False
        """The hub asked it to come back before it was open."""
        self._receive = receive
        self._send = send
        self._commands: deque[Do] | None = None
        """What waits while a command is carried out. Most sockets are idle, and an empty deque takes 600 bytes."""
        self._waiting = 0
        """Bytes that it takes, about."""
        self._admitted = False
        self._accepted = False

    identity: Identity
    dialect: Dialect
    session: Session

    # --- from handshake to end ---

    async def run(self) -> None:
        """Serves the connection until it is gone. Never raises: a fault is told and closed with 4500."""
        await self._receive()
        note_ids(connection_id=self.id)
        try:
            if await open_connection(self):
                self._admitted = True
                self.scope = _NO_SCOPE
                metrics.opened()
                self.note("socket opened")
                await self._read_frames()
            else:
                await self._wait_for_end()
        except asyncio.CancelledError:
            raise
        except _PeerGone:
            await self._wait_for_end()
        except Exception:
            logger.exception("a connection failed")
            await self.accept()
            self.end_with(CloseCode.SERVER_ERROR, ServerError())
            await self._wait_for_end()
        finally:
            await self._leave()

    async def accept(self) -> None:
        """Ends the handshake, if that hasn't been done."""
        if not self._accepted:
            self._accepted = True
            subprotocol = self.scope.get("subprotocol")
            try:
                await self._send({"type": "websocket.accept", "subprotocol": subprotocol})
            except OSError as error:
                raise _PeerGone from error

    async def _read_frames(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self.closed_with = self.closed_with or message.get("code")
                return
            frame = message.get("text")
            if frame is None:
                frame = message.get("bytes") or b""
            metrics.messages_received += 1
            self.received += 1
            if self.outbox.is_open:
                for output in self.session.receive(frame, self.hub.loop.time()):
                    self._act(output)

    def frames(self) -> Frames:
        return Frames(self.received, self.outbox.sent)

    async def _wait_for_end(self) -> None:
        """The close has been queued; the server says when the socket is gone."""
        while (await self._receive())["type"] != "websocket.disconnect":
            pass

    async def _leave(self) -> None:
        self.outbox.end()
        self.process.connections.discard(self)
        self.hub.remove(self)
        self.subscriptions.clear()
        if not self.is_registered:
            return
        if self._admitted:
            seconds = time.time() - self.opened_at
            metrics.closed(self.closed_with or 1006, seconds)
            self.note("socket closed", code=self.closed_with or 1006, seconds=round(seconds, 1))
        stop_all_typing(self)
        await self.process.registry.close(self.id)

    def note(self, what: str, **more: Any) -> None:
        """A line of the audit trail."""
        if audit_log.isEnabledFor(logging.INFO):
            where = {"path": self.path, "address": self.address}
            audit_log.info(what, extra={**where, **more})

    # --- frames ---

    def _act(self, output: Output) -> None:
        if isinstance(output, Reply):
            self.outbox.push(output.text)
        elif isinstance(output, Close):
            self.end_with(output.code)
        elif isinstance(output, Do):
            self._queue(output)

    def _queue(self, asked: Do) -> None:
        """Commands of one socket are carried out one after the other; reading goes on meanwhile."""
        if self._commands is None:
            self._commands = deque([asked])
            self._waiting = asked.weight
            self.hub.background.run(self._work(self._commands))
        elif self._commands and (
            len(self._commands) >= _MOST_PENDING_COMMANDS
            or self._waiting + asked.weight > _MOST_PENDING_BYTES
        ):
            self.outbox.push(self.dialect.error(RateLimited(), asked.command.frame))
        else:
            self._commands.append(asked)
            self._waiting += asked.weight

    async def _work(self, commands: deque[Do]) -> None:
        try:
            while commands and self.outbox.is_open:
                asked = commands.popleft()
                self._waiting -= asked.weight
                await self._carry_out(asked.command)
        finally:
            self._commands = None

    async def _carry_out(self, command: Command) -> None:
        try:
            await carry_out(self, command)
        except RealtimeError as error:
            self.outbox.push(self.dialect.error(error, command.frame))
        except Exception:
            logger.exception("%s failed", type(command).__name__)
            self.outbox.push(self.dialect.error(ServerError(), command.frame))

    # --- what the hub and the clock say ---

    def tick(self, now: float) -> None:
        """Looks at the clock: token expiry, silence, a peer that takes nothing."""
        limits = config()
        taken_at = self.outbox.taken_at
        if self.identity.expires_at is not None and time.time() >= self.identity.expires_at:
            self.unauthorized()
        elif taken_at is not None and now - taken_at > limits.send_stall_timeout:
            self.end_with(CloseCode.SLOW_READER, cut=True)
        elif self.session.is_idle(now, limits.idle_timeout):
            self.end_with(CloseCode.IDLE)

    def lost(self, subscription: Subscription) -> None:
        key = subscription.key
        self.subscriptions.pop(key, None)
        if key in self.following:
            self.following -= {key}
            return
        self.outbox.push(self.dialect.left(subscription.topic, subscription.shape, "forbidden"))
        if subscription.is_member:
            self.hub.background.run(leave_room_with(self, subscription))
        if any(w.required and w.topic == subscription.topic for w in self.dialect.wanted()):
            self.end_with(CloseCode.FORBIDDEN, Forbidden())

    def unauthorized(self) -> None:
        self.end_with(self.dialect_class.unauthorized_code, Unauthorized())

    def disconnect(self) -> None:
        self.end_with(CloseCode.NORMAL)

    def restart(self) -> None:
        """Names a moment to come back at, a different one for each socket, so that not all come at once."""
        if not self._accepted:
            self.must_restart = True  # as soon as it is open
            return
        after = round(random.uniform(0, _RECONNECT_WITHIN), 2)  # noqa: S311
        self.outbox.push(server_frame("reconnect", data={"after": after}))
        self.end_with(CloseCode.RESTARTING)

    @property
    def is_open(self) -> bool:
        """Whether the hello has been said."""
        return self._admitted

    def is_in(self, topic: str) -> bool:
        """Whether the connection counts as a member of a room."""
        return self.process.registry.local().is_in(self.id, topic)

    def refresh(self) -> None:
        follow_rights(self)

    async def _accept_and_end(self, code: int, error: RealtimeError | None) -> None:
        await self.accept()
        self.end_with(code, error)

    def end_with(self, code: int, error: RealtimeError | None = None, *, cut: bool = False) -> None:
        """Tells the error and closes, after what is queued; ``cut`` doesn't wait for that."""
        if not self.outbox.is_open:
            return
        if not self._accepted:
            self.hub.background.run(self._accept_and_end(code, error))
            return
        self.closed_with = code
        if error is not None:
            self.outbox.push(self.dialect.error(error))
        if cut:
            self.outbox.cut(code)
        else:
            self.outbox.close(code)
