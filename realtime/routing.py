"""Routes of the engine's own endpoints, and the stack that every socket goes through."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import URLPattern, path, re_path

from realtime.auth.middleware import OriginCheck, TokenAuth
from realtime.consumers import socket_endpoint
from realtime.dialects.classic import ClassicDialect
from realtime.dialects.nowhere import NowhereDialect
from realtime.dialects.rooms import RoomDialect
from realtime.redaction import redact_servers

websocket_urlpatterns = [
    path("api/v1/ws/connect", socket_endpoint(RoomDialect)),
    path("ws", socket_endpoint(ClassicDialect)),
]
_nowhere = re_path("", socket_endpoint(NowhereDialect))


class Routes(URLRouter):  # type: ignore[misc]  # it has no type information
    """Channels' router without a coroutine of its own: its frame, with a copy of the scope, would be kept as long as the socket."""

    def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Awaitable[None]:
        path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        for route in self.routes:
            if found := route.pattern.match(path):
                rest, args, kwargs = found
                url_route = {"args": args, "kwargs": {**kwargs, **route.default_args}}
                endpoint: Any = route.callback
                routed = {**scope, "path_remaining": rest, "url_route": url_route}
                return endpoint(routed, receive, send)  # type: ignore[no-any-return]  # an application of ASGI
        raise ValueError(f"no route for {scope['path']!r}")


def socket_application(*more: Sequence[URLPattern]) -> Any:
    """The ASGI application for ``websocket`` scopes: the engine's endpoints and those of the apps.

    Whatever server it is made in logs no token from then on.
    """
    redact_servers()
    patterns = [*websocket_urlpatterns, *(pattern for patterns in more for pattern in patterns)]
    patterns.append(_nowhere)
    return OriginCheck(TokenAuth(Routes(patterns)))


def application(http: Any, *more: Sequence[URLPattern]) -> ProtocolTypeRouter:
    """A whole ASGI application: ``http`` for HTTP (what `realtime.http.http_application` or Django's own made), sockets beside it."""
    return ProtocolTypeRouter({"http": http, "websocket": socket_application(*more)})
