"""``manage.py run_jobs`` as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.ports import wait_until
from tests.support.server import ROOT, Desk, demo_desk


@pytest.fixture
def quiet_desk() -> Iterator[Desk]:
    """The demo; no server process does its background work."""
    with demo_desk(JOBS_EMBEDDED="0") as desk:
        yield desk


def outcomes(desk: Desk) -> set[str]:
    return set(
        desk.shell(
            "from notifications.jobs.models import ScheduledJob\n"
            "for job in ScheduledJob.objects.exclude(last_outcome='never'):\n"
            "    print(job.name, job.last_outcome)\n"
        ).splitlines()
    )


def test_once_does_what_is_due_and_ends(quiet_desk: Desk) -> None:
    quiet_desk.manage("run_jobs", "--once")
    assert "notifications.forget succeeded" in outcomes(quiet_desk)


def test_it_works_until_it_is_told_to_stop(quiet_desk: Desk) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_jobs"],
        cwd=ROOT,
        env=quiet_desk.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: "jobs.forget_results succeeded" in outcomes(quiet_desk), seconds=30)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
