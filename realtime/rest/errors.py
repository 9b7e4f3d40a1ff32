"""Errors of REST: ``{"code", "detail", "fields"?}`` with a stable code, whatever went wrong."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import set_rollback

from realtime.errors import RealtimeError

logger = logging.getLogger("realtime.rest")

_OWN_CODES = {
    "authentication_failed": "invalid_token",
    "not_authenticated": "unauthorized",
    "permission_denied": "forbidden",
    "throttled": "rate_limited",
    "error": "server_error",
}
"""DRF's names and ours for the same thing."""


class Unavailable(exceptions.APIException):
    """The database is away, or busy for longer than anybody waits."""

    status_code = 503
    default_detail = "The database doesn't answer just now. Try again in a moment."
    default_code = "unavailable"
    wait = 4


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's ``EXCEPTION_HANDLER``. None, and so a 500, for what is nobody's but the server's fault."""
    translated = _translated(error)
    if isinstance(translated, RealtimeError):
        set_rollback()
        return Response(error_body(translated), status=translated.status)
    if not isinstance(translated, exceptions.APIException):
        return None
    set_rollback()
    return Response(
        _api_body(translated), status=translated.status_code, headers=_headers(translated)
    )


def _translated(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, DjangoValidationError):
        return exceptions.ValidationError(as_serializer_error(error))
    if isinstance(error, DataError | OverflowError):
        # Numbers and texts that no column takes.
        return exceptions.ValidationError("A value is out of range.")
    if is_database_away(error):
        logger.error("the database doesn't answer: %s", error)
        return Unavailable()
    return error


def is_database_away(error: BaseException | None) -> bool:
    """Whether the database is the reason; what SQLite calls operational is also a statement that is wrong."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR


def error_body(error: RealtimeError) -> dict[str, Any]:
    """What a reply says of an error, as JSON would have it."""
    body = {"code": error.code, "detail": str(error), **error.details}
    if "field" in error.details:
        body["fields"] = {error.details["field"]: [str(error)]}
    return body


def _api_body(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return _validation_body(error)
    code = str(getattr(error.detail, "code", error.default_code))
    return {"code": _OWN_CODES.get(code, code), "detail": str(error.detail)}


def _validation_body(error: exceptions.ValidationError) -> dict[str, Any]:
    """``missing_field`` if nothing but fields are missing, else ``invalid_field``; ``fields`` has the faults of each."""
    codes = list(_leaves(error.get_codes()))
    body = {
        "code": "missing_field" if codes and set(codes) == {"required"} else "invalid_field",
        "detail": next(_leaves(error.detail), "A value is wrong."),
    }
    if isinstance(error.detail, dict):
        body["fields"] = error.detail
        name, _ = next(iter(error.detail.items()), ("", None))
        if name and name != "non_field_errors":
            body["detail"] = f"{name}: {body['detail']}"
    return body


def _leaves(tree: Any) -> Any:
    """The texts in a tree of dicts and lists, in order."""
    if isinstance(tree, dict):
        for branch in tree.values():
            yield from _leaves(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from _leaves(branch)
    else:
        yield str(tree)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if auth := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def error_response(status: int, code: str, detail: str) -> JsonResponse:
    """An error outside DRF's views."""
    return JsonResponse({"code": code, "detail": detail}, status=status)


def method_not_allowed(request: HttpRequest, *allowed: str) -> HttpResponse:
    """What DRF's views answer to a method that they don't have."""
    answer = error_response(405, "method_not_allowed", f'Method "{request.method}" not allowed.')
    answer["Allow"] = ", ".join(allowed)
    return answer


def read_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a view outside DRF, which only shows something: other methods than GET and HEAD are a 405 in JSON.

    Nothing is changed, so nothing is to be forged either, and no page about cookies comes before that answer.
    """

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        refused = method_not_allowed(request, "GET", "HEAD")
        return _soon(refused) if iscoroutinefunction(view) else refused

    if iscoroutinefunction(view):
        markcoroutinefunction(run)
    return csrf_exempt(run)


async def _soon(response: HttpResponse) -> HttpResponse:
    return response


def unavailable() -> JsonResponse:
    """What `Unavailable` is outside DRF's views."""
    error = Unavailable()
    answer = error_response(error.status_code, error.default_code, error.default_detail)
    answer["Retry-After"] = _headers(error)["Retry-After"]
    return answer


@csrf_exempt  # nothing is here to be forged, and the answer is JSON as well
def not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
    """A view for API paths that don't exist."""
    return error_response(404, "not_found", "There is nothing at this path.")
