from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.reference import rest, sockets


class Command(BaseCommand):
    """``make reference``. With ``--check`` nothing is written, and the command fails where a page is out of date."""

    help = "Writes docs/protocol.md and docs/rest.md from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        for name, page in (("protocol.md", sockets.page), ("rest.md", rest.page)):
            file, text = settings.BASE_DIR / "docs" / name, page()
            if check and (not file.exists() or file.read_text() != text):
                raise CommandError(f"docs/{name} is out of date: run `make reference`.")
            if not check:
                file.write_text(text)
                self.stdout.write(f"docs/{name}: {len(text.splitlines())} lines")
