"""The clock of a process, which ends idle sockets, dead tokens and the like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime.process import Process

pytestmark = pytest.mark.usefixtures("_database_threads")


class Ticking:
    """A connection as the clock knows it; one that is ``broken`` has met a fault nobody thought of."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.ticks: asyncio.Queue[float] = asyncio.Queue()

    def tick(self, now: float) -> None:
        self.ticks.put_nowait(now)
        if self.broken:
            raise RuntimeError("nobody thought of this")


@pytest.fixture
async def process() -> AsyncIterator[Process]:
    process = Process()
    await process.start()
    yield process
    await process.registry.stop()
    await process.hub.stop()


async def test_the_fault_of_one_socket_stops_no_other_clock(process: Process, hushed: None) -> None:
    sockets: list[Any] = [Ticking(broken=True), Ticking(), Ticking(broken=True)]
    process.connections.update(sockets)
    async with asyncio.timeout(20):
        for _ in range(2):
            for socket in sockets:
                await socket.ticks.get()
    process.connections.clear()
