"""Withdrawing: what an event said and must not say any more is taken out of the log, in the transaction that takes it back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from realtime.jsontext import dump_json, load_json
from realtime.models import StoredEvent


def withdraw(
    topic: str, *, types: Collection[str], entity_id: str, values: Mapping[str, Any]
) -> None:
    """Rewrites a topic's events about one row: of these keys they say from now on what ``values`` say.

    Numbers, ids, times and all other keys stay. A key that an event doesn't have isn't added.
    """
    now_said = load_json(dump_json(values))
    rewrite(
        topic,
        types=types,
        entity_id=entity_id,
        change=lambda data: {key: now_said.get(key, value) for key, value in data.items()},
    )


def rewrite(
    topic: str,
    *,
    types: Collection[str],
    entity_id: str,
    change: Callable[[dict[str, Any]], Mapping[str, Any]],
) -> None:
    """Has a topic's events about one row say what ``change`` makes of their data.

    Servers drop what they have in memory of the topic when an event follows whose type ``withdraws`` (see `realtime.event`).
    """
    events = StoredEvent.objects.filter(topic=topic, entity_id=entity_id, type__in=types)
    rewritten = []
    for event in events.only("position", "data"):
        data = load_json(event.data)
        if not isinstance(data, dict):
            continue
        current = change(data)
        if current != data:
            event.data = dump_json(current).decode()
            rewritten.append(event)
    StoredEvent.objects.bulk_update(rewritten, ["data"], batch_size=200)
