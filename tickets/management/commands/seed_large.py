"""``manage.py seed_large``: a desk with a long history, for measuring."""

from __future__ import annotations

import random
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from tickets.seeding import seed


class Command(BaseCommand):
    help = "Adds tickets and messages of the last three years, for measuring."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tickets", type=int, default=100_000)
        parser.add_argument("--messages", type=int, default=1_000_000)
        parser.add_argument("--random-seed", type=int, default=7)

    def handle(self, *args: Any, **options: Any) -> None:
        begin = perf_counter()
        seed(
            tickets=options["tickets"],
            messages=options["messages"],
            chance=random.Random(options["random_seed"]),  # noqa: S311  nothing secret is made
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        took = perf_counter() - begin
        self.stdout.write(
            f"{options['tickets']} tickets, {options['messages']} messages in {took:.0f} s"
        )
