"""What other services hear of tickets on Redis channels of their own."""

from __future__ import annotations

from collections.abc import Iterable

from realtime.bridge.redis_out import outlet
from realtime.dialects.envelope import envelope
from realtime.events import Event


def declare_outlets() -> None:
    outlet(_messages)


def _messages(event: Event) -> Iterable[tuple[str, str]]:
    """``ticket:<id>:message`` has what is said in a ticket. Notes have a room of their own, and never go out."""
    kind, _, ticket_id = event.topic.partition(":")
    if kind == "ticket" and event.type == "message.new":
        yield f"ticket:{ticket_id}:message", envelope(event)
