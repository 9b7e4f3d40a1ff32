"""Connections in Redis. A batch of operations is one script, so one round trip; see ``presence.lua`` for the keys.

All keys share a hash tag: on a cluster they are on one node.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import msgspec
import redis as redis_sync
from redis.asyncio import Redis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.conf import config
from realtime.presence.peers import EVERYWHERE, Counts, Peer
from realtime.presence.store import Assert, Claim, Operation, Owed

PREFIX: Final = "{livedesk}:presence"
_TIMEOUT: Final = 0.75
_SCRIPT: Final = files(__package__).joinpath("presence.lua").read_text()


class RedisStore:
    """A `Store`."""

    timeout = 1.0

    def __init__(self, url: str) -> None:
        self.interval = min(1.0, config().lease_seconds / 6)
        # redis-py types both of its flavours at once; this one is awaited.
        self._redis: Any = Redis.from_url(
            url,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            retry=AsyncRetry(NoBackoff(), 0),
        )
        self._script = self._redis.register_script(_SCRIPT)

    async def run(self, operations: Sequence[Operation]) -> list[Any]:
        answer = await self._script(
            keys=[PREFIX],
            args=[msgspec.json.encode(operations), config().lease_seconds],
        )
        return [
            [] if result == {} and isinstance(operation, Assert | Claim | Owed) else result
            for operation, result in zip(operations, msgspec.json.decode(answer), strict=True)
        ]

    async def members(self, topic: str) -> list[Peer]:
        return _peers(await self._redis.hgetall(_room_key(topic)))

    async def counts(self) -> Counts:
        return _counts(await self._redis.hgetall(_room_key(EVERYWHERE)))

    async def close(self) -> None:
        await self._redis.aclose()


def present_among(user_ids: Collection[str] | None = None) -> list[Peer]:
    """Who is online, of all or of these, by name. Synchronous.

    Raises:
        redis.RedisError: there is no answer within a second.
    """
    if user_ids is None:
        return _peers(client(config().redis_url).hgetall(_room_key(EVERYWHERE)))
    ids = list(user_ids)
    if not ids:
        return []
    found = client(config().redis_url).hmget(_room_key(EVERYWHERE), ids)
    return _peers(dict(zip(ids, found, strict=True)))


def counts() -> Counts:
    """How many sockets are open. Synchronous.

    Raises:
        redis.RedisError: there is no answer within a second.
    """
    return _counts(client(config().redis_url).hgetall(_room_key(EVERYWHERE)))


def ping() -> None:
    """Asks whether Redis answers. Synchronous.

    Raises:
        redis.RedisError: there is no answer within a second.
    """
    client(config().redis_url).ping()


@lru_cache(maxsize=2)
def client(url: str) -> Any:
    return redis_sync.Redis.from_url(
        url,
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )


def _room_key(topic: str) -> str:
    return f"{PREFIX}:room:{topic}"


def text_of(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _peers(entries: dict[Any, Any]) -> list[Peer]:
    """From a room's hash, ``{user id: "<number of sockets>:<username>"}``; None for who isn't there."""
    peers = [
        Peer(text_of(user_id), text_of(value).partition(":")[2])
        for user_id, value in entries.items()
        if value is not None
    ]
    return sorted(peers, key=lambda peer: peer.username)


def _counts(entries: dict[Any, Any]) -> Counts:
    by_user = {
        text_of(user): int(text_of(value).partition(":")[0]) for user, value in entries.items()
    }
    by_user = {user: count for user, count in by_user.items() if count}
    return Counts(sum(by_user.values()), by_user)
