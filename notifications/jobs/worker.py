"""The loop that starts due jobs and runs tasks: in threads of a server process, or as a process of its own."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db.utils import DatabaseError
from django.utils.crypto import get_random_string
from django_tasks import task_backends
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from notifications.jobs.conf import jobs_config
from notifications.jobs.heartbeat import HeartbeatThread
from notifications.jobs.schedule import publish_schedule, start_due_jobs
from realtime.db import drop_broken_connections, rest_connections

logger = logging.getLogger("notifications.jobs")

T = TypeVar("T")

_TASKS_AT_ONCE = 50
"""After so many tasks the loop looks at the schedule again."""
_LONGEST_WAIT = 10
"""Seconds after failures: so long may e-mails stand still once the database is back."""


def work_once(worker_id: str = "inline") -> None:
    """One round: starts the jobs that are due, then runs the tasks that wait (where the database keeps them)."""
    start_due_jobs()
    run_waiting_tasks(worker_id)


def run_waiting_tasks(worker_id: str = "inline") -> None:
    """Runs up to a batch of waiting tasks. With another backend than the database its own workers do that."""
    for alias in _backends_with_tasks():
        _library_worker(alias, worker_id).run()


def _backends_with_tasks() -> list[str]:
    """The backends in whose tables tasks wait."""
    return [
        alias
        for alias in task_backends.settings
        if isinstance(task_backends[alias], DatabaseBackend)
        and DBTaskResult.objects.ready().filter(backend_name=alias).exists()
    ]


def _library_worker(alias: str, worker_id: str) -> Worker:
    return Worker(
        queue_names=["*"],
        excluded_queue_names=[],
        interval=0,
        batch=True,
        backend_name=alias,
        startup_delay=False,
        max_tasks=_TASKS_AT_ONCE,
        worker_id=worker_id,
    )


class WorkerThread(threading.Thread):
    """Works until it is told to stop: looks for work when it is its turn to look, and does what there is.

    Of the threads of a process one looks at a time, and the others work or wait: looking costs the same for one as for all.
    """

    def __init__(self, number: int, stopping: threading.Event, turn: threading.Lock) -> None:
        super().__init__(name=f"jobs-{number}", daemon=True)
        self._stopping = stopping
        self._turn = turn
        self._worker_id = f"{os.getpid()}-{get_random_string(8)}"
        self._published = False
        self._failures = 0

    def run(self) -> None:
        while not self._stopping.is_set():
            with self._turn:
                self._wait_for_tasks()
            self._try(lambda: run_waiting_tasks(self._worker_id))
            if self._failures:
                self._pause()

    def _wait_for_tasks(self) -> None:
        """Looks, round after round, until there are tasks to run."""
        while not self._stopping.is_set() and not self._try(self._look):
            self._pause()

    def _look(self) -> bool:
        """One round: starts the jobs that are due. Whether there are tasks to run."""
        if not self._published:
            publish_schedule()
            self._published = True
        start_due_jobs()
        return bool(_backends_with_tasks())

    def _try(self, what: Callable[[], T]) -> T | None:
        """None where it failed, which is logged and counted."""
        drop_broken_connections()
        try:
            found = what()
            self._failures = 0
            return found
        except DatabaseError as error:
            self._failures += 1
            logger.warning("background work has to wait for the database: %s", error)
        except Exception:
            self._failures += 1
            logger.exception("a round of background work failed")
        finally:
            rest_connections()
        return None

    def _pause(self) -> None:
        """After failures, longer and longer."""
        seconds = jobs_config().poll_seconds * 2 ** min(self._failures, 10)
        self._stopping.wait(min(seconds, _LONGEST_WAIT))


class WorkerThreads:
    """Threads that work until they are told to stop."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        """Starts them, once."""
        with self._lock:
            if self._threads:
                return
            turn = threading.Lock()
            for number in range(jobs_config().threads):
                self._threads.append(WorkerThread(number, self._stopping, turn))
            self._threads.append(HeartbeatThread(self._stopping))
            for thread in self._threads:
                thread.start()

    def stop(self, wait_seconds: float = 5) -> None:
        """Lets running tasks end, for so long at most."""
        self._stopping.set()
        deadline = time.monotonic() + wait_seconds
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))


_embedded = WorkerThreads()


def start_embedded_worker() -> None:
    """Works in threads of this process, until it ends: nothing more to start than the server.

    Does nothing where ``JOBS["embedded"]`` is false, and nothing the second time.
    """
    if jobs_config().embedded:
        _embedded.start()
        atexit.register(_embedded.stop)
