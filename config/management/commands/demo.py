from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from config.demo import LOGINS


class Command(BaseCommand):
    """Brings the database up to date, makes the demo's rows once, prints where to go, and serves."""

    help = "Runs the demo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        call_command("create_demo", stdout=self.stdout)
        base = f"http://localhost:{options['port']}"
        pages = [("The desk", "/"), ("Admin", "/admin/"), ("REST", "/api/v1/docs/")]
        pages.append(("Sockets", "/api/v1/docs/ws/"))
        for title, path in pages:
            self.stdout.write(f"  {title:<9} {base}{path}")
        for name, password, role in LOGINS:
            self.stdout.write(f"  {name:<6} / {password:<10} {role}")
        call_command(
            "serve",
            server=options["server"],
            host=options["host"],
            port=options["port"],
            stdout=self.stdout,
        )
