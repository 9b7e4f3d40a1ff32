"""Events over plain HTTP, where sockets are blocked: long poll and ``text/event-stream``, same permissions, same order."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from realtime.auth.credentials import Identity, identify_token
from realtime.conf import config
from realtime.db import in_pool
from realtime.dialects.envelope import envelope_with_place
from realtime.errors import (
    Forbidden,
    InvalidField,
    MissingField,
    RealtimeError,
    TooManyConnections,
    Unauthorized,
)
from realtime.feed import Subscription
from realtime.fields import number_in_query
from realtime.frames import Bundle
from realtime.jsontext import dump_json, load_json
from realtime.places import Granted, Request
from realtime.process import Process, this_process
from realtime.rest.errors import error_body, error_response, method_not_allowed

LONGEST_WAIT = 60
_COMMENT = ": still here\n\n"
_READ_WITHIN = 10.0
"""Seconds. A request that was given up before its answer began would be listened for in vain, for ever."""
_MISSED_WITHIN = 5
"""Seconds in which the first of what was missed arrives, or the database is in trouble."""


class Listener:
    """One HTTP request that listens to one topic. A `Subscriber` of the hub, and its own `Outlet`."""

    def __init__(self, identity: Identity) -> None:
        self.id = ""
        self.identity = identity
        self.user_id = str(identity.user.pk)
        self.subscriptions: dict[object, Subscription] = {}
        self.closed = False
        self.refusal: RealtimeError | None = None
        """Why the user may not listen any more."""
        self.is_read = False
        self._texts: deque[str] = deque()
        self._unsent = 0
        self._filled = asyncio.Event()

    @property
    def outbox(self) -> Listener:
        return self

    @property
    def is_open(self) -> bool:
        return not self.closed

    def push(self, text: str) -> None:
        self._texts.append(text)
        self._unsent += len(text)
        if self._unsent > config().send_queue_bytes and len(self._texts) > 1:
            self._end()
        self._filled.set()

    def deliver_all(self, bundle: Bundle) -> None:
        for message in bundle.messages:
            self.push(message["text"])

    async def room(self) -> bool:
        while self._unsent > 65_536 and not self.closed:
            self._filled.set()
            await asyncio.sleep(0.01)
        return not self.closed

    async def texts(self, timeout: float) -> list[str]:
        """What has come; waits for the first, at most ``timeout`` seconds, and no longer than the token lives."""
        self.is_read = True
        if not self._texts and not self.closed:
            left = self._seconds_left()
            try:
                await asyncio.wait_for(self._filled.wait(), min(timeout, left))
            except TimeoutError:
                if left <= timeout:  # the loop's clock may be a little ahead of the token's
                    self.unauthorized()
        if self._seconds_left() <= 0:
            self.unauthorized()
        self._filled.clear()
        taken = list(self._texts)
        self._texts.clear()
        self._unsent = 0
        return taken

    def _seconds_left(self) -> float:
        expires_at = self.identity.expires_at
        return math.inf if expires_at is None else expires_at - time.time()

    def lost(self, subscription: Subscription) -> None:
        self._refuse(Forbidden())

    def unauthorized(self) -> None:
        self._refuse(Unauthorized())

    def disconnect(self) -> None:
        self._refuse(Forbidden())

    def restart(self) -> None:
        self._end()

    def refresh(self) -> None:
        """It hears nothing unasked."""

    def _refuse(self, error: RealtimeError) -> None:
        self.refusal = error
        self._end()

    def _end(self) -> None:
        self.closed = True
        self._filled.set()


@csrf_exempt  # it changes nothing, and takes a token only
async def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """``GET …/events/?room=&since=&epoch=&wait=``: what came after ``since``, at once or within ``wait`` seconds.

    With ``Accept: text/event-stream`` the answer goes on, each event with its number as ``id``; ``Last-Event-ID`` is ``since``.
    """
    if request.method != "GET":
        return method_not_allowed(request, "GET")
    try:
        identity = await in_pool(_identify, request)
        room, since = _asked_for(request)
        if not isinstance(request, ASGIRequest):
            # Each request has an event loop of its own here, which ends with it: nothing could go on listening.
            text = "Events need an ASGI server; this one is WSGI."
            return error_response(501, "needs_asgi", text)
        process = await this_process()
        listener = Listener(identity)
        granted = await _listen(process, listener, room, since, request.GET.get("epoch"))
    except RealtimeError as error:
        return _refusal(error)
    if "text/event-stream" in request.headers.get("Accept", ""):
        return _stream(process, listener, granted)
    return await _poll(process, listener, granted, request)


def _identify(request: HttpRequest) -> Identity:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized
    return identify_token(token.strip())


def _asked_for(request: HttpRequest) -> tuple[str, int | None]:
    room = request.GET.get("room")
    if not room:
        raise MissingField("room is required.", field="room")
    last = request.headers.get("Last-Event-ID") or None
    return room, number_in_query(last or request.GET.get("since"), "since")


async def _listen(
    process: Process, listener: Listener, room: str, since: int | None, epoch: str | None
) -> Granted:
    if process.draining:
        raise TooManyConnections("The server is restarting; come back in a moment.")
    theirs = process.hub.subscribers.get(listener.user_id, ())
    if sum(isinstance(other, Listener) for other in theirs) >= config().max_connections_per_user:
        raise TooManyConnections
    process.hub.add(listener)
    try:
        granted = await process.hub.places.subscribe(
            listener, Request(room, envelope_with_place, since, epoch)
        )
    except BaseException:
        process.hub.remove(listener)
        raise
    process.hub.begin(granted.subscription)
    process.hub.loop.call_later(_READ_WITHIN, _let_go_unread, process, listener)
    return granted


def _let_go_unread(process: Process, listener: Listener) -> None:
    if not listener.is_read:
        listener.restart()
        process.hub.remove(listener)


async def _poll(
    process: Process, listener: Listener, granted: Granted, request: HttpRequest
) -> HttpResponse:
    try:
        wait = number_in_query(request.GET.get("wait"), "wait")
        reload = granted.since is not None and not granted.resumed
        seconds = 0 if reload else min(25 if wait is None else wait, LONGEST_WAIT)
        if granted.resumed and granted.since is not None and granted.since < granted.seq:
            # What was missed is on its way from the log, and isn't waited for: it is there.
            seconds = max(seconds, _MISSED_WITHIN)
        texts = await listener.texts(seconds)
        if listener.refusal is not None and not texts:
            return _refusal(listener.refusal)
    except InvalidField as error:
        return _refusal(error)
    finally:
        process.hub.remove(listener)
    last = _seq_of(granted, texts)
    body = (
        b'{"events":['
        + ",".join(texts).encode()
        + b'],"seq":%d,"epoch":%s,"resumed":%s}'
        % (last, dump_json(granted.epoch), dump_json(granted.resumed))
    )
    return HttpResponse(body, content_type="application/json")


def _seq_of(granted: Granted, texts: list[str]) -> int:
    """The ``since`` of the next call: the number of the last event told, or where the listener stood."""
    for text in reversed(texts):
        seq = load_json(text.encode()).get("seq")
        if seq is not None:
            return int(seq)
    return granted.since if granted.resumed and granted.since is not None else granted.seq


def _stream(process: Process, listener: Listener, granted: Granted) -> StreamingHttpResponse:
    response = StreamingHttpResponse(
        _event_stream(process, listener, granted), content_type="text/event-stream"
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _event_stream(
    process: Process, listener: Listener, granted: Granted
) -> AsyncIterator[bytes]:
    try:
        yield b"event: connected\ndata: " + dump_json(granted.position()) + b"\n\n"
        while not listener.closed:
            texts = await listener.texts(config().heartbeat_interval)
            if not texts:
                yield _COMMENT.encode()
            for text in texts:
                seq: Any = load_json(text.encode()).get("seq")
                number = b"" if seq is None else b"id: %d\n" % seq
                yield number + b"data: " + text.encode() + b"\n\n"
    finally:
        process.hub.remove(listener)


def _refusal(error: RealtimeError) -> HttpResponse:
    body = dump_json(error_body(error))
    response = HttpResponse(body, status=error.status, content_type="application/json")
    if error.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    return response
