"""daphne, with what it lacks: backpressure, draining, a proper close for frames that are no WebSocket protocol, bodies left unread."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

# First of all that touches Twisted: it installs the asyncio reactor.
from daphne.server import Server  # isort:skip
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept
from autobahn.websocket.protocol import WebSocketProtocol
from daphne.access import AccessLogGenerator
from daphne.http_protocol import WebRequest
from django.core.exceptions import RequestAborted
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from realtime.conf import config
from realtime.frames import EXTENSION, text_frame
from realtime.redaction import RedactedStream
from realtime.server import DRAIN_SECONDS, drain, largest_frame, start_engine

_REPEATED = "repeated"
"""One name more than a credential takes, in place of those that were offered again: the engine refuses it as it refuses those."""


class UnreadRequest(WebRequest):  # type: ignore[misc]  # daphne has no types
    """Leaves forms to the application, and repeated credentials to the engine.

    Twisted would read the fields of a form on the event loop, where a large one stops every socket, and answer what it can't read
    itself. autobahn would refuse a repeated subprotocol with a status line that has it, and the second one is a token.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, parsePOSTFormSubmission=False, **more)

    def process(self) -> Any:
        lines = self.requestHeaders.getRawHeaders(b"sec-websocket-protocol", [])
        offered = [name.strip() for name in b",".join(lines).decode("latin-1").split(",")]
        once = list(dict.fromkeys([*offered, _REPEATED]))
        if len(once) <= len(offered):
            text = ", ".join(once).encode("latin-1")
            self.requestHeaders.setRawHeaders(b"sec-websocket-protocol", [text])
        return super().process()


class Gate:
    """Closed while a socket's transport has more to send than it gets rid of. A push producer, as Twisted calls it."""

    __slots__ = ("_waiters", "closed")

    def __init__(self) -> None:
        self.closed = False
        self._waiters: list[asyncio.Future[None]] = []

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's name
        self.closed = True

    def resumeProducing(self) -> None:  # noqa: N802
        self.closed = False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is lost: nobody needs to wait any more."""
        self.resumeProducing()

    async def opened(self) -> None:
        """Returns when the transport takes more."""
        while self.closed:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter


class DrainingServer(Server):  # type: ignore[misc]  # daphne has no types
    """Sends at the pace of each peer, and drains before it stops."""

    def __init__(
        self,
        application: Any,
        listener: socket.socket,
        started: Callable[[int], None],
        access_log: bool,
    ) -> None:
        self._started = started
        heartbeat = config().heartbeat_interval
        super().__init__(
            application,
            # Twisted closes what it is given, once it has a copy: it mustn't be closed again.
            endpoints=[f"fd:fileno={listener.detach()}"],
            signal_handlers=False,
            action_logger=AccessLogGenerator(RedactedStream(sys.stdout)) if access_log else None,
            ping_interval=heartbeat,
            ping_timeout=heartbeat,
            websocket_timeout=-1,
            websocket_max_message_size=largest_frame(),
            websocket_max_frame_size=largest_frame(),
            ready_callable=self._configure,
            server_name="",
            verbosity=0,
        )

    def _configure(self) -> None:
        """Called when daphne has made its factories, before the reactor runs."""
        # A close frame instead of a cut, for what is no WebSocket protocol or no UTF-8.
        # Without allowNullOrigin, which a second call would take back, autobahn refuses sandboxed pages itself, with 400.
        options: dict[str, Any] = {"failByDrop": False, "allowNullOrigin": True}
        if config().compression:
            options["perMessageCompressionAccept"] = _accept_deflate
        self.ws_factory.setProtocolOptions(**options)
        self.http_factory.buildProtocol = partial(_unread, self.http_factory.buildProtocol)
        loop = asyncio.get_event_loop()
        loop.set_exception_handler(_tell_failure)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        reactor.callWhenRunning(lambda: asyncio.ensure_future(self._start(port.getHost().port)))

    async def _start(self, port: int) -> None:
        await start_engine()
        self._started(port)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if scope["type"] == "websocket":
            scope["extensions"] = {EXTENSION: partial(_write_frames, protocol)}
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "websocket.send" and protocol.state == WebSocketProtocol.STATE_OPEN:
            if message.get("text") is None or protocol.websocket_extensions_in_use:
                protocol.handle_reply(message)
            else:
                _write(protocol.transport, text_frame(message))
            if protocol.gate.closed:
                await protocol.gate.opened()
            return
        await super().handle_reply(protocol, message)
        if kind == "websocket.accept":
            self._put_gate(protocol)

    def _put_gate(self, protocol: Any) -> None:
        """In place of the HTTP channel: what is registered there stops reading while much is unsent, and knows nothing of sending."""
        protocol.gate = Gate()
        protocol.transport.unregisterProducer()
        protocol.transport.registerProducer(protocol.gate, True)

    def kill_all_applications(self) -> Any:
        """Called before the reactor stops, which waits for what is returned."""
        return Deferred.fromFuture(asyncio.ensure_future(self._let_go()))

    async def _let_go(self) -> None:
        for listening in self.listeners:
            listening.addCallback(lambda port: port.stopListening())
        await drain()
        await self._finish_requests()

    async def _finish_requests(self) -> None:
        """Lets requests end that are under way, then cancels whatever still runs."""
        deadline = time.monotonic() + min(2, DRAIN_SECONDS)
        while (running := self._running()) and time.monotonic() < deadline:
            await asyncio.wait(running, timeout=0.1)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _running(self) -> list[asyncio.Future[Any]]:
        found = (details.get("application_instance") for details in self.connections.values())
        return [task for task in found if task is not None and not task.done()]


def _unread(build: Callable[[Any], Any], address: Any) -> Any:
    protocol = build(address)
    if protocol is not None:
        protocol.requestFactory = UnreadRequest
    return protocol


def _tell_failure(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Not of a client that left in the middle of a request that is then cancelled: Django's handler asks for that in vain."""
    if not isinstance(context.get("exception"), RequestAborted):
        loop.default_exception_handler(context)


def _write_frames(protocol: Any, frames: bytes) -> bool:
    """A `WriteFrames`."""
    if protocol.state != WebSocketProtocol.STATE_OPEN or protocol.websocket_extensions_in_use:
        return False
    gate = getattr(protocol, "gate", None)
    if gate is None or gate.closed:
        return False
    _write(protocol.transport, frames)
    return True


def _write(transport: Any, data: bytes) -> None:
    """Writes at once what the socket takes, as asyncio's transports do.

    Twisted's own way waits for the next turn of the loop, and asks epoll to watch and to forget the socket for each write.
    """
    if transport.connected and not transport._tempDataLen and not transport.dataBuffer:
        sent = transport.writeSomeData(data)
        if isinstance(sent, int):
            if sent == len(data):
                return
            data = data[sent:]
    transport.write(data)


def _accept_deflate(offers: list[Any]) -> Any:
    """Takes a client's offer of permessage-deflate (RFC 7692)."""
    for offer in offers:
        if isinstance(offer, PerMessageDeflateOffer):
            return PerMessageDeflateOfferAccept(offer)  # type: ignore[no-untyped-call]
    return None


def run(
    application: Any, listener: socket.socket, started: Callable[[int], None], access_log: bool
) -> None:
    """Serves until SIGINT or SIGTERM."""
    DrainingServer(application, listener, started, access_log).run()
