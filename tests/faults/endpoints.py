"""The endpoints as a reader sees them: how to connect and resume, what a frame tells, how an event of the log is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tests.faults.history import Envelope

Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """A durable event."""

    room: str
    seq: int
    content: Any


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the server says a subscription stands."""

    room: str
    seq: int
    epoch: str
    resumed: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server says that a room can't be heard."""

    room: str


Told = Heard | Standing | Refusal
Epoch = str | None


class Endpoint(Protocol):
    """One kind of client."""

    rooms: list[str]
    """What it wants to hear."""

    def path(self, places: Mapping[str, int], epoch: Epoch) -> str:
        """With the query, but for the credentials. ``places`` has the last number of each room."""

    def asks(self, places: Mapping[str, int], epoch: Epoch) -> list[Frame]:
        """The frames to send once connected."""

    def told(self, frame: Frame) -> list[Told]: ...

    def shown(self, event: Envelope) -> Any:
        """What `Heard.content` of an event of the log must be."""


def _query(places: Mapping[str, int], epoch: Epoch, room: str, suffix: str = "") -> str:
    rest = f"&epoch{suffix}={epoch}" if epoch else ""
    return f"since{suffix}={places[room]}{rest}"


def _since(places: Mapping[str, int], epoch: Epoch, room: str) -> dict[str, Any]:
    return {"since": places[room], **({"epoch": epoch} if epoch else {})}


def _standing(room: str, place: Mapping[str, Any]) -> Standing:
    return Standing(room, place["seq"], place["epoch"], place["resumed"])


class Rooms:
    """``/api/v1/ws/connect``: joins rooms; the own ``user:<id>`` comes unasked."""

    def __init__(self, own: str, rooms: list[str]) -> None:
        self._own = own
        self._joined = rooms
        self.rooms = [own, *rooms]

    def path(self, places: Mapping[str, int], epoch: Epoch) -> str:
        return f"/api/v1/ws/connect?{_query(places, epoch, self._own)}"

    def asks(self, places: Mapping[str, int], epoch: Epoch) -> list[Frame]:
        return [
            {"type": "join_room", "room": room, **_since(places, epoch, room), "ref": room}
            for room in self._joined
        ]

    def told(self, frame: Frame) -> list[Told]:
        kind = frame.get("type")
        if kind == "connected":
            return [_standing(room, place) for room, place in frame["data"]["rooms"].items()]
        if kind == "room_joined":
            return [_standing(frame["room"], frame["data"])]
        if kind == "room_left":
            return [Refusal(frame["room"])]
        if kind == "error" and frame["data"].get("code") == "forbidden" and frame.get("ref"):
            return [Refusal(frame["ref"])]
        return _envelope(frame)

    def shown(self, event: Envelope) -> Any:
        return event


class TicketChat:
    """``/api/v1/ws/tickets/{id}``; agents hear the notes, too."""

    def __init__(self, ticket: str, *, notes: bool) -> None:
        self._ticket, self._room, self._notes = ticket, f"ticket:{ticket}", f"ticket-notes:{ticket}"
        self.rooms = [self._room, self._notes] if notes else [self._room]

    def path(self, places: Mapping[str, int], epoch: Epoch) -> str:
        query = _query(places, epoch, self._room)
        if self._notes in places:
            query += "&" + _query(places, epoch, self._notes, "_notes")
        return f"/api/v1/ws/tickets/{self._ticket}?{query}"

    def asks(self, places: Mapping[str, int], epoch: Epoch) -> list[Frame]:
        return []

    def told(self, frame: Frame) -> list[Told]:
        if frame.get("type") == "connected":
            data = frame["data"]
            places = [_standing(frame["room"], data)]
            if "notes" in data:
                places.append(_standing(data["notes"]["room"], data["notes"]))
            return [*places]
        if frame.get("type") == "error" and frame["data"].get("code") == "forbidden":
            return [Refusal(self._room)]
        return _envelope(frame)

    def shown(self, event: Envelope) -> Any:
        return event


class Notifications:
    """``/api/v1/ws/notifications``: the own stream, in a shape of its own."""

    def __init__(self, own: str) -> None:
        self._own = own
        self.rooms = [own]

    def path(self, places: Mapping[str, int], epoch: Epoch) -> str:
        return f"/api/v1/ws/notifications?{_query(places, epoch, self._own)}"

    def asks(self, places: Mapping[str, int], epoch: Epoch) -> list[Frame]:
        return []

    def told(self, frame: Frame) -> list[Told]:
        if frame.get("type") == "connected":
            return [_standing(frame["room"], frame["data"])]
        return [Heard(self._own, frame["seq"], frame)] if "seq" in frame else []

    def shown(self, event: Envelope) -> Any:
        is_notification = event["type"] in ("notification.new", "notification.mentioned")
        return {
            "type": "notification" if is_notification else event["type"],
            "payload": event["data"],
            **{name: event[name] for name in ("timestamp", "id", "seq")},
        }


class Topics:
    """A topic client of ``/ws``."""

    def __init__(self, rooms: list[str]) -> None:
        self.rooms = rooms

    def path(self, places: Mapping[str, int], epoch: Epoch) -> str:
        return "/ws?events=0"

    def asks(self, places: Mapping[str, int], epoch: Epoch) -> list[Frame]:
        return [
            {"action": "subscribe", "topic": room, **_since(places, epoch, room)}
            for room in self.rooms
        ]

    def told(self, frame: Frame) -> list[Told]:
        if frame.get("action") == "subscribed":
            return [_standing(frame["topic"], frame)]
        if frame.get("error") == "Forbidden":
            return [Refusal(frame["topic"])]
        if "event" not in frame or "seq" not in frame:
            return []
        return [Heard(frame["topic"], frame["seq"], _of_topic_event(frame))]

    def shown(self, event: Envelope) -> Any:
        return [event["id"], event["timestamp"], event["data"]]


def _of_topic_event(frame: Frame) -> Any:
    """What a topic client's frame has in common with the envelope."""
    return [frame["id"], frame["data"]["timestamp"], frame["data"]["payload"]]


class EventClient:
    """An event client of ``/ws`` that joins rooms."""

    def __init__(self, rooms: list[str]) -> None:
        self.rooms = rooms

    def path(self, places: Mapping[str, int], epoch: Epoch) -> str:
        return "/ws"

    def asks(self, places: Mapping[str, int], epoch: Epoch) -> list[Frame]:
        return [
            {"type": "join_room", "room": room, **_since(places, epoch, room), "ref": room}
            for room in self.rooms
        ]

    def told(self, frame: Frame) -> list[Told]:
        kind = frame.get("type")
        if kind == "joined_room":
            return [_standing(frame["data"]["room"], frame["data"])]
        if kind == "left_room":
            return [Refusal(frame["data"]["room"])]
        if kind == "error" and frame["data"].get("code") == "forbidden" and frame.get("ref"):
            return [Refusal(frame["ref"])]
        return _envelope(frame)

    def shown(self, event: Envelope) -> Any:
        return event


def _envelope(frame: Frame) -> list[Told]:
    if "seq" not in frame or "id" not in frame:
        return []
    return [Heard(frame["room"], frame["seq"], frame)]
