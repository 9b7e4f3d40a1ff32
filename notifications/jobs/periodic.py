"""The housekeeping of background work itself."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from notifications.jobs.conf import jobs_config
from notifications.jobs.registry import periodic

_MOST_STARTS = 3


@periodic(
    "jobs.restart_lost_tasks",
    every=timedelta(minutes=1),
    label="Start tasks again that were lost with their process",
    needed=lambda: _lost().exists(),
)
def restart_lost_tasks() -> str:
    """Puts tasks back that have been running for too long; after some starts they count as failed."""
    restarted = failed = 0
    for row in _lost():
        if len(row.worker_ids) < _MOST_STARTS:
            restarted += _lost().filter(pk=row.pk).update(status="READY", started_at=None)
        else:
            row.set_failed(TimeoutError("its process ended while it was running"))
            failed += 1
    return f"{restarted} started again, {failed} given up"


def _lost() -> Any:  # the library's queryset is generic over the task
    before = timezone.now() - timedelta(minutes=jobs_config().lost_after_minutes)
    return DBTaskResult.objects.running().filter(started_at__lt=before)


@periodic(
    "jobs.forget_results",
    every=timedelta(hours=6),
    label="Forget the results of old tasks",
)
def forget_results() -> str:
    """Deletes finished tasks after some days."""
    output = StringIO()
    call_command("prune_db_task_results", min_age_days=jobs_config().keep_days, stdout=output)
    return output.getvalue().strip()
