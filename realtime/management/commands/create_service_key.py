from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from realtime.bridge.publishing import create_key
from realtime.models import ServiceKey
from realtime.models.bridge import SCOPES


class Command(BaseCommand):
    """Prints the new key: it is not shown again."""

    help = "Makes a key with which another service may publish."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the service is called; unique")
        parser.add_argument(
            "--scope",
            action="append",
            choices=SCOPES,
            help="what it may address (repeatable); none: everything",
        )
        parser.add_argument("--rooms", default="", help="rooms must begin with this")

    def handle(self, *args: Any, **options: Any) -> None:
        if ServiceKey.objects.filter(name=options["name"]).exists():
            raise CommandError(f"There is a service key named {options['name']} already.")
        self._check(options["name"], options["rooms"])
        _, text = create_key(options["name"], scopes=options["scope"], rooms=options["rooms"])
        self.stdout.write(text)

    def _check(self, name: str, rooms: str) -> None:
        if not name.isprintable():
            raise CommandError("A name has printable characters only.")
        try:
            ServiceKey(name=name, rooms=rooms).clean_fields(exclude=["digest"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
