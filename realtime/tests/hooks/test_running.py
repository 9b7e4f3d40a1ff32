"""Deliveries beside the sockets of a process: on a thread of their own, and one at a time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from asgiref.sync import sync_to_async

import realtime
from realtime.db import in_pool
from realtime.hooks import running
from realtime.hooks.sending import send_due_deliveries
from realtime.models import HookDelivery, OutgoingHook
from realtime.tests.hooks.conftest import Listening

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("inside")]


@pytest.fixture
def queued(listening: Listening) -> None:
    OutgoingHook.objects.create(name="Warehouse", url=listening.url)
    for _ in range(3):
        realtime.record("shop:1", "shop.opened", {"at": "nine"})


@pytest.mark.usefixtures("queued")
def test_no_more_are_sent_than_asked_for(listening: Listening) -> None:
    assert send_due_deliveries(most=2) == 2
    assert len(listening.received) == 2
    assert send_due_deliveries(most=2) == 1


@pytest.mark.usefixtures("queued")
async def test_a_slow_receiver_holds_no_thread_that_sockets_need(
    listening: Listening, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from realtime.db import _pool

    monkeypatch.setattr(running, "_EVERY", 0.01)
    settings.REALTIME = {**settings.REALTIME, "db_threads": 1}
    _pool.cache_clear()
    listening.drips = True
    sending = asyncio.create_task(running.send_hooks_for_ever())
    try:
        async with asyncio.timeout(20):
            while not listening.received:
                await asyncio.sleep(0.01)
            assert await in_pool(HookDelivery.objects.count) == 3
        assert not listening.let_go.is_set(), "the receiver has been cut already"
        listening.drips = False
        listening.let_go.set()
        async with asyncio.timeout(20):
            while await sync_to_async(HookDelivery.objects.filter(attempts=0).exists)():
                await asyncio.sleep(0.01)
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
        _pool.cache_clear()
