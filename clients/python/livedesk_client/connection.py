"""The connection: one socket at a time, kept open by a small state machine."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from livedesk_client.errors import SignedOut
from livedesk_client.frames import CloseCode, Frame, new_ref
from livedesk_client.session import expires_at
from livedesk_client.timing import Backoff, Pacer

State = Literal["idle", "connecting", "open", "waiting", "stopped"]
GetToken = Callable[[bool], Awaitable[str]]

_STABLE = 10.0
_RENEW_BEFORE = 60.0
_MOST_REFUSALS = 3
_LEAST_RENEWAL = 5.0

_log = logging.getLogger("livedesk_client")


@dataclass(frozen=True, slots=True)
class Status:
    """What the connection is doing. ``code``: of the last close; ``retry_in``: seconds; ``reason``: why it stopped."""

    state: State
    code: int | None = None
    retry_in: float | None = None
    reason: str | None = None


class Connection:
    """Calls ``on_status`` with every change and ``on_frame`` with every frame but pongs, from the event loop."""

    def __init__(
        self,
        url: str,
        get_token: GetToken,
        *,
        on_status: Callable[[Status], None],
        on_frame: Callable[[Frame], None],
        backoff: Backoff | None = None,
        patience: float = 10,
        heartbeat: float | None = None,
    ) -> None:
        self._url = url.replace("http", "ws", 1) if url.startswith("http") else url
        self._get_token = get_token
        self._on_status, self._on_frame = on_status, on_frame
        self._backoff = backoff or Backoff()
        self._patience, self._heartbeat = patience, heartbeat
        self._socket: ClientConnection | None = None
        self._pacer = Pacer()
        self._refresh = False
        self._refusals = 0
        self._hint: float | None = None
        self._hurry = asyncio.Event()
        self.status = Status("idle")

    async def run(self) -> None:
        """Connects, and again, until cancelled or refused for good."""
        while True:
            self._set(Status("connecting", self.status.code))
            try:
                token = await self._get_token(self._refresh)
            except SignedOut:
                return self._set(Status("stopped", self.status.code, reason="unauthorized"))
            except (
                Exception
            ) as error:  # whatever keeps the caller from a token is a fault that may pass
                _log.warning("No token: %r", error)
                code = None
            else:
                code = await self._attempt(token)
            delay = self._delay_after(code)
            if delay is None:
                return
            await self._wait(delay, code)

    async def send(self, frame: Frame) -> None:
        """Sends if open, else drops: whoever sent it asks again after a reconnect."""
        await self._pacer.wait()
        if self._socket is not None and self.status.state == "open":
            try:
                await self._socket.send(json.dumps(frame))
            except ConnectionClosed:
                return

    def retry_now(self) -> None:
        """Doesn't wait for the backoff any longer."""
        self._hurry.set()

    def _set(self, status: Status) -> None:
        self.status = status
        self._on_status(status)

    async def _attempt(self, token: str) -> int | None:
        """One socket from beginning to end; its close code, None where there was none."""
        self._refresh, self._hint = False, None
        opened_at = time.monotonic()
        try:
            async with connect(
                self._url,
                subprotocols=[Subprotocol("bearer"), Subprotocol(token)],
                open_timeout=self._patience,
                ping_timeout=self._patience,
                max_size=None,
            ) as socket:
                self._socket = socket
                code = await self._converse(socket, token)
        except (OSError, WebSocketException, TimeoutError) as error:
            _log.info("No connection: %r", error)
            return None
        finally:
            self._socket = None
        if time.monotonic() - opened_at > _STABLE:
            self._backoff.reset()
            self._refusals = 0
        return code

    async def _converse(self, socket: ClientConnection, token: str) -> int | None:
        keeper: asyncio.Task[None] | None = None
        try:
            async for text in socket:
                frame = _frame_in(text)
                if frame is None:
                    continue
                if frame.get("type") == "connected":
                    keeper = asyncio.create_task(self._keep_alive(frame, token))
                    self._set(Status("open"))
                elif frame.get("type") == "reconnect":
                    self._hint = (frame.get("data") or {}).get("after")
                if frame.get("type") != "pong":
                    self._on_frame(frame)
        except ConnectionClosed:
            pass  # the code says why
        finally:
            if keeper is not None:
                keeper.cancel()
        return socket.close_code

    async def _keep_alive(self, hello: Frame, token: str) -> None:
        """Pings, so that the server doesn't take this client for idle, and renews the token before it ends."""
        interval = self._heartbeat or (hello.get("data") or {}).get("heartbeat_interval") or 30
        renew_at = _renewal_of(token)
        while True:
            await asyncio.sleep(min(interval, max(1.0, renew_at - time.time())))
            await self.send({"type": "ping"})
            if time.time() < renew_at:
                continue
            try:
                token = await self._get_token(True)
            except Exception as error:  # the token still lives; the server says when it doesn't
                _log.warning("No new token: %r", error)
                renew_at = time.time() + 15
                continue
            renew_at = _renewal_of(token)
            await self.send({"type": "authenticate", "token": token, "ref": new_ref()})

    def _delay_after(self, code: int | None) -> float | None:
        """Seconds until the next attempt; None: there is none."""
        if code == CloseCode.FORBIDDEN:
            self._set(Status("stopped", code, reason="forbidden"))
            return None
        if code in (CloseCode.UNAUTHORIZED, CloseCode.UNAUTHORIZED_LEGACY):
            self._refresh = True
            self._refusals += 1
            if self._refusals > _MOST_REFUSALS:
                self._set(Status("stopped", code, reason="unauthorized"))
                return None
            return 0 if self._refusals == 1 else self._backoff.next()
        if code == CloseCode.RESTARTING:
            return 0.5 + random.random() * 2 if self._hint is None else float(self._hint)
        if code == CloseCode.TOO_MANY:
            return max(5.0, self._backoff.next())
        return self._backoff.next()

    async def _wait(self, delay: float, code: int | None) -> None:
        if delay <= 0:
            return
        self._hurry.clear()
        self._set(Status("waiting", code, retry_in=delay))
        try:
            await asyncio.wait_for(self._hurry.wait(), delay)
        except TimeoutError:
            return


def _renewal_of(token: str) -> float:
    """When to renew a token, in seconds since 1970."""
    return max(expires_at(token) - _RENEW_BEFORE, time.time() + _LEAST_RENEWAL)


def _frame_in(text: str | bytes) -> Frame | None:
    """None for what is no frame; a proxy may say anything."""
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) else None
