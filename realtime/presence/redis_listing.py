"""The open sockets one by one, where Redis keeps them. Synchronous; see ``presence.lua`` for the keys.

There is no index of them: whoever looks pays, not every socket that opens. So a look is bounded, and goes in steps that don't hold
up anybody else at Redis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import msgspec

from realtime.conf import config
from realtime.presence.peers import Frames, Listing, LiveConnection, Wanted, listing_of
from realtime.presence.redis_store import PREFIX, client, text_of

_MOST_LOOKED_AT: Final = 20_000
_STEP: Final = 500


class _Stored(msgspec.Struct):
    """An `Open` as the script keeps it."""

    process: str
    connection: str
    user_id: str
    username: str
    endpoint: str
    address: str
    opened_at: float


def listing(wanted: Wanted, page: int) -> Listing:
    """A page of the open sockets of processes that are alive. Of too many, those of the first processes are looked at.

    Raises:
        redis.RedisError: there is no answer within a second.
    """
    redis = client(config().redis_url)
    processes = _processes(redis)
    found: dict[str, LiveConnection] = {}  # a scan may show one twice
    looked_at, is_partial = 0, False
    for process in _that_may_have(redis, wanted, processes):
        for connection in _connections(redis, process):
            looked_at += 1
            if wanted.fits(connection):
                found[connection.id] = connection
            if looked_at == _MOST_LOOKED_AT:
                break
        if looked_at == _MOST_LOOKED_AT:
            is_partial = True
            break
    shown = listing_of(found.values(), wanted, page, processes)
    connections = _with_numbers(redis, shown.connections)
    return replace(shown, connections=connections, is_partial=is_partial)


def live_connection(connection_id: str) -> LiveConnection | None:
    """An open socket with the rooms that it is in.

    Raises:
        redis.RedisError: there is no answer within a second.
    """
    redis = client(config().redis_url)
    process = redis.hget(f"{PREFIX}:owner", connection_id)
    if process is None:
        return None
    stored = redis.hget(f"{PREFIX}:process:{text_of(process)}", connection_id)
    if stored is None:
        return None
    (connection,) = _with_numbers(redis, [_live(stored)])
    rooms = sorted(text_of(room) for room in redis.smembers(f"{PREFIX}:rooms:{connection_id}"))
    return replace(connection, rooms=tuple(rooms))


def _processes(redis: Any) -> dict[str, int]:
    """How many connections each process that is alive has."""
    now = redis.time()[0]
    ids = [text_of(id) for id in redis.zrangebyscore(f"{PREFIX}:leases", now, "+inf")]
    pipeline = redis.pipeline(transaction=False)
    for id in ids:
        pipeline.hlen(f"{PREFIX}:process:{id}")
    return dict(sorted(zip(ids, pipeline.execute(), strict=True)))


def _that_may_have(redis: Any, wanted: Wanted, processes: dict[str, int]) -> list[str]:
    """Those that have to be looked through."""
    if wanted.process:
        return [wanted.process] if wanted.process in processes else []
    theirs = redis.hkeys(f"{PREFIX}:user:{wanted.text}") if wanted.text else []
    return [text_of(id) for id in theirs if text_of(id) in processes] or list(processes)


def _connections(redis: Any, process: str) -> Iterator[LiveConnection]:
    for _, stored in redis.hscan_iter(f"{PREFIX}:process:{process}", count=_STEP):
        yield _live(stored)


def _live(stored: bytes) -> LiveConnection:
    opening = msgspec.json.decode(stored, type=_Stored)
    return LiveConnection(
        id=opening.connection,
        process=opening.process,
        user_id=opening.user_id,
        username=opening.username,
        endpoint=opening.endpoint,
        address=opening.address,
        opened_at=opening.opened_at,
        frames=Frames(0, 0),
    )


def _with_numbers(redis: Any, connections: list[LiveConnection]) -> list[LiveConnection]:
    """With what is kept elsewhere: frames, and how many rooms."""
    pipeline = redis.pipeline(transaction=False)
    for connection in connections:
        pipeline.hget(f"{PREFIX}:frames:{connection.process}", connection.id)
        pipeline.scard(f"{PREFIX}:rooms:{connection.id}")
    answers = iter(pipeline.execute())
    return [
        replace(connection, frames=_frames(next(answers)), room_count=next(answers))
        for connection in connections
    ]


def _frames(stored: bytes | None) -> Frames:
    received, _, sent = (text_of(stored) if stored else "0:0").partition(":")
    return Frames(int(received), int(sent))
