"""Each operation of the store, in SQL, inside a transaction that its caller began. Few statements: sockets open often."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

from django.db import connection
from django.db.models.expressions import Combinable, RawSQL

from realtime.presence.peers import EVERYWHERE
from realtime.presence.store import (
    Assert,
    Claim,
    Close,
    Confirm,
    Depart,
    Departed,
    End,
    Join,
    Leave,
    Note,
    Open,
    Reap,
    Renew,
)

_LOCK_CLASS = 723_857_113
"""The first half of the advisory locks' keys: ours alone."""
_AT_ONCE = 200
"""Rows that one operation takes on: keeps transactions short."""


def begin() -> None:
    """Makes a short transaction of it that never waits long for others, and never makes others wait for the disk."""
    if connection.vendor == "postgresql":
        _execute(
            "SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '3s', true),"
            " set_config('idle_in_transaction_session_timeout', '10s', true)"
        )
    else:
        # Takes the write lock now: a transaction that reads first can't wait for it later.
        _execute("DELETE FROM realtime_departure WHERE 0")


def lock_users(user_ids: Iterable[str]) -> None:
    """Nobody else opens, joins, leaves or closes for these users until the transaction has ended."""
    if connection.vendor != "postgresql":
        return
    keys = sorted({crc32(user_id.encode()) - 2**31 for user_id in user_ids})
    if keys:
        _execute(
            "SELECT pg_advisory_xact_lock(%s, key) FROM unnest(%s::int[]) AS key",
            [_LOCK_CLASS, keys],
        )


def renew(operation: Renew) -> int:
    _take_lease(operation.process, operation.lease)
    return int(
        _value(
            "SELECT count(*) FROM realtime_socketconnection WHERE process_id = %s",
            [operation.process],
        )
    )


def note(operation: Note) -> None:
    """The row of the process is locked first, as whoever reaps it does."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE realtime_socketconnection SET frames_received = %s, frames_sent = %s WHERE id = %s",
                [(received, sent, id) for id, (received, sent) in operation.frames.items()],
            )
        return
    _rows("SELECT 1 FROM realtime_serverprocess WHERE id = %s FOR UPDATE", [operation.process])
    counts = list(operation.frames.values())
    _execute(
        "UPDATE realtime_socketconnection c SET frames_received = n.received, frames_sent = n.sent"
        " FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS n(id, received, sent) WHERE c.id = n.id",
        [list(operation.frames), [c[0] for c in counts], [c[1] for c in counts]],
    )


def open_connection(operation: Open) -> str:
    ours, counting, present = _standing(operation)
    if counting >= operation.limit > 0:
        return "full"
    _insert(operation, has_lease=bool(ours))
    if present or _come_back(EVERYWHERE, operation.user_id):
        return "more"
    return "first"


def assert_connection(operation: Assert) -> list[str]:
    opening, news = operation.opening, []
    if not _value(
        "SELECT count(*) FROM realtime_socketconnection WHERE id = %s",
        [opening.connection],
    ):
        ours, _, present = _standing(opening)
        _insert(opening, has_lease=bool(ours))
        if not present and not _come_back(EVERYWHERE, opening.user_id):
            news.append(EVERYWHERE)
    for topic in operation.topics:
        if join(Join(opening.connection, opening.user_id, opening.username, topic)):
            news.append(topic)
    return news


def _standing(opening: Open) -> Sequence[Any]:
    """Whether the process has a row, how many of the user's connections count, and how many there are."""
    return _rows(
        "SELECT (SELECT count(*) FROM realtime_serverprocess WHERE id = %s),"
        f" count(CASE WHEN p.expires_at > {_now_sql()} THEN 1 END), count(*)"
        " FROM realtime_socketconnection c LEFT JOIN realtime_serverprocess p ON p.id = c.process_id"
        " WHERE c.user_id = %s",
        [opening.process, opening.user_id],
    )[0]


