"""The periodic jobs there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job. Made by `periodic`, which explains the fields."""

    name: str
    every: timedelta
    work: Work
    label: str
    needed: Callable[[], bool] | None

    @property
    def lease(self) -> timedelta:
        """How long a run may take before another one is started beside it."""
        return max(self.every * 10, timedelta(minutes=10))


_jobs: dict[str, Job] = {}


def periodic(
    name: str,
    *,
    every: timedelta | float,
    label: str = "",
    needed: Callable[[], bool] | None = None,
) -> Callable[[Work], Work]:
    """Declares a function without arguments as a job that runs ``every`` so often (seconds or a timedelta).

    Of all processes one at a time runs it. It must be safe to run twice and in two processes at once all the same: a run that
    outlives its lease, or whose process died, is started again. What it returns is shown as text in the admin. ``needed`` is a
    cheap question asked first; where it says no, nothing is run.

    Raises:
        ValueError: the name is taken by another function, or ``every`` isn't positive.
    """
    interval = every if isinstance(every, timedelta) else timedelta(seconds=every)
    if interval <= timedelta(0):
        raise ValueError(f"the job {name!r} needs a positive interval")

    def declare(work: Work) -> Work:
        if name in _jobs and _jobs[name].work is not work:
            raise ValueError(f"the job {name!r} is declared twice")
        _jobs[name] = Job(name, interval, work, label or name, needed)
        return work

    return declare


def job_named(name: str) -> Job | None:
    """The declared job of this name; None if no installed app has it (any more)."""
    return _jobs.get(name)


def jobs() -> list[Job]:
    """All declared jobs, by name."""
    return [_jobs[name] for name in sorted(_jobs)]
