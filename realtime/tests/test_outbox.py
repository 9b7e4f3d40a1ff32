"""One socket's way out: in order, bounded, and nobody else pays for a reader that takes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime.frames import Bundle
from realtime.outbox import Message, Outbox, text_message
from realtime.tests.hub.conftest import eventually


class Transport:
    """What a server gives: a ``send`` that waits while the socket's buffer is full, and fails once the peer has gone."""

    def __init__(self, *, full: bool = False) -> None:
        self.sent: list[Any] = []
        self.is_gone = False
        self.takes = asyncio.Event()
        if not full:
            self.takes.set()

    async def send(self, message: Message) -> None:
        while not self.takes.is_set():
            await self.takes.wait()
        if self.is_gone:
            raise OSError("the peer has gone")
        self.sent.append(message.get("text", message.get("code")))


async def test_what_does_not_have_to_wait_is_sent_at_once() -> None:
    transport = Transport()
    outbox = Outbox(transport.send, 1_000)
    outbox.push("a")
    outbox.deliver(text_message("b"), 1)
    assert transport.sent == ["a", "b"]
    assert (outbox.unsent, outbox.taken_at) == (0, None)


async def test_what_has_to_wait_is_sent_in_order() -> None:
    transport = Transport(full=True)
    outbox = Outbox(transport.send, 1_000)
    for text in "abc":
        outbox.push(text)
    outbox.deliver(text_message("d"), 1)
    assert outbox.unsent == 4 and outbox.taken_at is not None
    transport.takes.set()
    await eventually(lambda: transport.sent == ["a", "b", "c", "d"])
    await eventually(lambda: outbox.taken_at is None)
    outbox.push("e")
    assert transport.sent[-1] == "e" and outbox.unsent == 0


async def test_a_close_follows_what_is_queued_and_nothing_follows_it() -> None:
    transport = Transport(full=True)
    outbox = Outbox(transport.send, 1_000)
    outbox.push("a")
    outbox.push("b")
    outbox.close(4503)
    outbox.push("too late")
    outbox.deliver(text_message("too late"), 8)
    outbox.close(4000)
    assert not outbox.is_open
    transport.takes.set()
    await eventually(lambda: outbox.closed)
    await eventually(lambda: transport.sent == ["a", "b", 4503])
    outbox.push("far too late")
    assert transport.sent == ["a", "b", 4503]


async def test_an_idle_outbox_closes_at_once() -> None:
    transport = Transport()
    outbox = Outbox(transport.send, 1_000)
    outbox.close(4401)
    await eventually(lambda: transport.sent == [4401])


async def test_past_its_bound_it_is_cut_and_says_why() -> None:
    transport = Transport(full=True)
    outbox = Outbox(transport.send, 10)
    for _ in range(5):
        outbox.push("x" * 5)
    assert not outbox.is_open
    transport.takes.set()
    await eventually(lambda: transport.sent == [4409])


async def test_a_single_text_larger_than_the_bound_is_sent() -> None:
    transport = Transport(full=True)
    outbox = Outbox(transport.send, 10)
    outbox.push("a")
    outbox.push("x" * 100)
    assert outbox.is_open
    transport.takes.set()
    await eventually(lambda: len(transport.sent) == 2)


async def test_a_cut_gives_up_a_transport_that_is_stuck() -> None:
    transport = Transport(full=True)
    outbox = Outbox(transport.send, 1_000)
    outbox.push("a")
    outbox.cut(4409)
    transport.takes.set()
    await eventually(lambda: transport.sent == [4409])
    await eventually(lambda: outbox.closed)
    outbox.cut(4409)
    assert transport.sent == [4409]
    idle = Outbox(transport.send, 1_000)
    idle.cut(4408)
    await eventually(lambda: transport.sent == [4409, 4408])


@pytest.mark.parametrize("full", [False, True])
async def test_a_peer_that_has_gone_ends_it_quietly(full: bool) -> None:
    transport = Transport(full=full)
    transport.is_gone = True
    outbox = Outbox(transport.send, 1_000)
    outbox.push("a")
    outbox.push("b")
    transport.takes.set()
    await eventually(lambda: outbox.closed)
    outbox.push("c")
    assert transport.sent == [] and not outbox.is_open


async def test_a_delivery_to_a_peer_that_has_gone_ends_it_quietly() -> None:
    transport = Transport()
    transport.is_gone = True
    outbox = Outbox(transport.send, 1_000)
    outbox.deliver(text_message("a"), 1)
    assert outbox.closed
    outbox.deliver(text_message("b"), 1)
    assert transport.sent == []


async def test_a_replay_waits_until_there_is_room() -> None:
    transport = Transport(full=True)
    outbox = Outbox(transport.send, 1_000_000)
    assert await outbox.room()
    outbox.push("x" * 70_000)
    waiting = [asyncio.create_task(outbox.room()) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    transport.takes.set()
    assert await asyncio.gather(*waiting) == [True, True]


@pytest.mark.parametrize("ending", ["end", "cut"])
async def test_who_waits_for_room_hears_of_the_end(ending: str) -> None:
    transport = Transport(full=True)
    outbox = Outbox(transport.send, 1_000_000)
    outbox.push("x" * 70_000)
    waiting = [asyncio.create_task(outbox.room()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    if ending == "end":
        outbox.end()
    else:
        outbox.cut(4409)
        transport.takes.set()
    assert await waiting[1] is False


async def test_the_end_of_a_socket_leaves_nothing_running() -> None:
    transport = Transport(full=True)
    outbox = Outbox(transport.send, 1_000)
    outbox.push("a")
    outbox.end()
    outbox.cut(4409)
    transport.takes.set()
    await asyncio.sleep(0)
    assert transport.sent == [] and not outbox.is_open
    idle = Outbox(transport.send, 1_000)
    idle.end()
    assert not idle.is_open


class FrameTaker(Transport):
    """A server that takes frames ready made, while its buffer has room for them."""

    def __init__(self) -> None:
        super().__init__()
        self.has_room = True
        self.frames: list[bytes] = []

    def write_frames(self, frames: bytes) -> bool:
        if self.has_room:
            self.frames.append(frames)
        return self.has_room


async def test_frames_made_once_are_written_at_once() -> None:
    server = FrameTaker()
    outbox = Outbox(server.send, 1_000, server.write_frames)
    outbox.push("a")
    outbox.deliver_all(Bundle(["b", "c"]))
    assert server.frames == [b"\x81\x01a", b"\x81\x01b\x81\x01c"]
    assert server.sent == []


async def test_what_a_server_does_not_take_ready_made_is_sent_and_stays_in_order() -> None:
    server = FrameTaker()
    outbox = Outbox(server.send, 1_000, server.write_frames)
    server.has_room = False
    server.takes.clear()
    outbox.push("a")
    outbox.deliver_all(Bundle(["b", "c"]))
    server.has_room = True
    outbox.deliver_all(Bundle(["d", "e"]))  # not past what waits
    assert server.frames == []
    server.takes.set()
    await eventually(lambda: server.sent == ["a", "b", "c", "d", "e"])
