"""Django's HTTP under ASGI: a request passes all middleware and its view in one thread, which the next request uses again.

Django by itself asks each middleware whether it would rather be awaited, changes between the event loop and a thread that is made
for the request up to ten times, and opens the database anew in it. docs/adr/0008-threads-of-requests.md has what that cost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections, connections
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

P = ParamSpec("P")
R = TypeVar("R")

KEPT_THREADS = 32
"""So many wait for the next request, with what they keep open; of more, as many as there are requests at once."""


def http_application() -> HttpApplication:
    """Sets Django up and returns its HTTP as an ASGI application, instead of ``get_asgi_application()``."""
    django.setup(set_prefix=False)
    return HttpApplication()


class _Thread(Executor):
    """The thread of one request. It has one while there is something to do in it: from its beginning until it is given back."""

    def __init__(self, waiting: deque[ThreadPoolExecutor]) -> None:
        self._waiting = waiting
        self._taken: ThreadPoolExecutor | None = None

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        if self._taken is None:
            try:
                self._taken = self._waiting.pop()
            except IndexError:
                self._taken = ThreadPoolExecutor(1, "request")
        return self._taken.submit(fn, *args, **kwargs)

    def give_back(self) -> None:
        """For the next request, which has it when it has ended what it does: whoever asked may have left in the middle."""
        thread, self._taken = self._taken, None
        if thread is not None:
            thread.submit(self._wait, thread)

    def _wait(self, thread: ThreadPoolExecutor) -> None:
        if len(self._waiting) < KEPT_THREADS:
            self._waiting.append(thread)
        else:
            connections.close_all()
            thread.shutdown(wait=False)


_thread: ContextVar[_Thread] = ContextVar("realtime_request_thread")


class HttpApplication(ASGIHandler):
    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._waiting: deque[ThreadPoolExecutor] = deque()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        thread = _Thread(self._waiting)
        _thread.set(thread)
        try:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)
        finally:
            thread.give_back()

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        response = await sync_to_async(self.get_response)(request)
        if isinstance(response, StreamingHttpResponse) and response.is_async:
            # Its parts come from the event loop, maybe for hours. What the end of a request does for a thread is done now.
            await sync_to_async(close_old_connections)()
            _thread.get().give_back()
        return response
