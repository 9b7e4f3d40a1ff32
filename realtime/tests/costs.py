"""What pages cost in queries, and many rows to show on them."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def cost_of(client: Client, path: str) -> int:
    """The number of queries that a page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def many(model: Any, rows: list[dict[str, Any]]) -> list[Any]:
    """Rows made together: one by one they would take longer than the lists."""
    return list(model.objects.bulk_create([model(**row) for row in rows]))
