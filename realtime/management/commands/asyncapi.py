from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from realtime.asyncapi import asyncapi_document


class Command(BaseCommand):
    """Prints the AsyncAPI document of the sockets, as docs/asyncapi.json has it."""

    help = "Prints the AsyncAPI document of the sockets."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(asyncapi_document(), indent=1, sort_keys=True))
