"""All paths of HTTP. Each app brings its own below ``/api/v1/``."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from config.api_documents import DocsView, SchemaView
from realtime.rest.errors import not_found

api: list[URLPattern | URLResolver] = [
    path("", include("realtime.api_urls")),
    path("", include("tickets.urls")),
    path("", include("notifications.urls")),
    path("examples/", include("examples.urls")),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(url_name="schema"), name="docs"),
]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    re_path(r"^api(?:/|$)", not_found),
    path("examples/", include("examples.flags.pages")),
    path("", include("realtime.monitoring.urls")),
    path("", include("config.console")),
]

handler400 = "config.failures.bad_request"
handler403 = "config.failures.permission_denied"
handler404 = "config.failures.page_not_found"
handler500 = "config.failures.server_error"
