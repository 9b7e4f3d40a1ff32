"""The engine's REST, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import include, path

from realtime.bridge.api import PublishView
from realtime.docs import socket_docs
from realtime.hooks.api import IncomingHookView
from realtime.streaming import events

urlpatterns = [
    path("auth/", include("realtime.auth.urls")),
    path("presence/", include("realtime.presence.urls")),
    path("realtime/publish/", PublishView.as_view(), name="realtime-publish"),
    path("realtime/events/", events, name="realtime-events"),
    path("hooks/<str:secret>/", IncomingHookView.as_view(), name="realtime-hook"),
    path("docs/ws/", socket_docs, name="docs-ws"),
]
