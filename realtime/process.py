"""What one server process runs beside its sockets: the hub, the registry of connections, and a clock for timeouts."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from typing import TYPE_CHECKING

from realtime.announcing import announce_joined, announce_left, announce_offline, announce_online
from realtime.boards import keep_boards
from realtime.bridge.redis_in import PushListener
from realtime.conf import config
from realtime.hooks.running import send_hooks_for_ever
from realtime.hub import Hub
from realtime.presence.registry import ConnectionRegistry, make_registry

if TYPE_CHECKING:
    from realtime.connection import Connection

logger = logging.getLogger("realtime.process")

_TICK = 0.5
_DRAIN_LOOK = 0.05


class Process:
    """Made when the first socket is opened, on that socket's event loop."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.connections: set[Connection] = set()
        self.registry: ConnectionRegistry = make_registry(
            on_online=announce_online,
            on_offline=announce_offline,
            on_left=announce_left,
            on_joined=announce_joined,
        )
        self.draining = False

    async def start(self) -> None:
        await self.hub.start()
        if config().redis_url and config().bridge:
            pushes = PushListener(self.hub)
            self.hub.places.watcher = pushes
            pushes.start()
        await self.registry.start()
        self.hub.background.run(self._tick_for_ever())
        self.hub.background.run(keep_boards(self.hub))
        self.hub.background.run(send_hooks_for_ever())

    async def _tick_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_TICK)
            now = loop.time()
            for connection in list(self.connections):
                try:
                    connection.tick(now)
                except Exception:
                    # The clocks of all others go on.
                    logger.exception("the clock of a socket failed")

    async def drain(self, seconds: float = 8) -> None:
        """Before the server stops: no new sockets, and those that are open are asked to come back elsewhere.

        Their slots and presence are given up first, so that the next process finds them free.
        """
        self.draining = True
        await self.registry.stop()
        for subscriber in self.hub.everyone():
            subscriber.restart()
        deadline = asyncio.get_running_loop().time() + seconds
        while self.connections and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_DRAIN_LOOK)
        await self.hub.stop()


_process: Process | None = None
_starting: asyncio.Task[Process] | None = None


async def this_process() -> Process:
    """The running process, started by whoever comes first."""
    global _starting
    if _process is not None:
        return _process
    if _starting is None:
        # What goes on for ever belongs to no request, though one may have been the first to need it.
        _starting = asyncio.get_running_loop().create_task(_start(), context=Context())
    return await asyncio.shield(_starting)


async def _start() -> Process:
    global _process, _starting
    try:
        process = Process()
        await process.start()
        _process = process
        return process
    finally:
        _starting = None


def running_process() -> Process | None:
    """The process if it has been started."""
    return _process
