"""Events for tests of the engine's inner parts."""

from __future__ import annotations

from typing import Any

import msgspec

from realtime.events import Event
from realtime.jsontext import dump_json

TIME = "2025-11-13T12:00:00.000000Z"


def make_event(seq: int | None = 1, *, data: Any = None, **fields: Any) -> Event:
    """An event on ``till``; a durable one has the id ``id-<seq>``."""
    return Event(
        **{
            "topic": "till",
            "type": "till.opened",
            "data": msgspec.Raw(dump_json({"n": seq} if data is None else data)),
            "timestamp": TIME,
            "id": None if seq is None else f"id-{seq}",
            "seq": seq,
            **fields,
        }
    )
