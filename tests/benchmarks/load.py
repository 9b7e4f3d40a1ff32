"""The load: listeners that count and check what they get, and speakers. Runs in a process of its own, on a core of its own.

`python -m tests.benchmarks.load ORDER`, where ORDER is JSON; prints what was measured as JSON. Sockets are picows's on uvloop, and of each
message only the number is looked at, so that the client is not what is measured: its share of its core is in each result.
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tests.support.cpu import cpu_seconds

_DIGITS = 7
_WHOLE_FRAME = 290
_FIRST_FILLING = 20
_LATENCY_LISTENERS = 5
_PATIENCE = 20.0
_STUCK_AFTER = 1.0

Order = dict[str, Any]


class Listener(WSListener):  # type: ignore[misc]
    """One socket. Counts messages and notices one that is missing, repeated or out of order.

    A message is known by its content, which begins with ``#`` and seven digits that count up in its room.
    """

    def __init__(self, speech: Order, room: str) -> None:
        self._speech, self.room = speech, room
        self._marker = speech["ready"].encode()
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.came: list[float] | None = None
        """When each message came, where that is asked for."""
        self.next = 0
        self.faults = 0
        self.frame_size = 0
        self.ended = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        for text in self._speech["greet"]:
            self.say(text.replace("ROOM", self.room))

    async def join(self, room: str) -> None:
        """Joins one more room; returns when the server has said so."""
        self.ready = asyncio.get_running_loop().create_future()
        self.say(self._speech["greet"][-1].replace("ROOM", room))
        await self.ready

    def say(self, text: str) -> None:
        self.transport.send(WSMsgType.TEXT, text.encode())

    def send(self, number: int, filling: int) -> None:
        content = f"#{number:0{_DIGITS}}{'x' * filling}"
        self.say(self._speech["send"].replace("ROOM", self.room).replace("CONTENT", content))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        text = frame.get_payload_as_bytes()
        place = text.find(b'"#')
        if place < 0:
            self._other(text, frame)
            return
        number = int(text[place + 2 : place + 2 + _DIGITS])
        if number != self.next:
            self.faults += 1
        self.next = number + 1
        if self.came is not None:
            self.came.append(time.perf_counter())
            self.frame_size = len(text)

    def _other(self, text: bytes, frame: WSFrame) -> None:
        if text == b"2":
            self.say("3")  # engine.io's ping and pong
        elif self._marker in text and not self.ready.done():
            self.ready.set_result(None)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.ended = True
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("the server closed the connection"))


class Target:
    """The servers under measurement (one, or two for what goes between processes) and what they have used."""

    def __init__(self, order: Order) -> None:
        self.speech: Order = order["speech"]
        self.ports: list[int] = order["ports"]
        self.pids: list[int] = order["pids"]

    async def open(self, room: str, *, at: int = 0, narrow: bool = False) -> Listener:
        """Connects and joins a room; returns when the server has said so. ``narrow`` is for one that won't read."""
        listener = Listener(self.speech, room)
        port = self.ports[at]
        url = f"ws://127.0.0.1:{port}{self.speech['path']}"
        options: Order = {"socket_factory": lambda _: _narrow_socket(port)} if narrow else {}
        await ws_connect(lambda: listener, url, websocket_handshake_timeout=_PATIENCE, **options)
        await asyncio.wait_for(listener.ready, _PATIENCE)
        return listener

    async def open_many(self, rooms: list[str], *, at: int = 0) -> list[Listener]:
        """Sixteen at a time."""
        found: list[Listener] = []
        for start in range(0, len(rooms), 16):
            some = rooms[start : start + 16]
            found += await asyncio.gather(*(self.open(room, at=at) for room in some))
        return found

    def cpu_seconds(self) -> float:
        return sum(cpu_seconds(pid) for pid in self.pids)

    def memory(self) -> int:
        """Resident bytes of the first server."""
        for line in Path(f"/proc/{self.pids[0]}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the server is gone")


def _narrow_socket(port: int) -> socket.socket:
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", port))
    narrow.setblocking(False)
    return narrow


