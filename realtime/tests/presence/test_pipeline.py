"""The way to a store that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from realtime.presence.pipeline import Pipeline
from realtime.presence.store import Leave, Operation, StoreUnavailable

_LEAVE = Leave("a", "7", "channel:1")


class Store:
    """Fails, or answers, when it is let."""

    timeout = 10.0

    def __init__(self) -> None:
        self.asked = 0
        self.works = False
        self.may_answer = asyncio.Event()

    async def run(self, operations: Sequence[Operation]) -> list[Any]:
        self.asked += 1
        await self.may_answer.wait()
        if not self.works:
            raise OSError("gone")
        return [True for _ in operations]


async def test_while_a_failed_store_is_tried_again_nobody_else_waits_for_it() -> None:
    store = Store()
    pipeline = Pipeline(store)  # type: ignore[arg-type]  # questions are not asked here
    store.may_answer.set()
    with pytest.raises(StoreUnavailable):
        await pipeline.put(_LEAVE)

    store.may_answer.clear()
    trial = asyncio.create_task(pipeline.try_again(_LEAVE))
    async with asyncio.timeout(10):
        while store.asked < 2:
            await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(pipeline.put(_LEAVE), 5)

    store.works = True
    store.may_answer.set()
    assert await trial is True
    assert await pipeline.put(_LEAVE) is True


async def test_a_store_that_still_fails_is_not_used() -> None:
    store = Store()
    pipeline = Pipeline(store)  # type: ignore[arg-type]  # the same
    store.may_answer.set()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await pipeline.try_again(_LEAVE)
        assert not pipeline.available


async def test_an_outage_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    pipeline = Pipeline(store)  # type: ignore[arg-type]  # the same
    store.may_answer.set()
    for _ in range(2):
        store.works = False
        for _ in range(4):
            with pytest.raises(StoreUnavailable):
                await (pipeline.put if pipeline.available else pipeline.try_again)(_LEAVE)
        store.works = True
        await pipeline.try_again(_LEAVE)
    assert store.asked == 10
    assert caplog.text.count("the store of connections fails: OSError gone") == 2
