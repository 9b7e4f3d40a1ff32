"""Errors outside DRF's views: JSON below ``/api/``, Django's own pages elsewhere."""

from __future__ import annotations

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults

from realtime.rest.errors import error_response, is_database_away, unavailable


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _is_api(request):
        return error_response(400, "bad_request", "The request isn't understood.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _is_api(request):
        return error_response(403, "forbidden", "This isn't allowed.")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _is_api(request):
        return error_response(404, "not_found", "There is nothing at this path.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest, *args: Any) -> HttpResponseBase:
    """A fault of the server's, or 503 while its database is away."""
    if is_database_away(sys.exception()):
        return unavailable() if _is_api(request) else _away_page()
    if _is_api(request):
        return error_response(500, "server_error", "Something went wrong on the server.")
    return defaults.server_error(request)


def _away_page() -> HttpResponse:
    """Needs no database and no template."""
    text = "<!doctype html><title>Back in a moment</title><h1>Back in a moment</h1><p>The database doesn't answer just now.</p>"
    return HttpResponse(text, status=503, headers={"Retry-After": "5"})