class Talk:
    """Speakers, one for each room, that keep some messages on their way; and those who listen."""

    def __init__(self, speakers: list[Listener], listeners: list[Listener], order: Order) -> None:
        self._speakers = speakers
        self._listeners = listeners
        self._window: int = order.get("in_flight", 20)
        self._filling = _FIRST_FILLING
        self.sent = [0] * len(speakers)
        self.sent_at: list[list[float]] = [[] for _ in speakers]
        self._moved = [(0, 0.0)] * len(speakers)

    async def calibrate(self, size: int) -> None:
        """Sends each room's first message, to learn how much to add to it for frames of ``size`` bytes."""
        for listener in self._listeners[:_LATENCY_LISTENERS]:
            listener.came = []
        for index in range(len(self._speakers)):
            self._say(index)
        await self._all_arrived()
        self._filling += max(size - self._listeners[0].frame_size, 0)

    def _say(self, index: int) -> None:
        self.sent_at[index].append(time.perf_counter())
        self._speakers[index].send(self.sent[index], self._filling)
        self.sent[index] += 1

    async def flat_out(self, seconds: float) -> None:
        """Keeps ``in_flight`` messages of each room on their way, counted at its speaker."""
        until = time.perf_counter() + seconds
        while (now := time.perf_counter()) < until:
            for index, speaker in enumerate(self._speakers):
                came = speaker.next
                if came != self._moved[index][0]:
                    self._moved[index] = (came, now)
                elif now - self._moved[index][1] > _STUCK_AFTER:
                    came = self.sent[index]  # what is on its way was lost: go on
                    self._moved[index] = (speaker.next, now)
                for _ in range(self._window - (self.sent[index] - came)):
                    self._say(index)
            await asyncio.sleep(0.001)

    async def paced(self, per_second: float, seconds: float) -> None:
        """Sends at even intervals, whatever the server does."""
        start = time.perf_counter()
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(start + number / per_second - time.perf_counter(), 0))
            self._say(number % len(self._speakers))

    async def _all_arrived(self) -> None:
        """Waits until everybody has the last message, or nothing has come for a while."""
        expected = sum(self.sent) * (len(self._listeners) // len(self._speakers))
        before, since = -1, time.perf_counter()
        while (now := self.delivered()) < expected and time.perf_counter() - since < 3:
            if now != before:
                before, since = now, time.perf_counter()
            await asyncio.sleep(0.002)

    async def finish(self) -> float:
        """Waits for what is on its way; returns when the last came."""
        await self._all_arrived()
        return time.perf_counter()

    def delivered(self) -> int:
        return sum(listener.next for listener in self._listeners)

    def faults(self) -> int:
        return sum(listener.faults for listener in self._listeners)

    def latencies(self) -> list[float]:
        """Milliseconds from a message's sending to its arrival at a few listeners."""
        sent_at = {
            speaker.room: moments
            for speaker, moments in zip(self._speakers, self.sent_at, strict=True)
        }
        return [
            (came - sent_at[listener.room][number]) * 1000
            for listener in self._listeners[:_LATENCY_LISTENERS]
            if listener.came is not None and not listener.faults
            for number, came in enumerate(listener.came)
            if number
        ]


async def fan_out(order: Order) -> Order:
    """Rooms of some sockets each: as many messages as the server takes (or ``per_second``) for some seconds."""
    target = Target(order)
    rooms = [f"{order['room']}{number}" for number in range(order["rooms"])]
    each, last = order["sockets"] // order["rooms"], len(target.ports) - 1
    speakers = await target.open_many(rooms)
    # The first listeners of a room come first, so that latency is measured in different places of it.
    listeners = await target.open_many(rooms * (each - 1 + last), at=last)
    everybody = listeners if last else speakers + listeners
    if not last:
        everybody = listeners[-_LATENCY_LISTENERS:] + speakers + listeners[:-_LATENCY_LISTENERS]
    stalled = [
        await target.open(rooms[0], at=last, narrow=True) for _ in range(order.get("stalled", 0))
    ]
    talk = Talk(speakers, everybody, order)
    await talk.calibrate(order.get("size", _WHOLE_FRAME))
    for one in stalled:
        one.transport.underlying_transport.pause_reading()
    before, cpu, own, start = (
        talk.delivered(),
        target.cpu_seconds(),
        time.process_time(),
        time.perf_counter(),
    )
    if "per_second" in order:
        await talk.paced(order["per_second"], order["seconds"])
    else:
        await talk.flat_out(order["seconds"])
    took = await talk.finish() - start
    own_cpu = (time.process_time() - own) / took
    delivered = talk.delivered() - before
    return {
        "per_second": delivered / took,
        "server_us": (target.cpu_seconds() - cpu) / max(delivered, 1) * 1e6,
        "server_cpu": (target.cpu_seconds() - cpu) / took,
        "client_cpu": own_cpu,
        "faults": talk.faults(),
        "frame": everybody[0].frame_size,
        **_quantiles(talk.latencies()),
    } | _losses(talk, everybody, len(speakers))


def _losses(talk: Talk, everybody: list[Listener], rooms: int) -> Order:
    """Messages that never came: each listener knows the gaps before the last it got."""
    ended = sum(listener.ended for listener in everybody)
    expected = sum(talk.sent) * (len(everybody) // rooms)
    return {"missing": expected - talk.delivered(), "ended": ended}


def _quantiles(values: list[float]) -> Order:
    if len(values) < 2:
        return {}
    cuts = statistics.quantiles(values, n=100)
    return {"p50_ms": cuts[49], "p99_ms": cuts[98], "max_ms": max(values)}


async def idle(order: Order) -> Order:
    """Memory of sockets that do nothing, and of further rooms that they join."""
    target = Target(order)
    count, more = order["sockets"], order["more_rooms"]
    await target.open_many([f"{order['room']}0"] * 100)
    await asyncio.sleep(1)
    start = target.memory()
    listeners = await target.open_many([f"{order['room']}0"] * count)
    await asyncio.sleep(1)
    found: Order = {"bytes": (target.memory() - start) / count, "faults": 0}
    if more and target.speech["many_rooms"]:
        await _join_all(listeners, f"{order['room']}1")
        start = target.memory()
        for number in range(2, more + 2):
            await _join_all(listeners, f"{order['room']}{number}")
        await asyncio.sleep(1)
        found["further_bytes"] = (target.memory() - start) / count / more
    return found


async def _join_all(listeners: list[Listener], room: str) -> None:
    """Sixteen at a time: what a crowd of waiting requests takes is not what is measured."""
    for start in range(0, len(listeners), 16):
        some = listeners[start : start + 16]
        await asyncio.wait_for(asyncio.gather(*(one.join(room) for one in some)), _PATIENCE)


async def connects(order: Order) -> Order:
    """Connects as fast as it goes, joins nothing, closes. Sixteen at a time."""
    target = Target(order)
    done, cpu, own, start = 0, target.cpu_seconds(), time.process_time(), time.perf_counter()
    until = start + order["seconds"]

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < until:
            listener = await target.open("lobby")
            listener.transport.disconnect(graceful=False)
            done += 1

    await asyncio.gather(*(caller() for _ in range(16)))
    took = time.perf_counter() - start
    return {
        "per_second": done / took,
        "server_us": (target.cpu_seconds() - cpu) / done * 1e6,
        "client_cpu": (time.process_time() - own) / took,
        "faults": 0,
    }


async def resume(order: Order) -> Order:
    """One socket after the other asks for everything from the beginning of a room with many events."""
    target = Target(order)
    times, faults, cpu = [], 0, target.cpu_seconds()
    for _ in range(order["sockets"]):
        start = time.perf_counter()
        listener = await target.open(order["room"])
        while listener.next < order["events"] and time.perf_counter() - start < 60:
            await asyncio.sleep(0.001)
        times.append(time.perf_counter() - start)
        faults += listener.faults + (listener.next != order["events"])
        listener.transport.disconnect(graceful=False)
    used = target.cpu_seconds() - cpu
    return {
        "seconds": statistics.median(times),
        "per_second": order["events"] / statistics.median(times),
        "server_us": used / order["events"] / order["sockets"] * 1e6,
        "faults": faults,
    }


_KINDS = {"fan_out": fan_out, "idle": idle, "connects": connects, "resume": resume}


def main() -> None:
    order: Order = json.loads(sys.argv[1])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(uvloop.run(_KINDS[order["kind"]](order))))


if __name__ == "__main__":
    main()
