"""A whole ASGI application: the project's HTTP, sockets beside it. Imported once the settings are known."""

from __future__ import annotations

from realtime.http import http_application

_http = http_application()

from realtime.routing import application as with_sockets  # noqa: E402  needs Django's apps

application = with_sockets(_http)
