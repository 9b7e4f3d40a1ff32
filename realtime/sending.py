"""Telling sockets something that is no row: to a user, users, a room, the staff or everybody.

By default an event is ephemeral: it reaches whoever listens now. With ``durable=True`` it is recorded in the log, in the
running transaction, has a number, and is replayed to those who were away. Either way it is sent when the transaction commits.
Each function has an ``a…`` twin for async code, as Django does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.db import transaction

from realtime.actor import Actor, current_actor
from realtime.events import ephemeral
from realtime.log.access import record_access_change
from realtime.log.record import record
from realtime.publisher import publish


def send_to_room(
    room: str, type: str, data: Any, *, exclude_user: Any = None, durable: bool = False
) -> None:
    """Tells everybody in a room (a topic), but ``exclude_user`` (a user or an id).

    Raises:
        TypeError: ``data`` has no JSON form.
        ValueError: a durable event is for everybody in its room, so it can't exclude one.
    """
    if durable:
        if exclude_user is not None:
            raise ValueError("a durable event can't exclude a user")
        record(room, type, data)
        return
    actor = current_actor()
    event = ephemeral(
        room,
        type,
        data,
        sender=actor.username if actor else None,
        exclude_user=user_id_of(exclude_user) if exclude_user is not None else None,
    )
    transaction.on_commit(lambda: publish([event]))


def send_to_user(user: Any, type: str, data: Any, *, durable: bool = False) -> None:
    """Tells one user (a user or an id), on all their sockets."""
    send_to_room(f"user:{user_id_of(user)}", type, data, durable=durable)


def send_to_users(users: Iterable[Any], type: str, data: Any, *, durable: bool = False) -> None:
    """Tells several users, each once."""
    for user_id in dict.fromkeys(user_id_of(user) for user in users):
        send_to_user(user_id, type, data, durable=durable)


def send_to_staff(type: str, data: Any, *, exclude_user: Any = None) -> None:
    """Tells all staff who are connected."""
    send_to_room("staff", type, data, exclude_user=exclude_user)


def broadcast(type: str, data: Any, *, exclude_user: Any = None) -> None:
    """Tells everybody who is connected."""
    send_to_room("everyone", type, data, exclude_user=exclude_user)


def tell(
    rooms: str | Iterable[str],
    type: str,
    data: Mapping[str, Any],
    *,
    form: Any,
    entity_id: Any = None,
    sender: str | None = None,
) -> None:
    """Records an event that no row of this project stands for: what helpers such as ``notify_task_created`` are made of.

    ``form`` is a ``TypedDict``: fields that it names must have its types; others go along as they are. ``sender`` is the
    username of who caused it; without one it is the running request's user.

    Raises:
        TypeError: a field has a wrong type, or ``data`` has no JSON form.
    """
    try:
        msgspec.convert(data, form)
    except msgspec.ValidationError as error:
        raise TypeError(f"{type}: {error}") from None
    record(
        rooms,
        type,
        data,
        entity_id=None if entity_id is None else str(entity_id),
        actor=Actor("", sender) if sender else None,
    )


def disconnect(user: Any) -> None:
    """Closes all sockets of a user (a user or an id), in every process; they may come back."""
    record_access_change(f"close:{user_id_of(user)}")


def disconnect_connections(connection_ids: Iterable[str]) -> None:
    """Closes single sockets, in whichever process they are; they may come back."""
    record_access_change(*(f"socket:{connection_id}" for connection_id in connection_ids))


def user_id_of(user: Any) -> str:
    """The id of a user, as text; an id is taken as it is."""
    return str(getattr(user, "pk", user))


asend_to_room = sync_to_async(send_to_room)
asend_to_user = sync_to_async(send_to_user)
asend_to_users = sync_to_async(send_to_users)
asend_to_staff = sync_to_async(send_to_staff)
abroadcast = sync_to_async(broadcast)
adisconnect = sync_to_async(disconnect)
atell = sync_to_async(tell)
