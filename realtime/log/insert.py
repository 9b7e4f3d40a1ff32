"""Writing rows of the log, many in one statement."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from realtime.jsontext import dump_json
from realtime.models import StoredEvent

_COLUMNS = (
    "topic",
    "uid",
    "type",
    "version",
    "data",
    "entity_id",
    "actor_id",
    "sender",
    "created_at",
    "stamp",
)
_VALUES = ", ".join(f"json_extract(value, '$[{i}]')" for i in range(len(_COLUMNS)))
_ON_SQLITE = (
    f"INSERT INTO realtime_storedevent ({', '.join(_COLUMNS)}, access)"
    f" SELECT {_VALUES}, 0 FROM json_each(%s) ORDER BY key RETURNING position"
)
_ROW = f"({', '.join(['%s'] * len(_COLUMNS))}, 0)"
_ON_POSTGRESQL = f"INSERT INTO realtime_storedevent ({', '.join(_COLUMNS)}, access) VALUES"
_AT_ONCE = 500


def insert_events(rows: Sequence[StoredEvent]) -> None:
    """Inserts events in the order given and gives each its position.

    SQLite takes few parameters in a statement (Django counts on 999), so there the rows go in as one JSON text. The statements are
    written here, since for the ORM to write one takes longer than to run it.
    """
    if connection.vendor == "postgresql":
        for start in range(0, len(rows), _AT_ONCE):
            _insert_on_postgresql(rows[start : start + _AT_ONCE])
        return
    text = dump_json([_values(row) for row in rows]).decode()
    with connection.cursor() as cursor:
        cursor.execute(_ON_SQLITE, [text])
        positions = sorted(position for (position,) in cursor.fetchall())
    for row, position in zip(rows, positions, strict=True):
        row.pk = position


def _insert_on_postgresql(rows: Sequence[StoredEvent]) -> None:
    statement = f"{_ON_POSTGRESQL} {', '.join([_ROW] * len(rows))} RETURNING position"
    values = [getattr(row, column) for row in rows for column in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        positions = cursor.fetchall()
    for row, (position,) in zip(rows, positions, strict=True):
        row.pk = position


def _values(row: StoredEvent) -> list[object]:
    """The values as Django stores them on SQLite: UUIDs as 32 hex digits, times as naive UTC."""
    return [
        row.topic,
        row.uid.hex,
        row.type,
        row.version,
        row.data,
        row.entity_id,
        row.actor_id,
        row.sender,
        row.created_at.strftime("%Y-%m-%d %H:%M:%S.%f"),
        row.stamp,
    ]
