"""The Content-Security-Policy of pages: whatever gets into one, only files of this server run there, and nobody frames it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware


def _policy(**changed: str) -> str:
    rules = {
        "default-src": "'self'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "connect-src": "'self'",  # the own WebSocket, too (CSP level 3)
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        **{name.replace("_", "-"): rule for name, rule in changed.items()},
    }
    return "; ".join(f"{name} {rule}" for name, rule in rules.items())


STRICT: Final = _policy()
"""Nothing inline and nothing from elsewhere: there is nothing that would need a nonce."""

_OTHERS: Final = {
    # Alpine, which the admin's theme is made of, makes functions of what stands in its attributes.
    "/admin/": _policy(script_src="'self' 'unsafe-eval'", style_src="'self' 'unsafe-inline'"),
    "/api/v1/docs/": _policy(style_src="'self' 'unsafe-inline'"),
}
"""By the beginning of a path: pages that others wrote."""


@sync_and_async_middleware
def page_policy(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Gives every page its policy, unless its view has a stricter one of its own."""
    if iscoroutinefunction(get_response):

        async def answer(request: HttpRequest) -> HttpResponseBase:
            return _with_policy(request, await get_response(request))

        return answer
    return lambda request: _with_policy(request, get_response(request))


def _with_policy(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.get("Content-Type", "").startswith("text/html"):
        path = request.path_info
        found = (policy for start, policy in _OTHERS.items() if path.startswith(start))
        response.headers.setdefault("Content-Security-Policy", next(found, STRICT))
    return response
