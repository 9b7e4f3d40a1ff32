from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from realtime.log.epoch import begin_new_epoch


class Command(BaseCommand):
    """To be run once after a backup was restored, before or after the servers are started."""

    help = "Gives the event log a new epoch: every client loads its snapshot anew."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"The log's epoch is {begin_new_epoch()} now.")
