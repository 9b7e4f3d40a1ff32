from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """Finds the ``periodic.py`` of every installed app."""

    name = "notifications.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Background jobs"

    def ready(self) -> None:
        from notifications.jobs import checks, metrics  # noqa: F401  register themselves

        autodiscover_modules("periodic")
