"""Periodic jobs: when they run, that they run once, and what is known of their last run."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from notifications.jobs.models import Outcome, ScheduledJob
from notifications.jobs.periodic import restart_lost_tasks
from notifications.jobs.registry import periodic
from notifications.jobs.schedule import start_due_jobs
from notifications.jobs.tests.conftest import Declare
from notifications.jobs.worker import WorkerThreads, work_once
from realtime.tests.threads import at_once

TRANSACTIONS = pytest.mark.django_db(transaction=True)
"""For tests that run the library's worker, which drops connections that are inside a transaction."""


@TRANSACTIONS
def test_a_due_job_runs_and_its_result_is_kept(declare: Declare) -> None:
    job = declare("test.count", lambda: "3 checked")
    work_once()
    job.refresh_from_db()
    assert (job.last_outcome, job.last_result, job.runs) == (Outcome.SUCCEEDED, "3 checked", 1)
    assert job.running_until is None
    assert job.next_run_at > timezone.now() + timedelta(seconds=50)


@TRANSACTIONS
def test_a_job_that_fails_says_why_and_is_run_again_later(declare: Declare) -> None:
    def fail() -> None:
        raise RuntimeError("the printer is on fire")

    job = declare("test.fail", fail)
    work_once()
    job.refresh_from_db()
    assert job.last_outcome == Outcome.FAILED
    assert "the printer is on fire" in job.last_result
    assert job.failures_in_a_row == 1
    assert start_due_jobs(timezone.now() + timedelta(seconds=61)) == ["test.fail"]


def test_a_job_that_is_not_due_or_turned_off_does_not_run(declare: Declare) -> None:
    later, off = declare("test.later", lambda: None), declare("test.off", lambda: None)
    ScheduledJob.objects.filter(pk=later.pk).update(next_run_at=timezone.now() + timedelta(hours=1))
    ScheduledJob.objects.filter(pk=off.pk).update(enabled=False)
    assert start_due_jobs() == []


def test_a_job_still_running_is_not_started_beside_itself_until_its_lease_is_over(
    declare: Declare,
) -> None:
    declare("test.slow", lambda: None, every=1)
    now = timezone.now()
    assert start_due_jobs(now) == ["test.slow"]
    assert start_due_jobs(now + timedelta(seconds=30)) == []
    assert start_due_jobs(now + timedelta(minutes=11)) == ["test.slow"]


@TRANSACTIONS
def test_a_job_with_nothing_to_do_leaves_no_trace(declare: Declare) -> None:
    job = declare("test.idle", lambda: None, needed=lambda: False)
    work_once()
    job.refresh_from_db()
    assert (job.runs, job.last_outcome) == (0, Outcome.NEVER)
    assert job.next_run_at > timezone.now()
    assert not DBTaskResult.objects.exists()


def test_the_interval_can_be_changed_in_the_admin(declare: Declare) -> None:
    job = declare("test.often", lambda: None)
    ScheduledJob.objects.filter(pk=job.pk).update(every_seconds=5)
    now = timezone.now()
    start_due_jobs(now)
    job.refresh_from_db()
    assert job.next_run_at == now + timedelta(seconds=5)


def _refuse() -> bool:
    raise RuntimeError("nobody knows")


@TRANSACTIONS
@pytest.mark.parametrize("fault", [{"every_seconds": 1e300}, {"needed": _refuse}])
def test_a_job_that_cannot_be_started_stops_no_other_and_no_task(
    declare: Declare, fault: dict[str, Any]
) -> None:
    broken = declare("test.broken", lambda: None, needed=fault.get("needed"))
    ScheduledJob.objects.update(every_seconds=fault.get("every_seconds"))
    sound = declare("test.sound", lambda: "done")
    work_once()
    sound.refresh_from_db()
    assert sound.last_result == "done"
    broken.refresh_from_db()
    assert (broken.last_outcome, broken.failures_in_a_row) == (Outcome.FAILED, 1)
    assert "It could not be started" in broken.last_result
    assert broken.next_run_at > timezone.now()


@pytest.mark.parametrize("seconds", [1e300, -5, 0, 0.5, 1e9])
def test_an_interval_that_no_worker_can_keep_is_refused(declare: Declare, seconds: float) -> None:
    job = declare("test.often", lambda: None)
    job.every_seconds = seconds
    with pytest.raises(ValidationError, match="every_seconds"):
        job.full_clean()


def test_a_name_is_taken_once(declare: Declare) -> None:
    declare("test.twice", lambda: None)
    with pytest.raises(ValueError, match="declared twice"):
        periodic("test.twice", every=1)(lambda: None)


@TRANSACTIONS
def test_of_many_workers_one_starts_a_due_job(declare: Declare) -> None:
    declare("test.shared", lambda: None)
    started: list[str] = []

    def look() -> None:
        with suppress(OperationalError):  # SQLite's shared memory says "locked" where a file waits
            started.extend(start_due_jobs())

    at_once(*[look] * 4)
    assert started == ["test.shared"]
    assert DBTaskResult.objects.count() == 1


@TRANSACTIONS
def test_a_worker_runs_due_jobs_without_being_asked(declare: Declare, settings: Any) -> None:
    ran = Event()

    def work() -> None:
        ran.set()

    settings.JOBS = {"threads": 1}
    declare("test.embedded", work)
    worker = WorkerThreads()
    worker.start()
    try:
        assert ran.wait(15)
    finally:
        worker.stop(15)


def test_a_task_lost_with_its_process_is_started_again_and_given_up_in_the_end(
    declare: Declare,
) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    declare("test.lost", lambda: None)
    start_due_jobs()
    row = DBTaskResult.objects.get()

    DBTaskResult.objects.update(status="RUNNING", started_at=long_ago, worker_ids=["a"])
    assert restart_lost_tasks() == "1 started again, 0 given up"
    row.refresh_from_db()
    assert row.status == "READY"

    DBTaskResult.objects.update(status="RUNNING", started_at=long_ago, worker_ids=["a", "b", "c"])
    assert restart_lost_tasks() == "0 started again, 1 given up"
    row.refresh_from_db()
    assert row.status == "FAILED"
