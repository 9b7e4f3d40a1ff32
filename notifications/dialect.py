"""The dialect of one user's notifications: the server talks, the client listens."""

from __future__ import annotations

from typing import Any

from realtime.commands import Command
from realtime.dialects.base import Wanted, Welcome
from realtime.dialects.envelope import current_data, server_frame
from realtime.dialects.rooms import RoomDialect
from realtime.errors import UnknownType
from realtime.events import Event
from realtime.fields import required_text
from realtime.jsontext import dump_json

_COUNTS = "notification.counts"


def notification_event(event: Event) -> str | None:
    """An event of the user's own room with its data as ``payload``. A `Shape`.

    Every durable event is told, so that ``seq`` has no gap; of the ephemeral ones only the counts.
    """
    if event.seq is None and event.type != _COUNTS:
        return None
    is_notification = event.type in ("notification.new", "notification.mentioned")
    frame: dict[str, Any] = {
        "type": "notification" if is_notification else event.type,
        "payload": current_data(event),
        "timestamp": event.timestamp,
    }
    if event.seq is not None:
        frame["id"], frame["seq"] = event.id, event.seq
    return dump_json(frame).decode()


class NotificationDialect(RoomDialect):
    """Only ``ping`` and ``authenticate`` are understood."""

    shape = staticmethod(notification_event)

    def wanted(self) -> list[Wanted]:
        return [Wanted(f"user:{self.user_id}", self.shape, self.since, self.epoch)]

    def parse(self, frame: dict[str, Any]) -> Command | None:
        kind = required_text(frame, "type", most=80)
        if kind not in ("ping", "authenticate"):
            raise UnknownType(f"Unknown frame type {kind!r}: this socket only listens.")
        return super().parse(frame)

    def connected(self, welcome: Welcome) -> str | None:
        room = f"user:{self.user_id}"
        data = {
            **welcome.places[room].as_data(),
            "user_id": welcome.user_id,
            "connection_id": welcome.connection_id,
            "heartbeat_interval": welcome.heartbeat_interval,
        }
        return server_frame("connected", room=room, data=data)
