"""Hearing of comings and goings at other processes where no channel layer reaches them: by looking at the store now and then.

Each process then tells its own sockets, so it keeps in mind what they have been told.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Iterable

from realtime.conf import config
from realtime.presence.local import LocalConnections
from realtime.presence.peers import EVERYWHERE, Peer
from realtime.presence.pipeline import Pipeline
from realtime.presence.store import Look, StoreUnavailable
from realtime.presence.telling import Told

logger = logging.getLogger("realtime.presence")


class KnownPresence(Told):
    """Who is present, as the sockets of this process were told: everywhere, and in the rooms that they are in."""

    def __init__(self) -> None:
        self._rooms: dict[str, dict[str, Peer]] = {}

    def add(self, topic: str, peer: Peer) -> bool:
        room = self._rooms.get(topic)
        if room is None:
            return True
        if peer.user_id in room:
            return False
        room[peer.user_id] = peer
        return True

    def discard(self, topic: str, peer: Peer) -> bool:
        room = self._rooms.get(topic)
        return room is None or room.pop(peer.user_id, None) is not None

    def seen(self, topic: str, peers: Iterable[Peer]) -> None:
        if topic not in self._rooms:
            self._rooms[topic] = {peer.user_id: peer for peer in peers}

    def differences(self, topic: str, peers: Collection[Peer]) -> tuple[list[Peer], list[Peer]]:
        """Who has arrived and who is gone, when these are present now; nobody, in a room that is seen for the first time."""
        self.seen(topic, peers)
        room, now = self._rooms[topic], {peer.user_id for peer in peers}
        arrived = [peer for peer in peers if peer.user_id not in room]
        return arrived, [peer for peer in room.values() if peer.user_id not in now]

    def forget_all_but(self, topics: Collection[str]) -> None:
        for topic in self._rooms.keys() - set(topics):
            del self._rooms[topic]


class Watcher:
    """Looks at the store every `sweep_interval`, if there are other processes."""

    def __init__(
        self, process: str, pipeline: Pipeline, local: LocalConnections, known: KnownPresence
    ) -> None:
        self._process = process
        self._pipeline = pipeline
        self._local = local
        self._known = known
        self._looking: asyncio.Task[None] | None = None

    async def start(self, tell: Callable[[str, list[Peer], list[Peer]], None]) -> None:
        """Begins to look; ``tell`` is called with a room, who has arrived in it, and who is gone."""
        self._tell = tell
        await self._look(alone_too=True)
        self._looking = asyncio.get_running_loop().create_task(self._look_for_ever())

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(config().sweep_interval)
            try:
                await self._look()
            except Exception:
                logger.exception("a look at who is present failed")

    async def _look(self, *, alone_too: bool = False) -> None:
        """Its place among the operations of this process makes sure that what is seen is neither older nor newer than them."""
        rooms = self._local.rooms()
        try:
            # Shielded as a join is, so that one that was carried out before the look goes on before it, too.
            looking = self._pipeline.put(Look(self._process, sorted(rooms), alone_too))
            present = await asyncio.shield(looking)
        except StoreUnavailable:
            return
        if present is None:
            return
        for topic, rows in present.items():
            peers = [Peer(*row) for row in rows]
            self._tell(topic, *self._known.differences(topic, peers))
        self._known.forget_all_but({EVERYWHERE, *rooms})
