"""Jobs declared for one test, and a schedule that knows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from notifications.jobs import registry
from notifications.jobs.models import ScheduledJob
from notifications.jobs.schedule import publish_schedule

Declare = Callable[..., ScheduledJob]


@pytest.fixture
def declare(db: None, monkeypatch: pytest.MonkeyPatch) -> Declare:
    """``declare("name", work, every=…)`` declares a job that is due at once; no other jobs exist."""
    monkeypatch.setattr(registry, "_jobs", {})

    def make(name: str, work: Callable[[], object], **options: Any) -> ScheduledJob:
        registry.periodic(name, **{"every": 60, **options})(work)
        publish_schedule()
        return ScheduledJob.objects.get(name=name)

    return make
