"""``manage.py run_jobs``: a worker as a process of its own."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.jobs.schedule import publish_schedule
from notifications.jobs.worker import WorkerThreads, work_once


class Command(BaseCommand):
    help = "Starts periodic jobs when they are due and runs background tasks, until it is told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once",
            action="store_true",
            help="Do what is due now, and end (for cron).",
        )

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        if once:
            publish_schedule()
            work_once()
            return
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        workers = WorkerThreads()
        workers.start()
        self.stdout.write("Working. Ctrl-C ends it after the tasks that are running.")
        stopping.wait()
        workers.stop(wait_seconds=60)
