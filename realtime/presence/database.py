"""Connections in the database: the store of servers that have no Redis.

A batch of operations is one transaction on one thread of its own. On PostgreSQL each user concerned is locked for it
(advisory locks, in sorted order, so that processes can't deadlock); SQLite has one writer anyway. Time is the database's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import Any, TypeVar

from django.db import connection, transaction

from realtime.conf import config
from realtime.db import drop_broken_connections, in_pool, rest_connections
from realtime.presence import database_reading, database_writing
from realtime.presence.peers import Counts, Peer
from realtime.presence.store import (
    Assert,
    Claim,
    Close,
    Confirm,
    Depart,
    End,
    Join,
    Leave,
    Look,
    Note,
    Open,
    Operation,
    Owed,
    Reap,
    Renew,
    Stored,
    StoreUnavailable,
)

R = TypeVar("R")

_CARRIED_OUT: dict[type[Operation], Callable[[Any], Any]] = {
    Renew: database_writing.renew,
    Note: database_writing.note,
    Open: database_writing.open_connection,
    Assert: database_writing.assert_connection,
    Close: database_writing.close_connections,
    Join: database_writing.join,
    Leave: database_writing.leave,
    Depart: database_writing.depart,
    Claim: database_writing.claim,
    Owed: database_reading.owed,
    Confirm: database_writing.confirm,
    Reap: database_writing.reap,
    Stored: database_reading.stored,
    Look: database_reading.look,
    End: database_writing.end,
}
_ABOUT_ONE_USER = (Open, Assert, Join, Leave)


class DatabaseStore:
    """A `Store` that does its writing on a thread of its own."""

    timeout = 5.0

    def __init__(self) -> None:
        self.interval = min(5.0, config().lease_seconds / 6)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="realtime-presence")
        self._running: Future[list[Any]] | None = None

    async def run(self, operations: Sequence[Operation]) -> list[Any]:
        if self._running is not None and not self._running.done():
            raise StoreUnavailable("the last transaction has not ended yet")
        self._running = self._thread.submit(_carry_out, list(operations))
        return await asyncio.shield(asyncio.wrap_future(self._running))

    async def members(self, topic: str) -> list[Peer]:
        return await in_pool(database_reading.members, topic)

    async def counts(self) -> Counts:
        return await in_pool(database_reading.counts)

    async def close(self) -> None:
        self._thread.submit(connection.close)
        self._thread.shutdown(wait=False)


def _carry_out(operations: list[Operation]) -> list[Any]:
    drop_broken_connections()
    try:
        return [result for group in _transactions(operations) for result in _transaction(group)]
    except BaseException:
        connection.close()
        raise
    finally:
        rest_connections()


def _transactions(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Operations of single users share a transaction; each of the others finds out by itself whom it concerns."""
    for shared, group in groupby(operations, lambda o: isinstance(o, _ABOUT_ONE_USER)):
        if shared:
            yield list(group)
        else:
            yield from ([operation] for operation in group)


def _transaction(group: list[Operation]) -> list[Any]:
    with transaction.atomic():
        database_writing.begin()
        database_writing.lock_users({_user_of(o) for o in group if isinstance(o, _ABOUT_ONE_USER)})
        return [_CARRIED_OUT[type(operation)](operation) for operation in group]


def _user_of(operation: Open | Assert | Join | Leave) -> str:
    return operation.opening.user_id if isinstance(operation, Assert) else operation.user_id
