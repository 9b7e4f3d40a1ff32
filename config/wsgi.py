"""HTTP without sockets, for WSGI servers. Sockets need `manage.py serve` beside it."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from config.reports import trace_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
trace_requests()  # before the middleware is loaded

application = get_wsgi_application()
