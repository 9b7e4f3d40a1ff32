"""What runs beside the sockets ends with the hub."""

from __future__ import annotations

import asyncio
import contextlib

from realtime.background import Background


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again() -> None:
    """As libraries do that take it for the end of a timeout of their own."""
    background, waiting = Background(), asyncio.Event()

    async def stubborn() -> None:
        waiting.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = background.run(stubborn())
    await waiting.wait()
    await background.stop()
    assert task.cancelled()
