from __future__ import annotations

from django.apps import AppConfig


class DaphneConfig(AppConfig):
    """Daphne's `runserver`. Its own configuration would load Twisted into every process, under whatever server, and every command."""

    name = "daphne"


class ProjectConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  registers itself
