"""A process with a registry of connections, driven by JSON lines: commands on standard input, answers and news on output.

It stands for a server process; its sockets are only names. `nodes.Node` starts it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import django

from realtime.errors import TooManyConnections


def say(**line: Any) -> None:
    print(json.dumps(line), flush=True)


async def run() -> None:
    from realtime.db import in_pool
    from realtime.monitoring.metrics import metrics
    from realtime.presence.registry import Opening, Peer, make_registry
    from realtime.presence.selectors import online_users

    async def online(peer: Peer) -> None:
        say(news="online", user=peer.user_id, topic="")

    async def offline(peer: Peer) -> None:
        say(news="offline", user=peer.user_id, topic="")

    async def joined(topic: str, peer: Peer) -> None:
        say(news="joined", user=peer.user_id, topic=topic)

    async def left(topic: str, peer: Peer) -> None:
        say(news="left", user=peer.user_id, topic=topic)

    registry = make_registry(on_online=online, on_offline=offline, on_joined=joined, on_left=left)
    await registry.start()

    async def obey(do: str, arguments: dict[str, Any]) -> Any:
        if do == "open":
            limit = arguments.pop("limit")
            opening = Opening(
                **arguments,
                username=f"user{arguments['user_id']}",
                endpoint="/ws",
                sid=None,
                address="",
            )
            try:
                return await registry.open(opening, limit)
            except TooManyConnections:
                return "too many"
        if do == "reaped":
            return metrics.reaped_processes
        answer = await (
            in_pool(online_users) if do == "online" else getattr(registry, do)(**arguments)
        )
        if do in ("members", "online"):
            return [peer.user_id for peer in answer]
        return answer.by_user if do == "counts" else answer

    async def answer(command: dict[str, Any]) -> None:
        say(id=command["id"], answer=await obey(command["do"], command["arguments"]))

    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    say(ready=True)
    tasks = set()
    while line := await reader.readline():
        task = asyncio.create_task(answer(json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    django.setup()
    asyncio.run(run())
