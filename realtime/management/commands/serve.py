from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from realtime.server import PortTaken, serve


class Command(BaseCommand):
    """Serves HTTP and sockets until it is stopped."""

    help = "Serves HTTP and sockets with daphne or uvicorn."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0: every address.")
        parser.add_argument("--port", type=int, default=getattr(settings, "WEBSOCKET_PORT", 8000))
        parser.add_argument("--access-log", action="store_true", help="A line for each request.")

    def handle(self, *args: Any, **options: Any) -> None:
        _check_migrations()
        host, port, name = options["host"], options["port"], options["server"]
        if options["access_log"]:
            logging.getLogger("uvicorn").setLevel(logging.INFO)

        def started(port: int) -> None:
            self.stdout.write(f"Serving on http://{host}:{port}/ with {name}. Ctrl-C stops.")
            self.stdout.flush()

        try:
            serve(
                _application(),
                server=name,
                host=host,
                port=port,
                started=started,
                access_log=options["access_log"],
            )
        except PortTaken as reason:
            raise CommandError(
                f"Port {port} of {host} can't be used ({reason}): stop what uses it, or choose another with PORT={port + 1}."
            ) from None
        self.stdout.write("Stopped.")


def _application() -> Any:
    """``ASGI_APPLICATION``; where it isn't set, what ``startproject`` has made beside the root URLs."""
    beside_urls = f"{settings.ROOT_URLCONF.rpartition('.')[0]}.asgi.application"
    module, _, name = getattr(settings, "ASGI_APPLICATION", beside_urls).rpartition(".")
    return getattr(import_module(module), name)


def _check_migrations() -> None:
    """
    Raises:
        CommandError: the database can't be reached, or isn't up to date.
    """
    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        raise CommandError(f"The database doesn't answer: {str(error).strip()}") from None
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database isn't up to date: run `manage.py migrate` first.")
    connection.close()
