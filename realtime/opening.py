"""Opening a socket: who it is, what it hears from the start, and the hello; or the refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from realtime.conf import config
from realtime.dialects.base import Place, Welcome
from realtime.errors import CloseCode, InvalidField, RealtimeError, ServerError, Unauthorized
from realtime.implied import end_first_look, take_places, take_what_rights_allow
from realtime.monitoring.log_context import note_ids
from realtime.monitoring.metrics import metrics
from realtime.operations import enter_room
from realtime.presence.registry import Opening
from realtime.session import Session

if TYPE_CHECKING:
    from realtime.connection import Connection

_CLOSE_OF = {
    "forbidden": CloseCode.FORBIDDEN,
    "too_many_connections": CloseCode.TOO_MANY,
    "invalid_field": CloseCode.MALFORMED,
    "server_error": CloseCode.SERVER_ERROR,
}


async def open_connection(connection: Connection) -> bool:
    """Admits the user, takes the implied subscriptions, says hello. False when refused, and told so.

    The handshake ends once the subscriptions are there: what is published after it is not missed.
    """
    try:
        _identify(connection)
        if connection.process.draining:
            await connection.accept()
            connection.restart()
            return False
        connection.process.connections.add(connection)
        connection.hub.add(connection)
        is_fresh = _was_identified_now(connection)
        places = await take_places(connection, connection.dialect.wanted(), is_fresh=is_fresh)
        await take_what_rights_allow(connection, is_fresh=is_fresh)
        await connection.accept()
        if connection.must_restart:
            connection.restart()
            return False
        await _register(connection)
        await _say_hello(connection, places)
        end_first_look(connection)
    except RealtimeError as error:
        await _refuse(connection, error)
        return False
    return True


def _identify(connection: Connection) -> None:
    scope, dialect_class = connection.scope, connection.dialect_class
    identity = scope.get("identity")
    path = scope.get("url_route", {}).get("kwargs", {})
    try:
        connection.dialect = dialect_class(identity and identity.user, path, _query(scope))
    except InvalidField:
        # The refusal needs a dialect too; the query is what was wrong with it.
        connection.dialect = dialect_class(identity and identity.user, path, {})
        if identity is not None:
            raise
    if identity is None:
        error = scope.get("auth_error")
        raise error if isinstance(error, ServerError) else Unauthorized from error
    connection.identity = identity
    connection.user_id = str(identity.user.pk)
    note_ids(user_id=connection.user_id)
    connection.session = Session(connection.dialect, config(), connection.hub.loop.time())


def _query(scope: dict[str, Any]) -> dict[str, str]:
    text = scope.get("query_string", b"").decode("latin-1")
    return dict(parse_qsl(text, keep_blank_values=True))


def _was_identified_now(connection: Connection) -> bool:
    """Whether no access change was settled here since the token was looked up. One that is settled later finds the socket."""
    return bool(connection.scope.get("access_settled") == connection.hub.access.settled)


async def _register(connection: Connection) -> None:
    opening = Opening(
        connection_id=connection.id,
        user_id=connection.user_id,
        username=connection.identity.user.get_username(),
        endpoint=connection.path,
        sid=connection.identity.sid,
        address=connection.address,
        frames=connection.frames,
    )
    await connection.process.registry.open(opening, config().max_connections_per_user)
    connection.is_registered = True


async def _say_hello(connection: Connection, places: dict[str, Place]) -> None:
    members = []
    for wanted in connection.dialect.wanted():
        subscription = connection.subscriptions.get((wanted.topic, wanted.shape))
        if wanted.member and subscription is not None:
            members = await enter_room(connection, subscription)
    hello = connection.dialect.connected(_welcome(connection, places, members))
    if hello is not None:
        connection.outbox.push(hello)
    for subscription in list(connection.subscriptions.values()):
        connection.hub.begin(subscription)


def _welcome(
    connection: Connection, places: dict[str, Place], members: list[dict[str, str]]
) -> Welcome:
    return Welcome(
        user_id=connection.user_id,
        username=connection.identity.user.get_username(),
        connection_id=connection.id,
        heartbeat_interval=_whole(config().heartbeat_interval),
        places=places,
        members=members,
    )


def _whole(seconds: float) -> float:
    """30 rather than 30.0, as clients know it."""
    return int(seconds) if seconds == int(seconds) else seconds


async def _refuse(connection: Connection, error: RealtimeError) -> None:
    """Says why and closes. The handshake is ended first: a browser tells its page of no close code before that."""
    code = _CLOSE_OF.get(error.code, connection.dialect_class.unauthorized_code)
    metrics.refused(error.code)
    connection.note("socket refused", reason=error.code, code=code)
    await connection.accept()
    connection.end_with(code, error)
