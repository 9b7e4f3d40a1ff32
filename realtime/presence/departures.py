"""Telling who is gone, once over all processes: a departure is claimed, told, and confirmed.

What was claimed is owed until it is confirmed. So an answer that got lost is asked for again, and what a process that died hasn't
told, another one tells (see `realtime.presence.store`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import uuid4

from realtime.presence.peers import Peer
from realtime.presence.pipeline import Pipeline
from realtime.presence.store import Claim, Confirm, Departed, Owed
from realtime.presence.telling import Teller

logger = logging.getLogger("realtime.presence")

_CLAIM_SLACK = 0.05
"""Seconds after a departure is due that it is claimed: clocks differ a little."""
_CLAIM_INTERVAL = 0.1
_TELL_AGAIN_AFTER = 5.0
"""Seconds after which what could not be told is tried again."""


class Departures:
    def __init__(self, process: str, pipeline: Pipeline, teller: Teller) -> None:
        self._process = process
        self._pipeline = pipeline
        self._teller = teller
        self._in_hand: dict[Departed, bool] = {}
        """What is claimed and not known to be confirmed, and whether it was told."""
        self._claiming: asyncio.TimerHandle | None = None
        self._claim_until = 0.0
        self._again: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        for timer in (self._claiming, self._again):
            if timer is not None:
                timer.cancel()

    def claim_after(self, grace: float) -> None:
        """Looks for departures that are due once ``grace`` seconds have passed. Many wishes are one look, each 0.1 s."""
        loop = asyncio.get_running_loop()
        due = loop.time() + grace + _CLAIM_SLACK
        self._claim_until = max(self._claim_until, due)
        if self._claiming is None:
            self._claiming = loop.call_at(due, self._claim_now)

    def _claim_now(self) -> None:
        loop = asyncio.get_running_loop()
        self._claiming = None
        loop.create_task(self.claim()).add_done_callback(_look_at)
        if self._claim_until > loop.time():
            self._claiming = loop.call_later(_CLAIM_INTERVAL, self._claim_now)

    async def claim(self) -> None:
        """Takes on what is due.

        Raises:
            StoreUnavailable: what was claimed all the same is told by `tell_owed`.
        """
        while claimed := await self._pipeline.put(Claim(self._process, uuid4().hex)):
            self._tell(claimed)

    async def tell_owed(self) -> None:
        """Tells what the store says that this process has claimed and not confirmed: after an answer may have been lost.

        Raises:
            StoreUnavailable: the store doesn't answer.
        """
        owed = [Departed(*row) for row in await self._pipeline.put(Owed(self._process))]
        settled = {departed for departed, told in self._in_hand.items() if told} - set(owed)
        for departed in settled:
            del self._in_hand[departed]
        self._tell(owed)

    def _tell(self, claimed: Iterable[Any]) -> None:
        for departed in (Departed(*row) for row in claimed):
            if departed not in self._in_hand:
                self._in_hand[departed] = False
                peer = Peer(departed.user_id, departed.username)
                self._teller.gone(departed.topic, peer, partial(self._was_told, departed))
            elif self._in_hand[departed]:
                self._confirm(departed)

    def _was_told(self, departed: Departed, error: Exception | None) -> None:
        if error is None:
            self._in_hand[departed] = True
            self._confirm(departed)
            return
        del self._in_hand[departed]
        if self._again is None:
            logger.warning("who is gone could not be told, and will be again: %r", error)
            loop = asyncio.get_running_loop()
            self._again = loop.call_later(_TELL_AGAIN_AFTER, self._tell_again)

    def _tell_again(self) -> None:
        self._again = None
        telling = asyncio.get_running_loop().create_task(self.tell_owed())
        telling.add_done_callback(_look_at)

    def _confirm(self, departed: Departed) -> None:
        self._pipeline.put(Confirm([departed])).add_done_callback(
            partial(self._was_confirmed, departed)
        )

    def _was_confirmed(self, departed: Departed, done: asyncio.Future[Any]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._in_hand.pop(departed, None)


def _look_at(done: asyncio.Task[None]) -> None:
    """What failed is made up for once the store answers again."""
    if not done.cancelled():
        done.exception()
