from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RealtimeConfig(AppConfig):
    """Finds the ``topics.py`` of every installed app, as the admin finds ``admin.py``."""

    name = "realtime"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Realtime"

    def ready(self) -> None:
        from realtime import checks  # noqa: F401  registers the system checks
        from realtime.auth import checks as token_checks  # noqa: F401
        from realtime.auth.auditing import audit_sign_ins
        from realtime.auth.revocation import observe_users
        from realtime.capture import connect_signals
        from realtime.capture.dependencies import observe_dependencies

        autodiscover_modules("topics")
        observe_dependencies()
        observe_users()
        audit_sign_ins()
        connect_signals()
