"""The periodic work that belongs to no app: the engine's retention, on the desk's jobs."""

from __future__ import annotations

from datetime import timedelta

from notifications.jobs.registry import periodic
from realtime.conf import config
from realtime.log.pruning import prune_events


@periodic("realtime.prune_events", every=timedelta(hours=1), label="Forget old events of the log")
def prune() -> str:
    """`manage.py prune_events`, as the settings say."""
    limits = config()
    return str(prune_events(days=limits.retention_days, keep=limits.retention_events))
