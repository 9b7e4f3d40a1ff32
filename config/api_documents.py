"""``schema/`` and ``docs/``: the OpenAPI document and its page. Errors are JSON here as everywhere, whatever else a view shows."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response


class _ErrorsInJSON:
    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        final: Any = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]  # a mixin
        if getattr(final, "exception", False):
            final.accepted_renderer = JSONRenderer()
            final.accepted_media_type = JSONRenderer.media_type
        return cast("Response", final)


class SchemaView(_ErrorsInJSON, SpectacularAPIView):
    """The document."""


class DocsView(_ErrorsInJSON, SpectacularSwaggerSplitView):
    """The page."""
