"""The page behind the unsubscribe link of e-mails."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from notifications.models import NotificationSettings
from notifications.registry import kind_named
from notifications.services import stop_emails
from notifications.unsubscribe import read_unsubscribe_token
from realtime.rest.errors import method_not_allowed

_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribeView(View):
    """GET asks, POST does: mail scanners follow links, and only a POST may change anything (RFC 8058, section 3.2).

    The token in the link is the permission; no session is read, so there is nothing that a forged request could use.
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._answer(request, token, done=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._answer(request, token, done=True)

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return method_not_allowed(request, "GET", "HEAD", "POST")

    def _answer(self, request: HttpRequest, token: str, *, done: bool) -> HttpResponse:
        try:
            user_id, kind = read_unsubscribe_token(token)
        except signing.BadSignature:
            with translation.override(translation.get_language_from_request(request)):
                return self._page(request, {"invalid": True}, status=404)
        if done:
            stop_emails(user_id=user_id, kind=kind)
        with translation.override(_language_of(user_id, request)):
            return self._page(request, {"done": done, "label": _label(kind)}, status=200)

    def _page(self, request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
        response = render(request, "notifications/unsubscribe.html", context, status=status)
        response["Content-Security-Policy"] = _POLICY
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response


def _language_of(user_id: Any, request: HttpRequest) -> str:
    """The one that the user chose for e-mails, else the browser's."""
    chosen = NotificationSettings.objects.filter(user=user_id).values_list("language", flat=True)
    return chosen.first() or translation.get_language_from_request(request)


def _label(kind: str | None) -> str:
    if kind is None:
        return ""
    try:
        return str(kind_named(kind).label)
    except LookupError:
        return kind
