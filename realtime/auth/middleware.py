"""ASGI middleware for sockets: the Origin check, outermost, and the credentials.

Neither closes a socket with a code of its own: a foreign Origin is refused before accept, everything else is handed inwards as
``scope["auth_error"]``, for the endpoint to refuse in its own shape.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from django.contrib.auth.models import AnonymousUser

from realtime.auth.address import address_in_scope
from realtime.auth.credentials import Identity, redeem_ticket
from realtime.auth.identity import identities_of
from realtime.auth.origins import origin_allowed
from realtime.auth.tokens import Claims, read_token
from realtime.batching import Batcher
from realtime.conf import config
from realtime.db import in_pool
from realtime.errors import InvalidToken, RealtimeError, ServerError, Unauthorized
from realtime.hints import local_hub
from realtime.monitoring.log_context import audit_log
from realtime.monitoring.metrics import metrics

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BEARER: Final = "bearer"
_SECRET_PARAMETERS: Final = (b"token", b"ticket")

_identities: Final[Batcher[Claims, Identity | None]] = Batcher(identities_of, threads=2, most=64)
"""After a fault everybody comes back at once: those who knock while the database is asked are looked up together."""


class OriginCheck:
    """Refuses sockets of foreign pages before accept, which servers answer with HTTP 403."""

    def __init__(self, app: App) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # No coroutine of its own: its frame would be kept as long as the socket.
        if scope["type"] == "websocket" and not _origin_passes(scope):
            return _refuse_origin(scope, receive, send)
        return self.app(scope, receive, send)


async def _refuse_origin(scope: Scope, receive: Receive, send: Send) -> None:
    origin, path = _header(scope, b"origin")[0], scope.get("path", "")
    who = {"address": address_in_scope(scope), "path": path[:200], "origin": origin[:200]}
    audit_log.warning("foreign origin refused", extra=who)
    metrics.refused("origin")
    await receive()
    await send({"type": "websocket.close"})


def _origin_passes(scope: Scope) -> bool:
    origins, hosts = _header(scope, b"origin"), _header(scope, b"host")
    if not origins:
        return True
    host = hosts[0] if len(hosts) == 1 else ""
    return len(origins) == 1 and origin_allowed(origins[0], host, config().cors_origins)


def _header(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


class TokenAuth:
    """Finds out who is connecting and takes the credential out of the scope, so that nothing further in can log it.

    Sets ``identity`` (`Identity` or None), ``auth_error`` (a `RealtimeError` or None), ``user``, and ``subprotocol``: what the
    server must select, ``"bearer"`` or None. ``access_settled`` is the last access change that this process had acted on before
    the user was read.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        hub = local_hub()
        settled = hub.access.settled if hub is not None else None
        identity, error = await _identify(scope)
        await self.app(
            {
                **scope,
                **_without_credentials(scope),
                "identity": identity,
                "auth_error": error,
                "access_settled": settled,
                "user": identity.user if identity else AnonymousUser(),
            },
            receive,
            send,
        )


async def _identify(scope: Scope) -> tuple[Identity | None, RealtimeError | None]:
    try:
        way, credential = _only_credential(scope)
        if way == "ticket":
            return await in_pool(redeem_ticket, credential), None
        # The signature is checked here: a flood of forged tokens must not occupy the database threads.
        identity = await _identities.ask(read_token(credential, kind="access"))
        if identity is None:
            raise InvalidToken
        return identity, None
    except RealtimeError as error:
        return None, error
    except Exception:
        log.exception("a socket could not be authenticated")
        return None, ServerError()


def _only_credential(scope: Scope) -> tuple[str, str]:
    """The way and the text of the one credential that was given.

    Raises:
        Unauthorized: there is none, more than one, or one is repeated.
    """
    found = [*_in_query(scope["query_string"]), *_in_subprotocols(scope.get("subprotocols") or [])]
    if len(found) != 1:
        raise Unauthorized
    return found[0]


def _in_query(query: bytes) -> list[tuple[str, str]]:
    found = []
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if _parameter(name) in _SECRET_PARAMETERS:
            text = unquote_to_bytes(value.replace(b"+", b" ")).decode("latin-1")
            found.append((_parameter(name).decode(), text))
    return found


def _parameter(name: bytes) -> bytes:
    return unquote_to_bytes(name.replace(b"+", b" "))


def _in_subprotocols(offered: list[str]) -> list[tuple[str, str]]:
    """``bearer, <JWT>`` and nothing else; what merely has "bearer" in it counts as a repeated credential."""
    if BEARER not in offered:
        return []
    if len(offered) != 2 or offered[0] != BEARER:
        raise Unauthorized
    return [("subprotocol", offered[1])]


def _without_credentials(scope: Scope) -> Scope:
    """The parts of the scope that carry credentials, without them."""
    parts = scope["query_string"].split(b"&")
    kept = [p for p in parts if _parameter(p.partition(b"=")[0]) not in _SECRET_PARAMETERS]
    cleaned: Scope = {"query_string": b"&".join(kept), "subprotocol": None}
    if BEARER in (scope.get("subprotocols") or []):
        # Selected even for a refusal: browsers fail a handshake whose answer names none of their protocols.
        cleaned["subprotocol"] = BEARER
        cleaned["subprotocols"] = [BEARER]
        cleaned["headers"] = [
            (key, b"bearer" if key.lower() == b"sec-websocket-protocol" else value)
            for key, value in scope["headers"]
        ]
    return cleaned
