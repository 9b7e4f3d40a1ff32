"""Which request or socket a line of the log is about: carried by context, added to each record by `AddIds`."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from django.utils.functional import LazyObject

_ids: ContextVar[dict[str, str]] = ContextVar("realtime_log_ids", default={})  # noqa: B039 - never changed in place
_TAKEN = re.compile(r"[A-Za-z0-9_.-]{8,64}")

audit_log = logging.getLogger("realtime.audit")
"""Who connected, was refused and left: INFO, with ids as extra fields."""


def note_ids(**ids: str) -> None:
    """From here on, lines of this context carry these ids."""
    _ids.set({**_ids.get(), **{name: value for name, value in ids.items() if value}})


class AddIds(logging.Filter):
    """For log handlers: ``request_id``, ``connection_id`` and ``user_id``, where they are known."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        known = {**_ids.get(), **_ids_of(request)} if request is not None else _ids.get()
        for name, value in known.items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


def _ids_of(request: Any) -> dict[str, str]:
    """Django logs 4xx and 5xx when the middleware, and so its context, has ended."""
    ids = {}
    if found := getattr(request, "request_id", ""):
        ids["request_id"] = found
    user = request.__dict__.get("user")
    if isinstance(
        user, LazyObject
    ):  # only one that was loaded: the database may be what the line is about
        user = request.__dict__.get("_cached_user")
    if (key := getattr(user, "pk", None)) is not None:
        ids["user_id"] = str(key)
    return ids


class RequestIdMiddleware:
    """Each request has an id: that of the proxy (``X-Request-ID``) if it is a sane one, else a new one. The answer names it."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if _TAKEN.fullmatch(given) else uuid4().hex
        note_ids(request_id=request.request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id
        return response
