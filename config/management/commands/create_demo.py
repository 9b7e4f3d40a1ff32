from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config.demo import create_demo


class Command(BaseCommand):
    """Fills an empty database with the demo's people, tickets and examples."""

    help = "Makes the demo's people and rows, unless there are users already."

    def handle(self, *args: Any, **options: Any) -> None:
        if create_demo():
            self.stdout.write("The demo's people, tickets and examples are there.")
        else:
            self.stdout.write("There are users already: nothing was changed.")
