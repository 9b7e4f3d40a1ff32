"""The lease of a process: renews it, keeps the store in step with what is connected here, buries the dead."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from realtime.conf import config
from realtime.monitoring.metrics import metrics
from realtime.presence.departures import Departures
from realtime.presence.local import Entry, LocalConnections
from realtime.presence.pipeline import Pipeline
from realtime.presence.store import (
    Assert,
    Close,
    Depart,
    End,
    Leave,
    Note,
    Open,
    Reap,
    Renew,
    Stored,
    StoreUnavailable,
)
from realtime.presence.telling import Teller

logger = logging.getLogger("realtime.presence")

_CHUNK = 100
_NOTED_AT_ONCE = 500
_MOST_NOTED = 5_000
"""Connections whose frames are noted with one renewal: those of the others with the next ones."""
_RETRY_INTERVAL = 1.0
"""Seconds between attempts while the store does not answer, unless renewals are more frequent."""
_GRACE_OF_A_STOP = 10.0
"""Users of a process that stops are asked to come back elsewhere, with jitter."""
_STOP_TIMEOUT = 3.0
_TELL_TIMEOUT = 1.0
"""Seconds that a stop waits for news to be told."""


class LeaseKeeper:
    def __init__(
        self,
        process: str,
        pipeline: Pipeline,
        local: LocalConnections,
        teller: Teller,
        *,
        interval: float,
    ) -> None:
        self._process = process
        self._pipeline = pipeline
        self._local = local
        self._teller = teller
        self.departures = Departures(process, pipeline, teller)
        self._interval = interval
        self._in_step = True
        """Whether the store has what it should have of this process, as far as we know."""
        self._renewals = 0
        self._beating: asyncio.Task[None] | None = None
        self._settled_at = 0.0
        """When, after an outage, every process has had the time to tell a store that may be empty what it has."""

    # --- life ---

    async def start(self) -> None:
        await self._beat()
        self._beating = asyncio.get_running_loop().create_task(self._beat_for_ever())

    async def stop(self) -> None:
        """Gives everything up, within a few seconds whatever the store does."""
        ids = [entry.opening.connection_id for entry in self._local.entries()]
        for connection_id in ids:
            self._local.remove(connection_id)
        if self._beating is not None:
            self._beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beating
        self.departures.stop()
        with contextlib.suppress(StoreUnavailable, TimeoutError):
            await asyncio.wait_for(self._give_up(ids), _STOP_TIMEOUT)

    async def _give_up(self, ids: list[str]) -> None:
        grace = max(config().presence_grace, _GRACE_OF_A_STOP)
        for start in range(0, len(ids), _CHUNK):
            self._pipeline.put(Close(ids[start : start + _CHUNK], grace))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._teller.told(), _TELL_TIMEOUT)
        await self._pipeline.put(End(self._process))
        await self._pipeline.drained()

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(
                self._interval if self._pipeline.available else min(_RETRY_INTERVAL, self._interval)
            )
            try:
                await self._beat()
            except Exception:
                logger.exception("a renewal failed")

    # --- what is done again and again ---

    async def _beat(self) -> None:
        was_available = self._pipeline.available
        renewal = Renew(self._process, config().lease_seconds)
        try:
            stored = await (
                self._pipeline.put(renewal) if was_available else self._pipeline.try_again(renewal)
            )
            if not was_available:
                logger.warning("the store of connections answers again")
                now = asyncio.get_running_loop().time()
                self._settled_at = now + self._interval + _RETRY_INTERVAL
            if not (was_available and self._in_step and stored == self._should_be_stored()):
                await self._fill()
            self._note_frames()
            self._tell_absences()
            await self._bury_the_dead()
            await self.departures.claim()
        except StoreUnavailable:
            self._in_step = False
            self._tell_overdue_absences()

    def _should_be_stored(self) -> int:
        return sum(entry.stored for entry in self._local.entries())

    def _note_frames(self) -> None:
        """Tells the store what has been sent and received since it was told last, at the sockets where that was longest ago."""
        changed = [
            (entry, frames)
            for entry in self._local.entries()
            if entry.stored and (frames := entry.opening.frames()) != entry.noted
        ]
        if len(changed) > _MOST_NOTED:
            changed.sort(key=lambda change: change[0].noted_in)
        self._renewals += 1
        for entry, frames in changed[:_MOST_NOTED]:
            entry.noted, entry.noted_in = frames, self._renewals
        for start in range(0, min(len(changed), _MOST_NOTED), _NOTED_AT_ONCE):
            some = changed[start : min(start + _NOTED_AT_ONCE, _MOST_NOTED)]
            told = {entry.opening.connection_id: frames for entry, frames in some}
            self._pipeline.put(Note(self._process, told))

    async def _bury_the_dead(self) -> None:
        while (gone := await self._pipeline.put(Reap())) is not None:
            metrics.reaped_processes += gone

    # --- keeping the store in step ---

    def store_soon(self, entry: Entry, limit: int) -> asyncio.Future[Any]:
        """Stores a connection that is being opened."""
        storing = self._pipeline.put(self._open(entry, limit))
        storing.add_done_callback(lambda done: _note_stored(entry, done))
        return storing

    def _open(self, entry: Entry, limit: int = 0) -> Open:
        opening = entry.opening
        return Open(
            process=self._process,
            lease=config().lease_seconds,
            connection=opening.connection_id,
            user_id=_plain(opening.user_id, 80),
            username=_plain(opening.username, 254),
            endpoint=_plain(opening.endpoint, 200),
            sid=opening.sid and _plain(opening.sid, 80),
            address=_plain(opening.address, 80),
            opened_at=entry.opened_at,
            limit=limit,
        )

    async def _fill(self) -> None:
        """Makes the store agree with this process: adds what is missing, removes what is gone."""
        stored = await self._pipeline.put(Stored(self._process))
        extra = [connection for connection in stored if self._local.get(connection) is None]
        for start in range(0, len(extra), _CHUNK):
            await self._pipeline.put(Close(extra[start : start + _CHUNK], config().presence_grace))
        entries = self._local.entries()
        for start in range(0, len(entries), _CHUNK):
            await self._fill_in(entries[start : start + _CHUNK], stored)
        if extra:
            self.departures.claim_after(config().presence_grace)
        await self.departures.tell_owed()
        self._in_step = True

    async def _fill_in(self, entries: list[Entry], stored: dict[str, list[str]]) -> None:
        asked = []
        for entry in entries:
            connection = entry.opening.connection_id
            if self._local.get(connection) is not entry:
                continue
            rooms = set(stored.get(connection, ()))
            for topic in rooms - entry.rooms:
                self._pipeline.put(Leave(connection, entry.opening.user_id, topic))
            if connection not in stored or entry.rooms - rooms:
                asserting = Assert(self._open(entry), sorted(entry.rooms - rooms))
                asked.append((entry, self._pipeline.put(asserting)))
            entry.stored, entry.noted = True, None
        for entry, answer in asked:
            for topic in await answer:
                self._teller.arrived(topic, entry.opening.peer)

    # --- while the store is down ---

    def note_absences(self, entry: Entry) -> None:
        """A connection was closed and the store could not be told: it is told later, or else the users here."""
        now = asyncio.get_running_loop().time()
        self._in_step = False
        self._local.note_absences(entry, now + config().lease_seconds + config().presence_grace)

    def _tell_absences(self) -> None:
        """Tells the store who left during an outage. Not before the others are back in it: who left here may be there still."""
        if asyncio.get_running_loop().time() < self._settled_at:
            return
        for absence in self._local.take_absences():
            peer = absence.peer
            self._pipeline.put(Depart(absence.topic, peer.user_id, peer.username))

    def _tell_overdue_absences(self) -> None:
        for absence in self._local.take_absences(asyncio.get_running_loop().time()):
            self._teller.gone(absence.topic, absence.peer)


def _note_stored(entry: Entry, done: asyncio.Future[Any]) -> None:
    if done.exception() is None and done.result() != "full":
        entry.stored = True


def _plain(text: str, length: int) -> str:
    """What every database can keep: not too long, and without NUL."""
    return text.replace("\x00", "")[:length]
