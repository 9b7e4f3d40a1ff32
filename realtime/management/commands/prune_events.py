from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from realtime.conf import config
from realtime.log.pruning import prune_events


class Command(BaseCommand):
    """Safe while servers run, and in several processes at once."""

    help = "Deletes old events of the log: by age, and by number per topic."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=float, help="keep events of so many days (default: retention_days)"
        )
        parser.add_argument(
            "--keep",
            type=int,
            help="keep so many events of each topic at most (default: retention_events)",
        )
        parser.add_argument("--batch", type=int, default=1_000, help="rows of one transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        limits, batch = config(), options["batch"]
        days = limits.retention_days if options["days"] is None else options["days"]
        keep = limits.retention_events if options["keep"] is None else options["keep"]
        if not 0 < days <= 36_500 or keep < 1 or batch < 1:
            raise CommandError("Give --days from above 0 to 36500, --keep and --batch from 1.")
        self.stdout.write(f"Deleted: {prune_events(days=days, keep=keep, batch=batch)}.")
