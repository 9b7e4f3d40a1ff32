"""Passing on who came and went. One user's news are told in order; those of different users don't wait for each other."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol
from zlib import crc32

from realtime.presence.peers import EVERYWHERE, Peer

logger = logging.getLogger("realtime.presence")

OnPeer = Callable[[Peer], Awaitable[None]]
OnRoom = Callable[[str, Peer], Awaitable[None]]
Then = Callable[[Exception | None], None]
"""Called with what went wrong, or None once it was told."""

_LANES = 4


class Told(Protocol):
    """Keeps in mind what has been told, so that nothing is told twice."""

    def add(self, topic: str, peer: Peer) -> bool:
        """Whether it is news that the user is present."""

    def discard(self, topic: str, peer: Peer) -> bool:
        """Whether it is news that the user is gone."""

    def seen(self, topic: str, peers: Iterable[Peer]) -> None:
        """Somebody here was told who is in a room."""


class Teller:
    """Calls back, outside of what noticed the news; a callback that fails is logged."""

    def __init__(
        self,
        on_online: OnPeer | None,
        on_offline: OnPeer | None,
        on_joined: OnRoom | None,
        on_left: OnRoom | None,
        told: Told | None = None,
    ) -> None:
        self._told = told
        self._on_online, self._on_offline = on_online, on_offline
        self._on_joined, self._on_left = on_joined, on_left
        self._lanes: list[deque[tuple[Callable[[], Awaitable[None]], Then | None]]] = [
            deque() for _ in range(_LANES)
        ]
        self._busy: dict[int, asyncio.Task[None]] = {}

    def arrived(self, topic: str, peer: Peer) -> None:
        """The user is newly present in a room, or online if it is `EVERYWHERE`."""
        if self.is_news(topic, peer):
            self._tell(topic, peer, self._on_online, self._on_joined)

    def gone(self, topic: str, peer: Peer, then: Then | None = None) -> None:
        """The user isn't present in a room any more, or is offline if it is `EVERYWHERE`. ``then`` hears how telling it went."""
        if self.is_news_of_leaving(topic, peer):
            self._tell(topic, peer, self._on_offline, self._on_left, then)
        elif then is not None:
            then(None)

    def is_news(self, topic: str, peer: Peer) -> bool:
        """Whether nobody has been told yet; from now on it counts as told."""
        return self._told is None or self._told.add(topic, peer)

    def is_news_of_leaving(self, topic: str, peer: Peer) -> bool:
        """Whether nobody has been told yet; from now on it counts as told."""
        return self._told is None or self._told.discard(topic, peer)

    def seen(self, topic: str, peers: Iterable[Peer]) -> None:
        """Somebody here was told who is in a room."""
        if self._told is not None:
            self._told.seen(topic, peers)

    async def told(self) -> None:
        """Waits until everything has been told."""
        while self._busy:
            await asyncio.wait(self._busy.values())

    def _tell(
        self,
        topic: str,
        peer: Peer,
        of_peer: OnPeer | None,
        of_room: OnRoom | None,
        then: Then | None = None,
    ) -> None:
        lane = crc32(peer.user_id.encode()) % _LANES
        if topic == EVERYWHERE and of_peer is not None:
            self._lanes[lane].append((lambda: of_peer(peer), then))
        elif topic != EVERYWHERE and of_room is not None:
            self._lanes[lane].append((lambda: of_room(topic, peer), then))
        elif then is not None:
            then(None)
        if self._lanes[lane] and lane not in self._busy:
            self._busy[lane] = asyncio.get_running_loop().create_task(self._work(lane))

    async def _work(self, lane: int) -> None:
        news = self._lanes[lane]
        try:
            while news:
                tell, then = news.popleft()
                try:
                    await tell()
                except Exception as error:
                    if then is None:
                        logger.exception("a change of presence could not be told")
                    else:
                        then(error)
                else:
                    if then is not None:
                        then(None)
        finally:
            del self._busy[lane]
