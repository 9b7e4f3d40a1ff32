"""``/examples/flags/``: a page whose parts come and go with the user's flags, without a reload."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.generic import TemplateView


class FlagsPage(TemplateView):
    template_name = "flags/page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().get(request, *args, **kwargs)
        response["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
        response["Referrer-Policy"] = "same-origin"
        return response


urlpatterns = [path("flags/", FlagsPage.as_view(), name="flags-page")]
