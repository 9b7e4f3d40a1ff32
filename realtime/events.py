"""The event: what happened on a topic, ready to be shaped for a socket. No I/O."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from realtime.jsontext import dump_json


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened on a topic.

    Durable events have ``seq`` (1, 2, 3 … per topic); ephemeral ones have none. ``data`` is JSON text, so that it is
    encoded once, when recorded, and embedded as it is. ``access`` is the number of the last access change that was
    committed when the event was recorded: a hub settles all changes up to it before it delivers the event.
    """

    topic: str
    type: str
    data: msgspec.Raw
    timestamp: str
    id: str | None = None
    seq: int | None = None
    sender: str | None = None
    """Username of who caused it."""
    actor_id: str | None = None
    entity_id: str | None = None
    """Primary key of the row it tells about."""
    version: int = 1
    access: int = 0
    exclude_user: str | None = None
    only_user: str | None = None


def utc_text(moment: datetime) -> str:
    """ISO-8601 in UTC with microseconds, ending in Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def utc_now_text() -> str:
    return utc_text(datetime.now(UTC))


def seconds_since(text: str) -> float:
    """How long ago a moment of `utc_text` was; 0 where another machine's clock is ahead of ours."""
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds())


def ephemeral(
    topic: str,
    type: str,
    data: Any,
    *,
    sender: str | None = None,
    entity_id: str | None = None,
    exclude_user: str | None = None,
    only_user: str | None = None,
) -> Event:
    """An event that is told to whoever listens now, and is not stored."""
    return Event(
        topic=topic,
        type=type,
        data=msgspec.Raw(dump_json(data)),
        timestamp=utc_now_text(),
        sender=sender,
        entity_id=entity_id,
        exclude_user=exclude_user,
        only_user=only_user,
    )
