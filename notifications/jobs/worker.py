"""The loop that starts due jobs and runs tasks: in a thread of a server process, or as a process of its own."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time

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
    for alias in task_backends.settings:
        if not isinstance(task_backends[alias], DatabaseBackend):
            continue
        if DBTaskResult.objects.ready().filter(backend_name=alias).exists():
            _library_worker(alias, worker_id).run()


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


def work_until(stopping: threading.Event) -> None:
    """Works round after round until ``stopping`` is set. A round that fails is logged, and the next one comes later."""
    worker_id = f"{os.getpid()}-{get_random_string(8)}"
    published = False
    failures = 0
    while not stopping.is_set():
        drop_broken_connections()
        try:
            if not published:
                publish_schedule()
                published = True
            work_once(worker_id)
            failures = 0
        except DatabaseError as error:
            failures += 1
            logger.warning("background work has to wait for the database: %s", error)
        except Exception:
            failures += 1
            logger.exception("a round of background work failed")
        finally:
            rest_connections()
        stopping.wait(min(jobs_config().poll_seconds * 2 ** min(failures, 10), _LONGEST_WAIT))


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
            for number in range(jobs_config().threads):
                thread = threading.Thread(
                    target=work_until, args=[self._stopping], name=f"jobs-{number}", daemon=True
                )
                self._threads.append(thread)
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
