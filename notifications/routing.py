"""The socket route of a user's notifications."""

from __future__ import annotations

from typing import Any

from django.urls import path

from notifications.dialect import NotificationDialect
from realtime.consumers import socket_endpoint

_endpoint: Any = socket_endpoint(NotificationDialect)  # Channels routes ASGI applications with path

websocket_urlpatterns = [path("api/v1/ws/notifications", _endpoint)]