def _insert(opening: Open, *, has_lease: bool) -> None:
    if not has_lease:
        # It was stalled for so long that another one reaped it.
        _take_lease(opening.process, opening.lease)
    _execute(
        "INSERT INTO realtime_socketconnection"
        " (id, process_id, user_id, username, endpoint, sid, address, opened_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [
            opening.connection,
            opening.process,
            opening.user_id,
            opening.username,
            opening.endpoint,
            opening.sid,
            opening.address,
            opening.opened_at,
        ],
    )


def _take_lease(process: str, lease: float) -> None:
    _execute(
        f"INSERT INTO realtime_serverprocess (id, expires_at) VALUES (%s, {_now_sql()} + %s)"
        " ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at",
        [process, lease],
    )


def _come_back(topic: str, user_id: str) -> bool:
    """Whether the user had gone, but nobody has taken it on to tell that: then nobody will."""
    for_update = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    gone = _rows(
        "SELECT id, claimed_by FROM realtime_departure WHERE topic = %s AND user_id = %s"
        + for_update,
        [topic, user_id],
    )
    if not gone:
        return False
    id, claimed_by = gone[0]
    _execute("DELETE FROM realtime_departure WHERE id = %s", [id])
    return claimed_by is None


def join(operation: Join) -> bool:
    topic, user_id = operation.topic, operation.user_id
    present = _others_in(topic, user_id)
    joined = _execute(
        "INSERT INTO realtime_roommembership (connection_id, topic, user_id, username)"
        " SELECT id, %s, %s, %s FROM realtime_socketconnection WHERE id = %s ON CONFLICT DO NOTHING",
        [topic, user_id, operation.username, operation.connection],
    )
    return bool(joined) and not present and not _come_back(topic, user_id)


def leave(operation: Leave) -> bool:
    left = _execute(
        "DELETE FROM realtime_roommembership WHERE connection_id = %s AND topic = %s",
        [operation.connection, operation.topic],
    )
    return bool(left) and not _others_in(operation.topic, operation.user_id)


def _others_in(topic: str, user_id: str) -> bool:
    return bool(
        _rows(
            "SELECT 1 FROM realtime_roommembership WHERE topic = %s AND user_id = %s LIMIT 1",
            [topic, user_id],
        )
    )


def close_connections(operation: Close) -> bool:
    return _remove(operation.connections, operation.grace)


def _remove(connections: list[str], grace: float) -> bool:
    """Removes connections; whether a user has gone from somewhere by that."""
    if not connections:
        return False
    marks = ", ".join(["%s"] * len(connections))
    theirs = _rows(
        f"SELECT user_id, username FROM realtime_socketconnection WHERE id IN ({marks})",
        connections,
    )
    lock_users(user_id for user_id, _ in theirs)
    rooms = _rows(
        "SELECT DISTINCT topic, user_id, username FROM realtime_roommembership"
        f" WHERE connection_id IN ({marks})",
        connections,
    )
    if rooms:
        _execute(
            f"DELETE FROM realtime_roommembership WHERE connection_id IN ({marks})",
            connections,
        )
    _execute(f"DELETE FROM realtime_socketconnection WHERE id IN ({marks})", connections)
    left = [_depart(topic, user_id, name, grace) for topic, user_id, name in rooms]
    left += [_depart(EVERYWHERE, user_id, name, grace) for user_id, name in set(theirs)]
    return any(left)


def _depart(topic: str, user_id: str, username: str, grace: float) -> bool:
    """Notes that a user has gone from a room (or everywhere), unless one of their sockets is still there."""
    there = (
        "SELECT 1 FROM realtime_socketconnection WHERE user_id = %s"
        if topic == EVERYWHERE
        else "SELECT 1 FROM realtime_roommembership WHERE user_id = %s AND topic = %s"
    )
    return bool(
        _execute(
            "INSERT INTO realtime_departure (topic, user_id, username, due_at)"
            f" SELECT %s, %s, %s, {_now_sql()} + %s WHERE NOT EXISTS ({there}) ON CONFLICT DO NOTHING",
            [
                topic,
                user_id,
                username,
                grace,
                user_id,
                *([topic] if topic != EVERYWHERE else []),
            ],
        )
    )


