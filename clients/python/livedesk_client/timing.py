"""Waiting and pacing. Times are in seconds."""

from __future__ import annotations

import asyncio
import random
import time


class Backoff:
    """Exponential, with jitter: a random time in the upper half of 1, 2, 4 … 30 s."""

    def __init__(self, base: float = 1, cap: float = 30) -> None:
        self.base, self.cap = base, cap
        self._attempts = 0

    def next(self) -> float:
        ceiling = min(self.cap, self.base * 2.0 ** min(self._attempts, 30))
        self._attempts += 1
        return ceiling * (0.5 + random.random() / 2)

    def reset(self) -> None:
        self._attempts = 0


class Pacer:
    """Lets a burst through and then so many a second: stays under the server's own limit."""

    def __init__(self, per_second: float = 15, burst: float = 30) -> None:
        self._per_second, self._burst = per_second, burst
        self._tokens = burst
        self._filled_at = time.monotonic()
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        async with self._turn:
            now = time.monotonic()
            earned = (now - self._filled_at) * self._per_second
            self._tokens = min(self._burst, self._tokens + earned)
            self._filled_at = now
            if self._tokens < 1:
                await asyncio.sleep((1 - self._tokens) / self._per_second)
                self._tokens += 1
            self._tokens -= 1
