"""Routes of the engine's own endpoints, and the stack that every socket goes through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import URLPattern, path, re_path

from realtime.auth.middleware import OriginCheck, TokenAuth
from realtime.consumers import socket_endpoint
from realtime.dialects.classic import ClassicDialect
from realtime.dialects.nowhere import NowhereDialect
from realtime.dialects.rooms import RoomDialect

websocket_urlpatterns = [
    path("api/v1/ws/connect", socket_endpoint(RoomDialect)),
    path("ws", socket_endpoint(ClassicDialect)),
]
_nowhere = re_path("", socket_endpoint(NowhereDialect))


def socket_application(*more: Sequence[URLPattern]) -> Any:
    """The ASGI application for ``websocket`` scopes: the engine's endpoints and those of the apps."""
    patterns = [*websocket_urlpatterns, *(pattern for patterns in more for pattern in patterns)]
    patterns.append(_nowhere)
    return OriginCheck(TokenAuth(URLRouter(patterns)))


def application(http: Any, *more: Sequence[URLPattern]) -> ProtocolTypeRouter:
    """A whole ASGI application: ``http`` for HTTP (what Django's ``get_asgi_application`` made), sockets beside it."""
    return ProtocolTypeRouter({"http": http, "websocket": socket_application(*more)})
