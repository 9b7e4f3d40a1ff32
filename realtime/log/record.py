"""Recording events: rows of the log, written in the transaction of the change they tell about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import connection, models, transaction
from uuid_utils.compat import uuid7

from realtime.actor import Actor, current_actor
from realtime.events import ephemeral
from realtime.hooks.queueing import queue_deliveries
from realtime.jsontext import dump_json
from realtime.log.insert import insert_events
from realtime.models import StoredEvent
from realtime.publisher import publish, publish_committed
from realtime.registry import registry


@dataclass(slots=True)
class Draft:
    """An event before it has a number. ``data`` is anything that `dump_json` takes."""

    topic: str
    type: str
    data: Any
    entity_id: str | None = None
    version: int = 1
    stamp: tuple[models.Model, str] | None = None
    """A row and the name of its column that is to be given this event's number."""
    durable: bool = True


def record(
    topic: str | Iterable[str],
    type: str,
    data: Any,
    *,
    entity_id: str | None = None,
    version: int | None = None,
    actor: Actor | None = None,
) -> None:
    """Records one event on one or several topics, in the running transaction (or in one of its own).

    It reaches subscribers when, and only when, the transaction commits. ``version`` is that of ``data``, the event type's
    current one unless given.

    Raises:
        TypeError: ``data`` has no JSON form.
    """
    topics = [topic] if isinstance(topic, str) else list(topic)
    if version is None:
        version = registry.version(type)
    record_many([Draft(name, type, data, entity_id, version) for name in topics], actor=actor)


def record_many(drafts: Sequence[Draft], *, actor: Actor | None = None) -> None:
    """Records events in the order given, few statements for any number."""
    actor = actor or current_actor()
    stored: list[Draft] = []
    relayed: list[Draft] = []
    for draft in drafts:
        (stored if draft.durable and is_stored(draft.topic) else relayed).append(draft)
    if relayed:
        _relay_after_commit(relayed, actor)
    if stored:
        _store(stored, actor)


def is_stored(topic: str) -> bool:
    """Whether the topic's kind keeps its events. A topic of no known kind does."""
    found = registry.resolve(topic)
    return found is None or found[0].stored


def _relay_after_commit(drafts: Sequence[Draft], actor: Actor | None) -> None:
    sender = actor.username if actor else None
    events = [
        ephemeral(d.topic, d.type, d.data, sender=sender, entity_id=d.entity_id) for d in drafts
    ]
    transaction.on_commit(partial(publish, events))


def _store(drafts: Sequence[Draft], actor: Actor | None) -> None:
    now = datetime.now(UTC)
    encoded: dict[int, str] = {}
    rows = []
    for draft in drafts:
        text = encoded.get(id(draft.data))
        if text is None:
            text = encoded[id(draft.data)] = dump_json(draft.data).decode()
        rows.append(
            StoredEvent(
                topic=draft.topic,
                uid=uuid7(),
                type=draft.type,
                version=draft.version,
                data=text,
                entity_id=draft.entity_id,
                actor_id=(actor.id or None) if actor else None,
                sender=actor.username if actor else None,
                created_at=now,
                stamp=_stamp_text(draft.stamp),
            )
        )
    with transaction.atomic(savepoint=False):
        insert_events(rows)
        _stamp_at_once(drafts, rows)
        queue_deliveries(rows)
        _publish_after_commit([row.position for row in rows])


def _stamp_text(stamp: tuple[models.Model, str] | None) -> str | None:
    if stamp is None:
        return None
    row, column = stamp
    numbered: Any = row._meta.get_field(column)
    table = numbered.model._meta
    return f"{table.db_table}.{numbered.column}.{table.pk.column}.{row.pk}"


_STAMP = (
    "UPDATE {table} SET {column} = e.seq FROM json_each(%s) AS stamped"
    " JOIN realtime_storedevent AS e ON e.position = json_extract(stamped.value, '$[1]')"
    " WHERE {table}.{key} = json_extract(stamped.value, '$[0]') AND {table}.{column} IS NULL"
)


def _stamp_at_once(drafts: Sequence[Draft], rows: Sequence[StoredEvent]) -> None:
    """SQLite has numbered the events by now; PostgreSQL stamps when it numbers, at commit."""
    if connection.vendor == "postgresql":
        return
    stamped: dict[tuple[type[models.Model], str], list[tuple[Any, int]]] = {}
    for draft, event in zip(drafts, rows, strict=True):
        if draft.stamp is not None:
            row, column = draft.stamp
            key = row._meta.pk.get_db_prep_value(row.pk, connection)
            stamped.setdefault((type(row), column), []).append((key, event.position))
    quote = connection.ops.quote_name
    for (model, column), pairs in stamped.items():
        field: Any = model._meta.get_field(column)
        table = field.model._meta
        statement = _STAMP.format(
            table=quote(table.db_table),
            column=quote(field.column),
            key=quote(table.pk.column),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [dump_json(pairs).decode()])


def _publish_after_commit(positions: list[int]) -> None:
    """Publishes everything that this transaction records in one go.

    Each call registers the same function, since the callbacks of a savepoint that is rolled back are dropped; the first
    that runs publishes for all. Positions that were rolled back are not found in the log, and do no harm.
    """
    for hook in reversed(connection.run_on_commit):
        callback = hook[1]
        if isinstance(callback, partial) and callback.func is publish_committed:
            batch: list[int] = callback.args[0]
            batch.extend(positions)
            transaction.on_commit(partial(publish_committed, batch))
            return
    transaction.on_commit(partial(publish_committed, list(positions)))
