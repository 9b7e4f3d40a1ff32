"""What is sent past the database never makes its writer wait, and never takes more than so much memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextvars import ContextVar

import pytest

from realtime import draining
from realtime.draining import Drain

request: ContextVar[str] = ContextVar("request", default="none")


class Way(Drain[int]):
    """To somewhere that takes nothing until `may_send` is set."""

    name = "letters"

    def __init__(self) -> None:
        super().__init__()
        self.may_send = asyncio.Event()
        self.started = asyncio.Event()
        self.counted = asyncio.Event()
        self.arrived: list[int] = []
        self.lost = 0
        self.sent_for = ""

    async def send_batch(self, batch: list[int]) -> None:
        self.sent_for = request.get()
        self.started.set()
        await self.may_send.wait()
        self.arrived += batch

    def count(self, sent: int, failed: int) -> None:
        self.lost += failed
        self.counted.set()


@pytest.fixture
async def way() -> Way:
    return Way()


@pytest.fixture(autouse=True)
async def attached() -> AsyncIterator[None]:
    draining.attach(asyncio.get_running_loop())
    yield
    draining.attach(None)


async def test_who_writes_does_not_wait_and_all_arrives_in_order(way: Way) -> None:
    writer = threading.Thread(target=lambda: [way.put([number]) for number in range(1000)])
    way.put([-1])
    await way.started.wait()
    writer.start()
    writer.join()  # the loop stands still meanwhile, and the first hasn't been taken
    assert way.arrived == []
    way.may_send.set()
    async with asyncio.timeout(20):
        while len(way.arrived) < 1001:
            await asyncio.sleep(0)
    assert way.arrived == [-1, *range(1000)]
    assert way.lost == 0


async def test_what_is_sent_belongs_to_no_request(way: Way) -> None:
    request.set("the first")
    way.put([0])
    await way.started.wait()
    assert way.sent_for == "none"
    way.may_send.set()


async def test_what_gathers_is_bounded_and_what_is_too_much_is_counted(way: Way) -> None:
    way.put([0])
    await way.started.wait()
    for number in range(12_000):
        way.put([number])
    assert way.lost == 12_000 - 10_001
    way.may_send.set()


async def test_an_attempt_ends_in_time_and_is_said_and_counted(
    way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    way.put([1, 2, 3])
    await asyncio.wait_for(way.counted.wait(), 20)
    assert way.lost == 3
    assert not way.healthy
    assert "letters can't be sent (TimeoutError" in caplog.text
    way.put([4])
    assert way.lost == 4, "nobody tries again at once"


async def test_when_the_servers_loop_has_ended_all_goes_on_from_the_background_thread() -> None:
    ended = asyncio.new_event_loop()
    ended.close()
    draining.attach(ended)
    way = Way()
    way.may_send.set()
    way.put([0])
    assert await asyncio.to_thread(way._idle.wait, 20)
    way.put([1])
    assert await asyncio.to_thread(way._idle.wait, 20)
    assert (way.arrived, way.lost) == ([0, 1], 0)


async def test_what_was_under_way_when_the_loop_was_ended_is_counted_and_stops_nothing_later(
    way: Way,
) -> None:
    way.put([0, 1])
    await way.started.wait()
    way.put([2])
    (sending,) = (task for task in asyncio.all_tasks() if "Drain._drain" in repr(task))
    sending.cancel()
    await asyncio.wait([sending])
    assert way.lost == 3
    way.may_send.set()
    way.put([3])
    async with asyncio.timeout(20):
        while not way.arrived:
            await asyncio.sleep(0)
    assert way.arrived == [3]
