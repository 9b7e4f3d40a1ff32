"""A whole ASGI application: the project's HTTP, sockets beside it. Imported once the settings are known."""

from __future__ import annotations

from typing import Any

from realtime.http import http_application

_http: Any = http_application()

# The rest needs Django's apps.
from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: E402

from realtime.routing import application as with_sockets  # noqa: E402

if settings.DEBUG and apps.is_installed("django.contrib.staticfiles"):
    # As `runserver` does while one develops; in production static files are somebody else's.
    _http = ASGIStaticFilesHandler(_http)

application = with_sockets(_http)
