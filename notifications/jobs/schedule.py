"""Which jobs are due, and starting each of them once, however many processes look."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from notifications.jobs.models import Outcome, ScheduledJob
from notifications.jobs.registry import Job, job_named, jobs

logger = logging.getLogger("notifications.jobs")


def publish_schedule() -> None:
    """Makes a row for each declared job that has none. May be run by several processes at once."""
    ScheduledJob.objects.bulk_create(
        [ScheduledJob(name=job.name, label=job.label) for job in jobs()], ignore_conflicts=True
    )


def start_due_jobs(now: datetime | None = None) -> list[str]:
    """Starts what is due, as tasks; returns the names. A job that another process takes first isn't started again."""
    now = now or timezone.now()
    due = ScheduledJob.objects.filter(_is_due(now)).values_list("name", "every_seconds")
    started = []
    for name, every_seconds in list(due):
        job = job_named(name)
        if job is None:  # of an app that isn't installed any more
            continue
        try:
            if _start_if_needed(job, every_seconds, now):
                started.append(name)
        except (OperationalError, InterfaceError):  # the database is away, for the others too
            raise
        except Exception as error:
            logger.exception("the job %s could not be started", name)
            _put_off(job, now, error)
    return started


def _start_if_needed(job: Job, every_seconds: float | None, now: datetime) -> bool:
    if job.needed is not None and not job.needed():
        _postpone(job, every_seconds, now)
        return False
    return _start(job, every_seconds, now)


def _is_due(now: datetime) -> Q:
    free = Q(running_until=None) | Q(running_until__lte=now)
    return Q(enabled=True, next_run_at__lte=now) & free


def _next(job: Job, every_seconds: float | None, now: datetime) -> datetime:
    return now + (timedelta(seconds=every_seconds) if every_seconds else job.every)


def _postpone(job: Job, every_seconds: float | None, now: datetime) -> None:
    ScheduledJob.objects.filter(_is_due(now), name=job.name).update(
        next_run_at=_next(job, every_seconds, now)
    )


def _put_off(job: Job, now: datetime, error: Exception) -> None:
    """A job that can't be started waits as long as the app declares, and stops no other."""
    ScheduledJob.objects.filter(_is_due(now), name=job.name).update(
        next_run_at=now + job.every,
        last_outcome=Outcome.FAILED,
        last_result=f"It could not be started: {type(error).__name__}: {error}",
        failures_in_a_row=F("failures_in_a_row") + 1,
    )


def _start(job: Job, every_seconds: float | None, now: datetime) -> bool:
    """Claims the job by moving its next run, and enqueues it in the same transaction."""
    from notifications.jobs.tasks import run_job

    with transaction.atomic():
        claimed = ScheduledJob.objects.filter(_is_due(now), name=job.name).update(
            next_run_at=_next(job, every_seconds, now),
            running_until=now + job.lease,
            runs=F("runs") + 1,
        )
        if claimed:
            run_job.enqueue(job.name)
    return bool(claimed)
