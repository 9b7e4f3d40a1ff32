"""A room's log as a witness reads it over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.faults.history import Envelope


async def log_over_http(url: str, room: str, token: str) -> list[Envelope]:
    """The whole log of a room, as a stream over HTTP shows it."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    where = f"{url}/api/v1/realtime/events/"
    async with (
        httpx.AsyncClient(headers=headers, timeout=20, verify=False) as client,
        client.stream("GET", where, params={"room": room, "since": 0}) as answer,
    ):
        assert answer.status_code == 200, f"{room}: {await answer.aread()!r}"
        return await _events_of(answer.aiter_lines())


async def _events_of(lines: Any) -> list[Envelope]:
    """The events of a stream up to the number where the log stood when it began."""
    events: list[Envelope] = []
    end: int | None = None
    async for line in lines:
        if not line.startswith("data: "):
            continue
        found = json.loads(line.removeprefix("data: "))
        if end is None:
            end = found["seq"]
        elif "seq" in found:
            events.append(found)
        if len(events) >= end:
            break
    return events
