"""The task that runs a periodic job and writes down how it went."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from django.db.models import F
from django.utils import timezone
from django_tasks import task

from notifications.jobs.models import Outcome, ScheduledJob
from notifications.jobs.registry import job_named

logger = logging.getLogger("notifications.jobs")

_LONGEST_RESULT = 10_000


@task()
def run_job(name: str) -> str:
    """Runs a declared job; its result, or the traceback, is in the admin.

    Raises:
        Exception: whatever the job raised, so that the task counts as failed too.
    """
    job = job_named(name)
    if job is None:
        return f"no installed app has a job {name!r}"
    ScheduledJob.objects.filter(name=name).update(last_started_at=timezone.now())
    try:
        result = job.work()
    except Exception:
        logger.exception("the job %s failed", name)
        _finish(
            name,
            last_outcome=Outcome.FAILED,
            last_result=traceback.format_exc()[-_LONGEST_RESULT:],
            failures_in_a_row=F("failures_in_a_row") + 1,
        )
        raise
    text = "" if result is None else str(result)[:_LONGEST_RESULT]
    _finish(name, last_outcome=Outcome.SUCCEEDED, last_result=text, failures_in_a_row=0)
    return text


def _finish(name: str, **outcome: Any) -> None:
    ScheduledJob.objects.filter(name=name).update(
        last_finished_at=timezone.now(), running_until=None, **outcome
    )
