"""What each command does: asks the hub, the registry of connections or the room's chat, and answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from realtime.announcing import announce_joined, announce_left
from realtime.auth.credentials import identify_token
from realtime.commands import (
    Authenticate,
    Change,
    Command,
    DeleteMessage,
    EditMessage,
    History,
    Join,
    Leave,
    React,
    Read,
    SendMessage,
    Signal,
    Typing,
    Unreact,
)
from realtime.db import in_pool
from realtime.dialects.base import Place
from realtime.errors import Forbidden, InvalidField, InvalidToken, NotAllowed, NotJoined
from realtime.events import Event, ephemeral, utc_text
from realtime.log import reading
from realtime.places import Request
from realtime.presence.registry import Peer
from realtime.publisher import publish
from realtime.receipts import receipt_key
from realtime.registry import Chat, Receipt, TopicKind, registry
from realtime.writing import Write, write

if TYPE_CHECKING:
    from realtime.connection import Connection
    from realtime.feed import Subscription

_TYPING_ENDS_AFTER = 6.0
_MOST_ROOMS = 1_000


async def carry_out(connection: Connection, command: Command) -> None:
    """Does what a command says and answers it.

    Raises:
        RealtimeError: what the client is to be told.
    """
    await _OPERATIONS[type(command)](connection, command)


# --- rooms ---


async def join(connection: Connection, command: Join) -> None:
    """Subscribes, answers, replays, goes live. Joining again asks again and starts anew."""
    topic = command.room
    found = registry.resolve(topic)
    if found is None or not found[0].joinable:
        raise Forbidden
    known = connection.subscriptions
    if (topic, command.shape) not in known and len(known) >= _MOST_ROOMS:
        raise NotAllowed(f"A socket can hear {_MOST_ROOMS} rooms at most.")
    request = Request(topic, command.shape, command.since, command.epoch, command.types)
    granted = await connection.hub.places.subscribe(connection, request)
    topic = granted.subscription.topic  # the one text that all its listeners share
    members = []
    if command.member and found[0].members:
        members = await enter_room(connection, granted.subscription)
    history = []
    if command.history:
        before = granted.seq + 1
        history = await _read_history(connection, topic, before, command.history, command.types)
    if granted.subscription.ended:  # put out meanwhile, and told so
        await leave_room_with(connection, granted.subscription)
        raise Forbidden
    place = Place(topic, granted.seq, granted.epoch, granted.resumed)
    connection.outbox.push(connection.dialect.joined(command, place, members, history))
    connection.hub.begin(granted.subscription)


async def leave(connection: Connection, command: Leave) -> None:
    subscription = connection.subscriptions.get((command.room, command.shape))
    if subscription is not None:
        connection.hub.unsubscribe(subscription)
        await leave_room_with(connection, subscription)
    connection.outbox.push(connection.dialect.left(command.room, command.shape, "left", command))


async def enter_room(connection: Connection, subscription: Subscription) -> list[dict[str, str]]:
    """Counts the connection into the room that it has subscribed to; returns who is there."""
    members, topic = connection.process.registry, subscription.topic
    subscription.is_member = True
    if not connection.is_in(topic) and await members.join(connection.id, topic):
        await announce_joined(topic, _peer(connection))
    return [{"user_id": p.user_id, "username": p.username} for p in await members.members(topic)]


async def leave_room_with(connection: Connection, subscription: Subscription) -> None:
    """Counts the connection out of the room that it was in by a subscription that has ended; others hear of it when it was the
    user's last there."""
    topic = subscription.topic
    if not subscription.is_member or not connection.is_in(topic):
        return
    _stop_typing(connection, topic)
    if await connection.process.registry.leave(connection.id, topic):
        await announce_left(topic, _peer(connection))


def _peer(connection: Connection) -> Peer:
    return Peer(connection.user_id, connection.identity.user.get_username())


def _joined_kind(connection: Connection, topic: str) -> tuple[TopicKind, dict[str, Any]]:
    """The kind of a room that this connection is in.

    Raises:
        NotJoined: it isn't. A room that doesn't exist can't be told from one.
    """
    if not any(room == topic for room, _ in connection.subscriptions):
        raise NotJoined
    found = registry.resolve(topic)
    assert found is not None
    return found


# --- chat ---


async def chat(connection: Connection, command: Change) -> None:
    """A command that stores something: done on a database thread, as the user as stored now, and receipted."""
    kind, params = _joined_kind(connection, command.room)
    if kind.chat is None:
        raise NotAllowed("Nothing can be written in this room.")
    method, arguments = _chat_call(kind.chat, command)
    if method is None:
        raise NotAllowed
    once = _key_of(connection, command, arguments)
    asked = Write(connection.identity, command.room, method, params, arguments, once)
    receipt = await write(asked, stored=kind.stored)
    answer = connection.dialect.ack(command, receipt)
    if answer is not None:
        connection.outbox.push(answer)


def _key_of(connection: Connection, command: Change, arguments: dict[str, Any]) -> str | None:
    """By what a change is known when it is sent again. A chat looks itself whether it has a message already."""
    if command.client_id is None or isinstance(command, SendMessage):
        return None
    return receipt_key(
        user_id=connection.user_id,
        room=command.room,
        client_id=command.client_id,
        kind=type(command).__name__,
        arguments=arguments,
    )


