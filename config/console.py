"""The console: one page for all of its addresses, which its own router tells apart. Everything else it loads is static."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.generic import TemplateView

STATIC = Path(__file__).resolve().parent / "static"

_SHEETS = ("tokens", "base", "layout", "tickets", "pages", "overlays")
_LATER = (
    "search.js",
    "dashboard.js",
    "explorer.js",
    "call.js",
    "ticket-actions.js",
    "new-ticket.js",
    "charts.js",
    "settings.js",
    "push.js",
)
"""Modules that a view loads when it is opened."""


class ConsoleView(TemplateView):
    template_name = "console.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sheets = [f"livedesk/css/{name}.css" for name in _SHEETS]
        return super().get_context_data(sheets=sheets, modules=first_modules(), **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().get(request, *args, **kwargs)
        response["Referrer-Policy"] = "same-origin"
        response["Permissions-Policy"] = "camera=(self), microphone=(self), display-capture=(self)"
        response["Cache-Control"] = "no-cache"
        return response


@lru_cache(maxsize=1)
def first_modules() -> list[str]:
    """What the first page needs, so that browsers fetch it at once and not one import after the other."""
    folders = (STATIC / "livedesk/js", STATIC / "livedesk/vendor")
    found = (file for folder in folders for file in folder.rglob("*.js"))
    return sorted(str(file.relative_to(STATIC)) for file in found if file.name not in _LATER)


_console = ConsoleView.as_view()

urlpatterns = [
    path("", _console, name="console"),
    path("tickets/<uuid:ticket_id>", _console, name="console-ticket"),
    *(
        path(page, _console)
        for page in ("dashboard", "search", "notifications", "explorer", "settings")
    ),
]
