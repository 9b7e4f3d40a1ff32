"""The ASGI application: HTTP and sockets. For any ASGI server; `manage.py serve` sets one up well."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter

from config.reports import trace_requests
from realtime.http import http_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
trace_requests()  # before the middleware is loaded
http = http_application()

from notifications.jobs.worker import start_embedded_worker  # noqa: E402
from notifications.routing import websocket_urlpatterns as notification_sockets  # noqa: E402
from realtime.routing import socket_application  # noqa: E402
from tickets.routing import websocket_urlpatterns as ticket_sockets  # noqa: E402

application = ProtocolTypeRouter(
    {"http": http, "websocket": socket_application(ticket_sockets, notification_sockets)}
)

start_embedded_worker()  # unless JOBS_EMBEDDED=0
