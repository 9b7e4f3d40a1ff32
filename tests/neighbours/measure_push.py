"""How long a push takes from a service's PUBLISH to the user's socket: ``python -m tests.neighbours.measure_push``.

Over a private Redis and one server process on this machine. Fails where half of the pushes take 5 ms or longer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time

import redis

from tests.support.redis_server import RedisServer
from tests.support.server import Person, demo_desk
from tests.support.sockets import Socket

MOST_MILLISECONDS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pushes", type=int, default=2000)
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="uvicorn")
    options = parser.parse_args()
    with RedisServer() as server, demo_desk(options.server, REDIS_URL=server.url) as desk:
        carol = Person(desk.servers[0], "carol")
        taken = asyncio.run(_measure(carol, redis.Redis.from_url(server.url), options.pushes))
    cuts = statistics.quantiles(taken, n=100)
    print(
        f"{options.server}, {len(taken)} pushes: p50 {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, p99 {cuts[98]:.2f} ms"
    )
    return 0 if cuts[49] < MOST_MILLISECONDS else 1


async def _measure(carol: Person, service: redis.Redis, pushes: int) -> list[float]:
    """Milliseconds of each push, one after the other."""
    socket = await Socket.of(carol, "/ws", events="0")
    channel = f"ws:{carol.get('auth/me/').json()['id']}"
    taken = []
    for number in range(pushes):
        started = time.perf_counter()
        service.publish(channel, json.dumps({"n": number}))
        assert json.loads(await socket.connection.recv()) == {"n": number}
        taken.append((time.perf_counter() - started) * 1000)
    await socket.close()
    return taken


if __name__ == "__main__":
    sys.exit(main())