def depart(operation: Depart) -> None:
    lock_users([operation.user_id])
    _depart(operation.topic, operation.user_id, operation.username, 0)


def claim(operation: Claim) -> list[Departed]:
    rows = _rows(
        "SELECT id, topic, user_id, username FROM realtime_departure"
        f" WHERE due_at <= {_now_sql()} AND claimed_by IS NULL"
        f" ORDER BY id LIMIT {_AT_ONCE}{_skip_locked()}"
    )
    if rows:
        marks = ", ".join(["%s"] * len(rows))
        _execute(
            f"UPDATE realtime_departure SET claimed_by = %s, claim = %s WHERE id IN ({marks})",
            [operation.process, operation.claim, *(row[0] for row in rows)],
        )
    return [Departed(topic, user_id, name, operation.claim) for _, topic, user_id, name in rows]


def confirm(operation: Confirm) -> None:
    for departed in operation.departures:
        _execute(
            "DELETE FROM realtime_departure WHERE topic = %s AND user_id = %s AND claim = %s",
            [departed.topic, departed.user_id, departed.claim],
        )


def _give_back(process: str) -> None:
    """What a process that is gone has claimed and not confirmed is due again."""
    _execute(
        "UPDATE realtime_departure SET claimed_by = NULL, claim = NULL WHERE claimed_by = %s",
        [process],
    )


def reap(operation: Reap) -> int | None:
    """The row of the dead process is locked first: it can't come back to life meanwhile, and other reapers pass it by."""
    dead = _rows(
        f"SELECT id FROM realtime_serverprocess WHERE expires_at <= {_now_sql()}"
        f" ORDER BY id LIMIT 1{_skip_locked()}"
    )
    if not dead:
        return _reap_orphans()
    process = dead[0][0]
    connections = [
        row[0]
        for row in _rows(
            f"SELECT id FROM realtime_socketconnection WHERE process_id = %s LIMIT {_AT_ONCE}",
            [process],
        )
    ]
    _remove(connections, 0)
    if len(connections) == _AT_ONCE:
        return 0
    _execute("DELETE FROM realtime_serverprocess WHERE id = %s", [process])
    _give_back(process)
    return 1


def _reap_orphans() -> int | None:
    """Connections that a process opened while it was being reaped, and that nobody renews if it ended right then."""
    orphans = (
        "SELECT c.id, c.user_id FROM realtime_socketconnection c WHERE NOT EXISTS"
        f" (SELECT 1 FROM realtime_serverprocess p WHERE p.id = c.process_id) ORDER BY c.id LIMIT {_AT_ONCE}"
    )
    found = _rows(orphans)
    if not found:
        return None
    # Again once nobody else may remove them, as another reaper would: it has told all of those that are gone.
    lock_users(user_id for _, user_id in found)
    left = {id for id, _ in _rows(orphans)}
    _remove([id for id, _ in found if id in left], 0)
    return 0


def end(operation: End) -> None:
    _give_back(operation.process)
    _execute(
        "DELETE FROM realtime_serverprocess WHERE id = %s AND NOT EXISTS"
        " (SELECT 1 FROM realtime_socketconnection WHERE process_id = %s)",
        [operation.process, operation.process],
    )


def now() -> Combinable:
    """Unix seconds by the database's clock, for the ORM."""
    return RawSQL(_now_sql(), [])


def _now_sql() -> str:
    """By one clock for all processes; a server on SQLite shares its machine's."""
    if connection.vendor == "postgresql":
        return "extract(epoch from clock_timestamp())::float8"
    return repr(time.time())


def _skip_locked() -> str:
    return " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""


def _rows(sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _value(sql: str, parameters: Sequence[Any]) -> Any:
    return _rows(sql, parameters)[0][0]


def _execute(sql: str, parameters: Sequence[Any] | None = None) -> int:
    """Number of rows that were changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
