"""Django's HTTP under ASGI: a request passes all middleware and its view in one thread, which the next request uses again.

Django by itself asks each middleware whether it would rather be awaited, changes between the event loop and a thread that is made
for the request up to ten times, and opens the database anew in it. docs/adr/0008-threads-of-requests.md has what that cost.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import connections
from django.http import HttpRequest, HttpResponseBase

KEPT_THREADS = 32
"""So many wait for the next request, with what they keep open; of more, as many as there are requests at once."""


def http_application() -> HttpApplication:
    """Sets Django up and returns its HTTP as an ASGI application, instead of ``get_asgi_application()``."""
    django.setup(set_prefix=False)
    return HttpApplication()


class HttpApplication(ASGIHandler):
    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._waiting: deque[ThreadPoolExecutor] = deque()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            thread = self._waiting.pop()
        except IndexError:
            thread = ThreadPoolExecutor(1, "request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)
        finally:
            # It comes to that when it has ended what it does: whoever asked may have left in the middle.
            thread.submit(self._wait, thread)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response)(request)

    def _wait(self, thread: ThreadPoolExecutor) -> None:
        if len(self._waiting) < KEPT_THREADS:
            self._waiting.append(thread)
        else:
            connections.close_all()
            thread.shutdown(wait=False)
