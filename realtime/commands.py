"""What a client can ask of a socket, after its dialect has understood the frame. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from realtime.events import Event


class Command(msgspec.Struct, kw_only=True):
    """A request. ``ref`` is the client's own mark, given back with the reply; ``frame`` is what it sent."""

    ref: Any = None
    frame: dict[str, Any] = {}


class Ping(Command):
    """Is anybody there?"""


class Authenticate(Command):
    """A new token for the same user, before the old one expires."""

    token: str


class RoomCommand(Command):
    """A request about a room (a topic)."""

    room: str


class Join(RoomCommand):
    """Hear a topic, in a shape; with what came after ``since``, and the last ``history`` events."""

    shape: Callable[[Event], str | None]
    since: int | None = None
    epoch: str | None = None
    history: int = 0
    types: frozenset[str] | None = None
    member: bool = True
    """Whether the user counts as being in the room."""


class Leave(RoomCommand):
    shape: Callable[[Event], str | None]


class Change(RoomCommand, kw_only=True):
    """A request that changes something: its receipt goes to who gave it a ``ref`` or a ``client_id``."""

    client_id: str | None = None


class SendMessage(Change):
    content: str
    fields: dict[str, Any] = {}


class EditMessage(Change):
    message_id: str
    content: str


class DeleteMessage(Change):
    message_id: str


class React(Change):
    message_id: str
    emoji: str


class Unreact(Change):
    message_id: str
    emoji: str


class Read(Change):
    seq: int


class Typing(RoomCommand):
    state: str


class History(RoomCommand):
    before: int | None = None
    limit: int = 50


class Signal(RoomCommand):
    """WebRTC signalling to one member; ``data`` is relayed as it is."""

    to: str
    data: dict[str, Any]
