from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

import realtime
from realtime.models import StoredEvent

Write = Callable[..., None]


@pytest.fixture
def write() -> Write:
    """Records ``count`` events on a topic, each in a transaction of its own; ``days_ago`` is their age."""

    def write_events(topic: str, count: int = 1, *, days_ago: float = 0) -> None:
        last = StoredEvent.objects.order_by("-position").values_list("pk", flat=True).first() or 0
        for n in range(count):
            realtime.record(topic, "thing.happened", {"n": n})
        then = timezone.now() - timedelta(days=days_ago)
        StoredEvent.objects.filter(pk__gt=last).update(created_at=then)

    return write_events
