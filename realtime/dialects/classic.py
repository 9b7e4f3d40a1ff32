"""The dialect of ``/ws``: topic, event and push clients on one socket.

The shape belongs to the subscription: a topic client's in `topic_event`, an event client's room in the standard envelope,
what an event client hears unasked in `personal_event`, what a push client gets is passed on verbatim.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from realtime.commands import Authenticate, Change, Command, History, Join, Leave, Ping
from realtime.dialects.base import Place, Wanted, Welcome
from realtime.dialects.envelope import (
    current_data,
    envelope,
    error_data,
    given_back,
    is_numbered,
    server_frame,
)
from realtime.errors import Forbidden, InvalidField, InvalidFrame, MissingField, RealtimeError
from realtime.events import Event
from realtime.fields import place_in_log, required_text, text_field
from realtime.jsontext import dump_json
from realtime.registry import Receipt, registry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from realtime.feed import Shape

_VERBS = {
    "created": "ADDED",
    "updated": "UPDATED",
    "deleted": "DELETED",
    "status_changed": "STATUS_CHANGED",
    "assigned": "ASSIGNED",
}
_TOPIC_LENGTH = 200
_ADDRESSED = ("user", "staff", "everyone")


def topic_event(event: Event) -> str:
    """An event as topic clients get it. A `Shape`."""
    frame: dict[str, Any] = {
        "topic": event.topic,
        "event": verb(event.type),
        "data": {
            "entity_id": event.entity_id,
            "payload": current_data(event),
            "user_id": event.actor_id,
            "timestamp": event.timestamp,
        },
    }
    if is_numbered(event):
        frame["seq"], frame["id"] = event.seq, event.id
    return dump_json(frame).decode()


def verb(event_type: str) -> str:
    """``item.created`` → ``ADDED``; what has no verb of its own, ``user.typing`` → ``USER_TYPING``."""
    if event_type == "message.new":
        return "COMMENT_ADDED"
    known = _VERBS.get(event_type.rpartition(".")[2])
    return known or event_type.upper().replace(".", "_")


def personal_event(event: Event) -> str | None:
    """An event as event clients get it without subscribing; None for what isn't for them. A `Shape`.

    What services send to users, the staff or everybody has types that no app declares, and keeps their names.
    """
    name = registry.alias(event.type)
    if name is None and event.topic.partition(":")[0] in _ADDRESSED:
        name = None if event.type in registry.event_types else event.type
    if name is None:
        return None
    return dump_json(
        {"type": name, "data": current_data(event), "timestamp": event.timestamp}
    ).decode()


def verbatim(event: Event) -> str | None:
    """A pushed text as it is. A `Shape`."""
    return bytes(event.data).decode() if event.type == "push" else None


class ClassicDialect:
    """Frames with ``action`` are a topic client's, frames with ``type`` an event client's."""

    unauthorized_code: ClassVar[int] = 4001
    """What the oldest clients of ``/ws`` know."""
    follows_rights: ClassVar[bool] = True

    def __init__(
        self, user: AbstractBaseUser | None, path: Mapping[str, Any], query: Mapping[str, str]
    ) -> None:
        self.user = user
        self.hears_events = query.get("events") != "0"

    def wanted(self) -> list[Wanted]:
        if self.user is None:
            return []
        return [Wanted(f"push:{self.user.pk}", verbatim)]

    def also_wanted(self, user: AbstractBaseUser) -> list[Wanted]:
        if not self.hears_events:
            return []
        topics = registry.personal_topics(user)
        return [
            Wanted(topic, personal_event, required=False, latest=topic in registry.boards)
            for topic in topics
        ]

    # --- frames in ---

    def parse(self, frame: dict[str, Any]) -> Command | None:
        if "action" in frame:
            command = self._parse_action(frame)
        elif "type" in frame:
            command = self._parse_type(frame)
        else:
            raise InvalidFrame("A frame needs an action or a type.")
        if command is not None:
            command.ref, command.frame = frame.get("ref"), frame
        return command

    def _parse_action(self, frame: dict[str, Any]) -> Command | None:
        action = frame["action"]
        if not isinstance(action, str):
            raise InvalidFrame("action must be a string.")
        if action == "ping":
            return Ping()
        if action == "authenticate":
            return Authenticate(token=required_text(frame, "token"))
        if action not in ("subscribe", "unsubscribe"):
            return None
        topic = frame.get("topic")
        if topic is None or topic == "":
            raise MissingField(f"Topic is required for {action} action")
        if not isinstance(topic, str):
            raise InvalidFrame("topic must be a string.")
        if action == "unsubscribe":
            return Leave(room=topic, shape=topic_event)
        return Join(
            room=topic,
            shape=topic_event,
            since=place_in_log(frame, "since"),
            epoch=text_field(frame, "epoch", required=False, most=80),
            member=False,
        )

    def _parse_type(self, frame: dict[str, Any]) -> Command | None:
        kind = frame["type"]
        if not isinstance(kind, str):
            raise InvalidFrame("type must be a string.")
        if kind == "ping":
            return Ping()
        if kind == "authenticate":
            return Authenticate(token=required_text(frame, "token"))
        if kind == "join_room":
            return Join(
                room=required_text(frame, "room", most=_TOPIC_LENGTH),
                shape=envelope,
                since=place_in_log(frame, "since"),
                epoch=text_field(frame, "epoch", required=False, most=80),
            )
        if kind == "leave_room":
            return Leave(room=required_text(frame, "room", most=_TOPIC_LENGTH), shape=envelope)
        return None

    # --- frames out ---

    def connected(self, welcome: Welcome) -> str | None:
        return None

    def joined(
        self, command: Join, place: Place, members: list[dict[str, str]], history: list[Event]
    ) -> str:
        ref = given_back(command.ref)
        if command.shape is topic_event:
            frame = {"action": "subscribed", "topic": command.room, **place.as_data(), **ref}
        else:
            data = {"room": command.room, **place.as_data()}
            frame = {"type": "joined_room", "data": data, **ref}
        return dump_json(frame).decode()

    def left(self, topic: str, shape: Shape, reason: str, command: Leave | None = None) -> str:
        if command is None:
            return self._put_out(topic, shape, reason)
        ref = given_back(command.ref)
        if shape is topic_event:
            return dump_json({"action": "unsubscribed", "topic": topic, **ref}).decode()
        return dump_json({"type": "left_room", "data": {"room": topic}, **ref}).decode()

    def _put_out(self, topic: str, shape: Shape, reason: str) -> str:
        if shape is topic_event:
            return dump_json({"error": "Forbidden", "topic": topic}).decode()
        return dump_json({"type": "left_room", "data": {"room": topic, "reason": reason}}).decode()

    def ack(self, command: Change, receipt: Receipt) -> str | None:
        return None

    def history(self, command: History, events: list[Event], has_more: bool) -> str:
        raise RealtimeError("/ws has no history")

    def pong(self, command: Ping) -> str:
        ref = given_back(command.ref)
        if "action" in command.frame:
            return dump_json({"action": "pong", **ref}).decode()
        return dump_json({"type": "pong", **ref}).decode()

    def authenticated(self, command: Authenticate, expires_at: str | None) -> str:
        ref = given_back(command.ref)
        return server_frame("authenticated", data={"expires_at": expires_at}, **ref)

    def error(self, error: RealtimeError, frame: dict[str, Any] | None = None) -> str:
        frame = frame or {}
        if isinstance(error, InvalidFrame):
            fields = {"error": "Invalid message format", "details": str(error)}
            return dump_json({**fields, **given_back(frame.get("ref"))}).decode()
        if "action" in frame:
            return self._topic_error(error, frame)
        return self._event_error(error, frame)

    def _event_error(self, error: RealtimeError, frame: dict[str, Any]) -> str:
        """One frame that topic and event clients both understand."""
        ref = frame.get("ref")
        return server_frame("error", error=str(error), ref=ref, data=error_data(error, ref))

    def _topic_error(self, error: RealtimeError, frame: dict[str, Any]) -> str:
        ref = given_back(frame.get("ref"))
        if isinstance(error, Forbidden):
            return dump_json({"error": "Forbidden", "topic": frame.get("topic"), **ref}).decode()
        if isinstance(error, MissingField) and "token" not in str(error):
            return dump_json({"error": str(error), **ref}).decode()
        if isinstance(error, InvalidField):
            fields = {"error": "Invalid message format", "details": str(error), "code": error.code}
            return dump_json({**fields, **ref}).decode()
        return self._event_error(error, frame)
