"""The connection: one socket at a time, kept open by a small state machine."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
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
            except (OSError, httpx.HTTPError):
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
        except (OSError, InvalidHandshake, TimeoutError):
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
                frame = json.loads(text)
                if frame.get("type") == "connected":
                    keeper = asyncio.create_task(self._keep_alive(frame, token))
                    self._set(Status("open"))
                elif frame.get("type") == "error":
                    self._hint = (frame.get("data") or {}).get("retry_after")
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
        renew_at = expires_at(token) - _RENEW_BEFORE
        while True:
            await asyncio.sleep(min(interval, max(1.0, renew_at - time.time())))
            await self.send({"type": "ping"})
            if time.time() < renew_at:
                continue
            try:
                token = await self._get_token(True)
            except (SignedOut, OSError, httpx.HTTPError):
                renew_at = time.time() + 15
                continue
            renew_at = expires_at(token) - _RENEW_BEFORE
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
            least = float(self._hint or 0.5)
            return least + random.random() * max(least, 2)
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
