"""Which jobs are due, and starting each of them once, however many processes look."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from notifications.jobs.models import ScheduledJob
from notifications.jobs.registry import Job, job_named, jobs


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
        if job.needed is not None and not job.needed():
            _postpone(job, every_seconds, now)
        elif _start(job, every_seconds, now):
            started.append(name)
    return started


def _is_due(now: datetime) -> Q:
    free = Q(running_until=None) | Q(running_until__lte=now)
    return Q(enabled=True, next_run_at__lte=now) & free


def _next(job: Job, every_seconds: float | None, now: datetime) -> datetime:
    return now + (timedelta(seconds=every_seconds) if every_seconds else job.every)


def _postpone(job: Job, every_seconds: float | None, now: datetime) -> None:
    ScheduledJob.objects.filter(_is_due(now), name=job.name).update(
        next_run_at=_next(job, every_seconds, now)
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