def _chat_call(chat: Chat, command: Change) -> tuple[Callable[..., Any] | None, dict[str, Any]]:
    if isinstance(command, SendMessage):
        arguments: dict[str, Any] = {
            "content": command.content,
            "client_id": command.client_id,
            "fields": command.fields,
        }
        return getattr(chat, "send", None), arguments
    if isinstance(command, EditMessage):
        arguments = {"message_id": command.message_id, "content": command.content}
        return getattr(chat, "edit", None), arguments
    if isinstance(command, DeleteMessage):
        return getattr(chat, "delete", None), {"message_id": command.message_id}
    assert isinstance(command, React | Unreact)
    arguments = {"message_id": command.message_id, "emoji": command.emoji}
    return getattr(chat, "react" if isinstance(command, React) else "unreact", None), arguments


async def read(connection: Connection, command: Read) -> None:
    """Moves the reader's pointer and tells the room."""
    kind, params = _joined_kind(connection, command.room)
    move = getattr(kind.chat, "read", None)
    if move is None:
        raise NotAllowed("This room has no read pointers.")
    asked = Write(connection.identity, command.room, move, params, {"seq": command.seq})
    stands_at = await write(asked, stored=kind.stored)
    answer = connection.dialect.ack(command, Receipt(None, {"seq": stands_at}))
    if answer is not None:
        connection.outbox.push(answer)


# --- what isn't stored ---


async def typing(connection: Connection, command: Typing) -> None:
    """Tells the others; ends by itself after 6 s if it isn't renewed."""
    kind, _ = _joined_kind(connection, command.room)
    if kind.chat is None:
        raise NotAllowed
    if command.state == "stop":
        _stop_typing(connection, command.room)
        return
    if (timer := connection.typing.pop(command.room, None)) is not None:
        timer.cancel()
    connection.typing[command.room] = connection.hub.loop.call_later(
        _TYPING_ENDS_AFTER, _stop_typing, connection, command.room
    )
    _tell_typing(connection, command.room, "start")


def _stop_typing(connection: Connection, topic: str) -> None:
    timer = connection.typing.pop(topic, None)
    if timer is not None:
        timer.cancel()
        _tell_typing(connection, topic, "stop")


def stop_all_typing(connection: Connection) -> None:
    """Tells every room in which the user is typing that this has ended."""
    for topic in list(connection.typing):
        _stop_typing(connection, topic)


def _tell_typing(connection: Connection, topic: str, state: str) -> None:
    peer = _peer(connection)
    data = {"user_id": peer.user_id, "username": peer.username, "state": state}
    publish(
        [ephemeral(topic, "user.typing", data, sender=peer.username, exclude_user=peer.user_id)]
    )


async def signal(connection: Connection, command: Signal) -> None:
    """Relays WebRTC signalling to one member's sockets in the room."""
    _joined_kind(connection, command.room)
    members = await connection.process.registry.members(command.room)
    if command.to not in {peer.user_id for peer in members}:
        raise InvalidField("to must be the id of a member of the room.", field="to")
    peer = _peer(connection)
    data = {**command.data, "from": {"user_id": peer.user_id, "username": peer.username}}
    publish([ephemeral(command.room, "signal", data, sender=peer.username, only_user=command.to)])


async def history(connection: Connection, command: History) -> None:
    """A page of a room's events, oldest first."""
    _joined_kind(connection, command.room)
    before = command.before if command.before is not None else 2**63 - 1
    events = await _read_history(connection, command.room, before, command.limit + 1)
    has_more = len(events) > command.limit
    page = events[1:] if has_more else events
    connection.outbox.push(connection.dialect.history(command, page, has_more))


async def _read_history(
    connection: Connection,
    topic: str,
    before: int,
    limit: int,
    types: Collection[str] | None = None,
) -> list[Event]:
    """Events of a room, if the user may hear it.

    The permission is asked once they have been read: nobody is given what was recorded after a loss that this process hasn't
    heard of.

    Raises:
        Forbidden: the user may not.
    """
    events = await in_pool(reading.events_before, topic, before, limit, types)
    if not await in_pool(connection.hub.access.allowed, connection.identity, [topic]):
        raise Forbidden
    return events


async def authenticate(connection: Connection, command: Authenticate) -> None:
    """A newer token of the same user extends the socket; a bad one changes nothing."""
    access = connection.hub.access
    while True:
        settled = access.settled
        identity = await in_pool(identify_token, command.token)
        if settled == access.settled:  # else the login may have ended since
            break
    # Nothing is awaited from here on: a login that ends later finds the socket.
    if str(identity.user.pk) != connection.user_id:
        raise InvalidToken("The token is another user's.")
    connection.identity = identity
    expires_at = identity.expires_at
    text = utc_text(datetime.fromtimestamp(expires_at, UTC)) if expires_at is not None else None
    connection.outbox.push(connection.dialect.authenticated(command, text))


_OPERATIONS: dict[type[Command], Callable[[Any, Any], Awaitable[None]]] = {
    Join: join,
    Leave: leave,
    SendMessage: chat,
    EditMessage: chat,
    DeleteMessage: chat,
    React: chat,
    Unreact: chat,
    Read: read,
    Typing: typing,
    Signal: signal,
    History: history,
    Authenticate: authenticate,
}
