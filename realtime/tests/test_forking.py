"""A child of a process that has sent and asked something: it has none of its threads, and does both by itself."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from realtime import draining, hints
from realtime.bridge import redis_out
from realtime.db import in_pool
from realtime.draining import Drain


class Way(Drain[int]):
    def __init__(self) -> None:
        super().__init__()
        self.arrived = threading.Event()

    async def send_batch(self, batch: list[int]) -> None:
        self.arrived.set()

    def count(self, sent: int, failed: int) -> None:
        """Nobody asks."""


def in_child(do: Callable[[], bool]) -> bool:
    """What ``do`` returns in a child of this process; False if it takes too long."""
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(20)
            os._exit(0 if do() else 1)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    return status == 0


def sends() -> bool:
    way = Way()
    way.put([1])
    return way.arrived.wait(10)


def asks() -> bool:
    return asyncio.run(in_pool(lambda: True))


@pytest.mark.django_db
@pytest.mark.parametrize("do", [sends, asks])
def test_what_its_parent_has_done_a_child_can_do(do: Callable[[], bool]) -> None:
    draining.attach(None)
    assert do()
    assert in_child(do)


def test_a_child_has_no_hub_and_nothing_of_its_parents_to_send() -> None:
    hub: Any = object()
    hints.set_local_hub(hub)
    parents = [hints.sender(), redis_out.publisher()]
    assert in_child(
        lambda: (
            hints.local_hub() is None
            and hints.sender() is not parents[0]
            and redis_out.publisher() is not parents[1]
        )
    )
    assert hints.local_hub() is hub
    hints.set_local_hub(None)
