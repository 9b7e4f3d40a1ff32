"""Who is connected, over all processes.

A process renews one lease for all of its connections. What it does reaches a store that all processes share; while the store
is down the process goes on with what it knows, and fills the store again when it is back. Every process looks for others whose
lease has run out, and removes their connections. A user who is gone is told gone after a grace, by whoever claims the
departure first; who comes back within the grace was never away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from realtime.conf import config
from realtime.errors import TooManyConnections
from realtime.hints import shared_layer
from realtime.monitoring.metrics import metrics
from realtime.presence.database import DatabaseStore
from realtime.presence.lease import LeaseKeeper
from realtime.presence.local import Entry, LocalConnections
from realtime.presence.peers import EVERYWHERE, Counts, Opening, Peer
from realtime.presence.pipeline import Pipeline
from realtime.presence.redis_store import RedisStore
from realtime.presence.store import Close, Join, Leave, Store, StoreUnavailable
from realtime.presence.telling import OnPeer, OnRoom, Teller
from realtime.presence.watching import KnownPresence, Watcher

__all__ = ["ConnectionRegistry", "Counts", "Opening", "Peer", "make_registry"]

R = TypeVar("R")


class ConnectionRegistry(Protocol):
    """To be used from one event loop. Nothing here raises when the store is down, or waits for it longer than its timeout."""

    async def start(self) -> None:
        """Takes the lease and begins to renew it."""

    async def open(self, opening: Opening, limit: int) -> bool:
        """Adds a connection; whether the user came online by that. ``limit`` is per user, over all processes; 0: no limit.

        Raises:
            TooManyConnections: the user has so many already. Nothing was added.
        """

    async def close(self, connection_id: str) -> None:
        """Removes a connection, from its rooms too. Whoever is gone by that is told gone after the grace."""

    async def join(self, connection_id: str, topic: str) -> bool:
        """Puts a connection into a room; whether its user is newly there, to be told by the caller."""

    async def leave(self, connection_id: str, topic: str) -> bool:
        """Takes a connection out of a room; whether it was its user's last there, to be told by the caller."""

    async def members(self, topic: str) -> list[Peer]:
        """Who is in a room, by name: all who were told there and not told gone."""

    async def counts(self) -> Counts: ...

    def local(self) -> LocalConnections:
        """The connections of this process."""

    async def stop(self) -> None:
        """Gives up the lease and all connections; they stop counting at once. To be called before sockets are closed."""


def make_registry(
    *,
    on_online: OnPeer | None = None,
    on_offline: OnPeer | None = None,
    on_left: OnRoom | None = None,
    on_joined: OnRoom | None = None,
    store: Store | None = None,
) -> ConnectionRegistry:
    """The registry of this process: in Redis if there is one, else in the database.

    ``on_online(peer)`` and ``on_offline(peer)`` tell of all users' comings and goings, each once over all processes.
    ``on_left(topic, peer)`` tells who is gone from a room without having left it, ``on_joined(topic, peer)`` who is back in one
    after the store was wrong about it.
    """
    if store is None:
        store = RedisStore(config().redis_url) if config().redis_url else DatabaseStore()
    # With a channel layer that reaches other processes, what one of them tells, all hear.
    known = KnownPresence() if shared_layer() is None and isinstance(store, DatabaseStore) else None
    return _Registry(store, Teller(on_online, on_offline, on_joined, on_left, known), known)


class _Registry:
    def __init__(self, store: Store, teller: Teller, known: KnownPresence | None) -> None:
        self._store = store
        self._teller = teller
        self._local = LocalConnections()
        self._pipeline = Pipeline(store)
        process = uuid4().hex
        self._keeper = LeaseKeeper(
            process, self._pipeline, self._local, teller, interval=store.interval
        )
        self._watcher = Watcher(process, self._pipeline, self._local, known) if known else None

    async def start(self) -> None:
        await self._keeper.start()
        if self._watcher is not None:
            await self._watcher.start(self._tell_differences)

    async def stop(self) -> None:
        if self._watcher is not None:
            await self._watcher.stop()
        await self._keeper.stop()
        await self._store.close()

    def local(self) -> LocalConnections:
        return self._local

    def _tell_differences(self, topic: str, arrived: list[Peer], gone: list[Peer]) -> None:
        for peer in arrived:
            self._teller.arrived(topic, peer)
        for peer in gone:
            self._teller.gone(topic, peer)

    # --- connections ---

    async def open(self, opening: Opening, limit: int) -> bool:
        entry = self._local.add(opening)
        storing = self._keeper.store_soon(entry, limit)
        try:
            answer = await asyncio.shield(storing)
        except StoreUnavailable:
            answer = self._open_locally(entry, limit)
        except asyncio.CancelledError:
            self._local.remove(opening.connection_id)
            self._pipeline.put(Close([opening.connection_id], 0))
            raise
        if answer == "full":
            self._local.remove(opening.connection_id)
            raise TooManyConnections
        if answer == "first":
            self._teller.arrived(EVERYWHERE, opening.peer)
        return bool(answer == "first")

    def _open_locally(self, entry: Entry, limit: int) -> str:
        if self._local.count_of(entry.opening.user_id) > limit > 0:
            return "full"
        return "first" if self._local.arrives(entry, EVERYWHERE) else "more"

    async def close(self, connection_id: str) -> None:
        entry = self._local.remove(connection_id)
        if entry is None:
            return
        closing = self._pipeline.put(Close([connection_id], config().presence_grace))
        try:
            departed = await asyncio.shield(closing)
        except StoreUnavailable:
            self._keeper.note_absences(entry)
        else:
            if departed:
                self._keeper.departures.claim_after(config().presence_grace)

    # --- rooms ---

    async def join(self, connection_id: str, topic: str) -> bool:
        entry = self._local.get(connection_id)
        if entry is None:
            return False
        entry.rooms.add(topic)
        peer = entry.opening.peer
        joining = self._pipeline.put(Join(connection_id, peer.user_id, peer.username, topic))
        try:
            joined = bool(await asyncio.shield(joining))
        except StoreUnavailable:
            joined = self._local.arrives(entry, topic)
        return joined and self._teller.is_news(topic, peer)

    async def leave(self, connection_id: str, topic: str) -> bool:
        entry = self._local.get(connection_id)
        if entry is None:
            return False
        entry.rooms.discard(topic)
        leaving = self._pipeline.put(Leave(connection_id, entry.opening.user_id, topic))
        try:
            left = bool(await asyncio.shield(leaving))
        except StoreUnavailable:
            left = self._local.leaves(entry, topic)
        return left and self._teller.is_news_of_leaving(topic, entry.opening.peer)

    # --- questions ---

    async def members(self, topic: str) -> list[Peer]:
        peers = await self._ask(self._store.members(topic), self._local.present(topic))
        self._teller.seen(topic, peers)
        return peers

    async def counts(self) -> Counts:
        return await self._ask(self._store.counts(), self._local.counts())

    async def _ask(self, question: Awaitable[R], otherwise: R) -> R:
        """The store's answer, or what is known here when it doesn't give one."""
        if not self._pipeline.available:
            _drop(question)
            return otherwise
        try:
            return await asyncio.wait_for(question, self._store.timeout)
        except Exception:  # noqa: BLE001  whatever it was, there is no answer
            metrics.presence_failures += 1
            return otherwise


def _drop(question: Any) -> None:
    question.close()
