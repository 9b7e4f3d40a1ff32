"""The canonical dialect: rooms, multiplexed on one socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from realtime.auth.staff import is_staff
from realtime.commands import (
    Authenticate,
    Change,
    Command,
    DeleteMessage,
    EditMessage,
    History,
    Join,
    Leave,
    Ping,
    React,
    Read,
    SendMessage,
    Signal,
    Typing,
    Unreact,
)
from realtime.dialects.base import Place, Wanted, Welcome
from realtime.dialects.envelope import envelope, error_frame, given_back, server_frame
from realtime.errors import CloseCode, InvalidField, MissingField, RealtimeError, UnknownType
from realtime.events import Event
from realtime.fields import (
    number_in_query,
    place_in_log,
    required_text,
    text_field,
    whole_number,
)
from realtime.jsontext import dump_json
from realtime.registry import Receipt

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from realtime.feed import Shape

PROTOCOL_VERSION = 1
MOST_HISTORY = 200
_ROOM_LENGTH = 200
_MOST_TYPES = 100
_TYPE_LENGTH = 80


class RoomDialect:
    """Frames ``{"type", "room", "data", "ref"}``; events in the standard envelope."""

    unauthorized_code: ClassVar[int] = CloseCode.UNAUTHORIZED
    follows_rights: ClassVar[bool] = False
    shape: Shape = staticmethod(envelope)

    def __init__(
        self, user: AbstractBaseUser | None, path: Mapping[str, Any], query: Mapping[str, str]
    ) -> None:
        self.user_id = str(user.pk) if user is not None else ""
        self.is_staff = is_staff(user)
        self.since = number_in_query(query.get("since"), "since")
        self.epoch = query.get("epoch")

    def wanted(self) -> list[Wanted]:
        wide = ("everyone", "staff") if self.is_staff else ("everyone",)
        return [
            Wanted(f"user:{self.user_id}", self.shape, self.since, self.epoch),
            *(Wanted(topic, self.shape, required=False) for topic in wide),
        ]

    def also_wanted(self, user: AbstractBaseUser) -> list[Wanted]:
        return []

    # --- frames in ---

    def parse(self, frame: dict[str, Any]) -> Command | None:
        kind = required_text(frame, "type", most=80)
        reader = _READERS.get(kind)
        if reader is None:
            raise UnknownType(f"Unknown frame type {kind!r}.")
        return marked(reader(self, frame), frame)

    def room_of(self, frame: dict[str, Any]) -> str:
        """The room that a frame is about."""
        return required_text(frame, "room", most=_ROOM_LENGTH)

    def _join(self, frame: dict[str, Any]) -> Command:
        return Join(
            room=self.room_of(frame),
            shape=self.shape,
            since=place_in_log(frame, "since"),
            epoch=text_field(frame, "epoch", required=False, most=80),
            history=min(whole_number(frame, "history") or 0, MOST_HISTORY),
            types=_type_filter(frame),
        )

    def _leave(self, frame: dict[str, Any]) -> Command:
        return Leave(room=self.room_of(frame), shape=self.shape)

    def send_message(self, frame: dict[str, Any]) -> Command:
        data = data_of(frame)
        known = ("content", "client_id", "type", "room", "ref", "data")
        return SendMessage(
            room=self.room_of(frame),
            content=required_text(data if "content" in data else frame, "content"),
            fields={key: value for key, value in {**frame, **data}.items() if key not in known},
        )

    def _edit_message(self, frame: dict[str, Any]) -> Command:
        data = data_of(frame)
        return EditMessage(
            room=self.room_of(frame),
            message_id=required_text(data, "message_id", most=80),
            content=required_text(data, "content"),
        )

    def _delete_message(self, frame: dict[str, Any]) -> Command:
        return DeleteMessage(
            room=self.room_of(frame),
            message_id=required_text(data_of(frame), "message_id", most=80),
        )

    def _react(self, frame: dict[str, Any]) -> Command:
        return React(room=self.room_of(frame), **_reaction(frame))

    def _unreact(self, frame: dict[str, Any]) -> Command:
        return Unreact(room=self.room_of(frame), **_reaction(frame))

    def _typing(self, frame: dict[str, Any]) -> Command:
        state = data_of(frame).get("state", "start")
        if state not in ("start", "stop"):
            raise InvalidField("state must be start or stop.", field="state")
        return Typing(room=self.room_of(frame), state=state)

    def _read(self, frame: dict[str, Any]) -> Command:
        seq = whole_number(data_of(frame), "seq")
        if seq is None:
            raise MissingField("seq is required.", field="seq")
        return Read(room=self.room_of(frame), seq=seq)

    def _history(self, frame: dict[str, Any]) -> Command:
        data = data_of(frame)
        limit = whole_number(data, "limit", default=50)
        return History(
            room=self.room_of(frame),
            before=place_in_log(data, "before"),
            limit=max(1, min(limit or 1, MOST_HISTORY)),
        )

    def _signal(self, frame: dict[str, Any]) -> Command:
        data = data_of(frame)
        return Signal(
            room=self.room_of(frame),
            to=required_text(data, "to", most=80),
            data={key: value for key, value in data.items() if key != "to"},
        )

    def _ping(self, frame: dict[str, Any]) -> Command:
        return Ping()

    def _authenticate(self, frame: dict[str, Any]) -> Command:
        return Authenticate(token=required_text(frame, "token"))

    # --- frames out ---

    def connected(self, welcome: Welcome) -> str | None:
        own = f"user:{self.user_id}"
        return server_frame(
            "connected",
            data={
                "user_id": welcome.user_id,
                "username": welcome.username,
                "connection_id": welcome.connection_id,
                "protocol": PROTOCOL_VERSION,
                "heartbeat_interval": welcome.heartbeat_interval,
                "rooms": {own: welcome.places[own].as_data()},
            },
        )

    def joined(
        self, command: Join, place: Place, members: list[dict[str, str]], history: list[Event]
    ) -> str:
        data = {**place.as_data(), "members": members, "history": raw_events(history)}
        return server_frame("room_joined", room=command.room, ref=command.ref, data=data)

    def left(self, topic: str, shape: Shape, reason: str, command: Leave | None = None) -> str:
        ref = command.ref if command else None
        return server_frame("room_left", room=topic, ref=ref, data={"reason": reason})

    def ack(self, command: Change, receipt: Receipt) -> str | None:
        if command.ref is None and command.client_id is None:
            return None
        return dump_json(
            {
                "type": "ack",
                "ref": command.ref,
                "room": receipt.room or command.room,
                "seq": receipt.seq,
                "data": receipt.data,
            }
        ).decode()

    def history(self, command: History, events: list[Event], has_more: bool) -> str:
        data = {"events": raw_events(events), "has_more": has_more}
        return server_frame("history", room=command.room, ref=command.ref, data=data)

    def pong(self, command: Ping) -> str:
        ref = given_back(command.ref)
        return server_frame("pong", **ref)

    def authenticated(self, command: Authenticate, expires_at: str | None) -> str:
        ref = given_back(command.ref)
        return server_frame("authenticated", **ref, data={"expires_at": expires_at})

    def error(self, error: RealtimeError, frame: dict[str, Any] | None = None) -> str:
        return error_frame(error, frame)


_READERS = {
    "join_room": RoomDialect._join,
    "leave_room": RoomDialect._leave,
    "send_message": RoomDialect.send_message,
    "edit_message": RoomDialect._edit_message,
    "delete_message": RoomDialect._delete_message,
    "react": RoomDialect._react,
    "unreact": RoomDialect._unreact,
    "typing": RoomDialect._typing,
    "read": RoomDialect._read,
    "history": RoomDialect._history,
    "signal": RoomDialect._signal,
    "ping": RoomDialect._ping,
    "authenticate": RoomDialect._authenticate,
}


def data_of(frame: dict[str, Any]) -> dict[str, Any]:
    """The frame's ``data``, an object; empty where it is absent.

    Raises:
        InvalidField: it is something else.
    """
    data = frame.get("data")
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise InvalidField("data must be an object.", field="data")
    return data


def marked(command: Command, frame: dict[str, Any]) -> Command:
    """The command with what its answer is known by: ``ref``, and ``client_id`` where it changes something."""
    command.ref, command.frame = frame.get("ref"), frame
    if isinstance(command, Change):
        command.client_id = _client_id_of(data_of(frame), frame)
    return command


def _client_id_of(*sources: dict[str, Any]) -> str | None:
    """The first that is given; a blank one counts as none."""
    for source in sources:
        value = text_field(source, "client_id", required=False, most=80)
        if value is not None and value.strip():
            return value
    return None


def raw_events(events: list[Event]) -> list[Any]:
    """Events as they stand in ``history``: in the standard envelope."""
    return [msgspec.Raw(envelope(event).encode()) for event in events]


def _type_filter(frame: dict[str, Any]) -> frozenset[str] | None:
    """Stays as long as the room is heard: no more than a client has use for."""
    types = frame.get("types")
    if types is None:
        return None
    if (
        not isinstance(types, list)
        or len(types) > _MOST_TYPES
        or not all(isinstance(name, str) and len(name) <= _TYPE_LENGTH for name in types)
    ):
        text = f"types must be a list of at most {_MOST_TYPES} event types."
        raise InvalidField(text, field="types")
    return frozenset(types)


def _reaction(frame: dict[str, Any]) -> dict[str, Any]:
    data = data_of(frame)
    return {
        "message_id": required_text(data, "message_id", most=80),
        "emoji": required_text(data, "emoji", most=32),
    }
