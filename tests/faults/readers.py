"""Readers: clients that stay, are cut, come back with what they have, and tell the history what they hear."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import websockets
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.faults.endpoints import Endpoint, Frame, Heard, Refusal, Standing
from tests.faults.history import History

_decode = msgspec.json.Decoder().decode
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 0.5
_OPENS_WITHIN = 1.5
"""Seconds for a handshake; one with a process that was just killed never ends, one that misses Redis takes its time."""


class Reader:
    """One client at one endpoint, until it is closed. ``port`` is that of the proxy it goes through."""

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        history: History,
        *,
        port: Callable[[], int],
        token: str,
        may_hear: bool = True,
        heartbeat: float = 5,
    ) -> None:
        self.name = name
        self.endpoint = endpoint
        self.closes: Counter[int] = Counter()
        """Close codes; 1006 is a connection that ended without one."""
        self.connects = 0
        self.refusals = 0
        self.heard = 0
        self.not_before = 0.0
        """A server that stops named a moment to come back at (loop time)."""
        self.is_connected = False
        self.gives_up_when_refused = False
        self.keeps: tuple[str, ...] = ()
        """The types of the frames without a number that a test wants to see."""
        self.kept: list[Frame] = []
        self._history = history
        self._port = port
        self._token = token
        self.may_hear = may_hear
        self._heartbeat = heartbeat
        self._epoch: str | None = None
        self._answered: set[str] = set()
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._connection: Any = None
        history.reader(name, endpoint.rooms if may_hear else [], endpoint.shown)
        self._task = asyncio.ensure_future(self._stay())

    # --- what tests ask ---

    def places(self) -> dict[str, int]:
        """The last number that it has of each room."""
        if not self.may_hear:
            return dict.fromkeys(self.endpoint.rooms, 0)
        return {room: self._history.last(self.name, room) for room in self.endpoint.rooms}

    def has(self, places: Mapping[str, int]) -> bool:
        """Whether it has heard so far, of the rooms that it hears."""
        mine = self.places()
        return all(mine[room] >= seq for room, seq in places.items() if room in mine)

    def is_listening(self) -> bool:
        """Whether every room has been answered for, on the connection that is open."""
        return self.is_connected and self._answered >= set(self.endpoint.rooms)

    async def until(self, condition: Callable[[], bool], seconds: float = 15) -> None:
        """Returns once the condition holds, which is looked at after each frame.

        Raises:
            TimeoutError: it didn't in time; the text tells where the reader stands.
        """
        if condition():
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append((condition, waiter))
        try:
            await asyncio.wait_for(waiter, seconds)
        except TimeoutError:
            raise TimeoutError(f"{self.name} stands at {self.places()}: {self!r}") from None

    async def reaches(self, places: Mapping[str, int], seconds: float = 20) -> None:
        """Returns once it has heard so far.

        Raises:
            TimeoutError: it didn't in time.
        """
        await self.until(lambda: self.has(places), seconds)

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def stall(self) -> None:
        """Takes nothing more from its connection."""
        self._connection.transport.pause_reading()

    def go_on(self) -> None:
        """Takes again what comes."""
        self._connection.transport.resume_reading()

    def __repr__(self) -> str:
        state = "connected" if self.is_connected else "away"
        return f"<{self.name} {state}, {self.connects} connects, closed {dict(self.closes)}>"

    # --- what it does ---

    async def _stay(self) -> None:
        failures = 0
        while not (self.gives_up_when_refused and self.refusals):
            heard_before = self.heard
            try:
                await self._listen()
            except ConnectionClosed as closed:
                self.closes[closed.rcvd.code if closed.rcvd else 1006] += 1
            except (OSError, WebSocketException, TimeoutError, EOFError):
                self.closes[0] += 1
            finally:
                self.is_connected = False
                self._look()
            failures = 0 if self.heard > heard_before else failures + 1
            await self._wait(failures)

    async def _wait(self, failures: int) -> None:
        """As long as the server asked for, else a little, and more after each failure."""
        now = asyncio.get_running_loop().time()
        most = min(_FIRST_WAIT * 2**failures, _LONGEST_WAIT)
        await asyncio.sleep(max(self.not_before - now, random.uniform(most / 2, most)))

    async def _listen(self) -> None:
        places = self.places()
        path = self.endpoint.path(places, self._epoch)
        sign = "&" if "?" in path else "?"
        async with websockets.connect(
            f"ws://127.0.0.1:{self._port()}{path}{sign}token={self._token}",
            max_size=None,
            open_timeout=_OPENS_WITHIN,
            ping_interval=self._heartbeat,
            ping_timeout=self._heartbeat * 2,
            close_timeout=0.1,
            compression=None,
        ) as connection:
            self._connection = connection
            self._answered = set()
            self.is_connected = True
            self.connects += 1
            for frame in self.endpoint.asks(places, self._epoch):
                await connection.send(msgspec.json.encode(frame), text=True)
            async for text in connection:
                self._take(_decode(text), places)
            raise ConnectionClosed(connection.protocol.close_rcvd, None)

    def _take(self, frame: Frame, places: Mapping[str, int]) -> None:
        told = self.endpoint.told(frame)
        for each in told:
            if isinstance(each, Heard):
                self.heard += 1
                self._history.heard(self.name, each.room, each.seq, each.content)
            elif isinstance(each, Standing):
                self._stand(each, places)
            else:
                self._be_refused(each)
        if not told:
            self._take_other(frame)
        self._look()

    def _take_other(self, frame: Frame) -> None:
        if frame.get("type") == "reconnect":
            self.not_before = asyncio.get_running_loop().time() + frame["data"]["after"]
        elif frame.get("type") in self.keeps:
            self.kept.append(frame)

    def _stand(self, standing: Standing, places: Mapping[str, int]) -> None:
        self._answered.add(standing.room)
        if standing.room not in places:
            return
        if not standing.resumed:
            detail = (
                f"resumed: false from {places[standing.room]}, the server stands at {standing.seq}"
            )
            self._history.refused(self.name, standing.room, detail)
        if self._epoch not in (None, standing.epoch):
            self._history.refused(self.name, standing.room, "the epoch has changed")
        self._epoch = standing.epoch

    def _be_refused(self, refusal: Refusal) -> None:
        self.refusals += 1
        self._answered.add(refusal.room)
        if self.may_hear and not self.gives_up_when_refused:
            self._history.refused(self.name, refusal.room, "forbidden")

    def _look(self) -> None:
        for condition, waiter in self._waiting:
            if not waiter.done() and condition():
                waiter.set_result(None)
        self._waiting = [each for each in self._waiting if not each[1].done()]
