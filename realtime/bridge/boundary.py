"""What may leave: one answer for Redis channels and webhooks."""

from __future__ import annotations

import msgspec

from realtime.jsontext import load_json
from realtime.registry import registry


def goes_out(topic: str, type: str, data: str | msgspec.Raw) -> bool:
    """Whether an event may be told to other services: its topic is ``bridged``, and its type doesn't keep it inside."""
    found = registry.resolve(topic)
    if found is not None and not found[0].bridged:
        return False
    known = registry.event_types.get(type)
    return known is None or known.stays_inside is None or not known.stays_inside(load_json(data))
