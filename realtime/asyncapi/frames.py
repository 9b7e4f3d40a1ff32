"""The frames of the protocol itself, as JSON Schema."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_SEQ = {"type": "integer", "minimum": 0}
_PLACE: dict[str, Any] = {
    "type": "object",
    "properties": {"seq": _SEQ, "epoch": _TEXT, "resumed": {"type": "boolean"}},
    "required": ["seq", "epoch", "resumed"],
}
_MEMBER: dict[str, Any] = {
    "type": "object",
    "properties": {"user_id": _TEXT, "username": _TEXT},
    "required": ["user_id", "username"],
}


_MEMBERS: dict[str, Any] = {"type": "array", "items": _MEMBER}
_EVENTS: dict[str, Any] = {"type": "array", "items": {"type": "object"}}


def _frame(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**properties, "ref": {"description": "Given back with the reply."}},
        "required": required if required is not None else list(properties),
    }


def _room_frame(type: str, *required: str, **data: Any) -> dict[str, Any]:
    """A frame about a room, which the socket of a ticket may leave out; ``required`` are parts of its data."""
    properties: dict[str, Any] = {"type": {"const": type}, "room": _TEXT}
    if not data:
        return _frame(["type"], **properties)
    properties["data"] = {"type": "object", "properties": data}
    if not required:
        return _frame(["type"], **properties)
    properties["data"]["required"] = list(required)
    return _frame(["type", "data"], **properties)


CLIENT_FRAMES: dict[str, dict[str, Any]] = {
    "join_room": _frame(
        ["type", "room"],
        type={"const": "join_room"},
        room=_TEXT,
        since=_SEQ,
        epoch=_TEXT,
        history=_SEQ,
        types={"type": "array", "items": _TEXT, "maxItems": 100},
    ),
    "leave_room": _room_frame("leave_room"),
    "send_message": _room_frame(
        "send_message", "content", content=_TEXT, client_id=_TEXT, kind=_TEXT, in_reply_to=_TEXT
    ),
    "edit_message": _room_frame(
        "edit_message", "message_id", "content", message_id=_TEXT, content=_TEXT, client_id=_TEXT
    ),
    "delete_message": _room_frame(
        "delete_message", "message_id", message_id=_TEXT, client_id=_TEXT
    ),
    "react": _room_frame(
        "react", "message_id", "emoji", message_id=_TEXT, emoji=_TEXT, client_id=_TEXT
    ),
    "unreact": _room_frame(
        "unreact", "message_id", "emoji", message_id=_TEXT, emoji=_TEXT, client_id=_TEXT
    ),
    "typing": _room_frame("typing", state={"enum": ["start", "stop"]}),
    "read": _room_frame("read", "seq", seq=_SEQ, client_id=_TEXT),
    "history": _room_frame("history", before=_SEQ, limit=_SEQ),
    "signal": _room_frame("signal", "to", to=_TEXT),
    "ping": _frame(type={"const": "ping"}),
    "authenticate": _frame(type={"const": "authenticate"}, token=_TEXT),
    "bare message": _frame(["content"], content=_TEXT, client_id=_TEXT, kind=_TEXT),
    "subscribe": _frame(
        ["action", "topic"], action={"const": "subscribe"}, topic=_TEXT, since=_SEQ, epoch=_TEXT
    ),
    "unsubscribe": _frame(action={"const": "unsubscribe"}, topic=_TEXT),
    "action ping": _frame(action={"const": "ping"}),
}

_JOINED: dict[str, Any] = {
    **_PLACE,
    "properties": {**_PLACE["properties"], "members": _MEMBERS, "history": _EVENTS},
}

SERVER_FRAMES: dict[str, dict[str, Any]] = {
    "connected": _frame(
        ["type", "data"],
        type={"const": "connected"},
        room=_TEXT,
        data={
            "type": "object",
            "properties": {
                "user_id": _TEXT,
                "username": _TEXT,
                "connection_id": _TEXT,
                "heartbeat_interval": {"type": "number", "description": "Seconds."},
                "protocol": {"type": "integer"},
                "rooms": {
                    "type": "object",
                    "additionalProperties": _PLACE,
                    "description": "Where one is from the start, at `connect`.",
                },
                **_PLACE["properties"],
                "members": _MEMBERS,
                "notes": {
                    "type": "object",
                    "properties": {"room": _TEXT, **_PLACE["properties"]},
                    "description": "An agent's place among a ticket's notes.",
                },
            },
        },
    ),
    "signal relayed": _frame(
        ["type", "room", "data"],
        type={"const": "signal"},
        room=_TEXT,
        data={"type": "object", "properties": {"from": _MEMBER}, "required": ["from"]},
    ),
    "room_joined": _frame(type={"const": "room_joined"}, room=_TEXT, data=_JOINED),
    "room_left": _frame(
        type={"const": "room_left"},
        room=_TEXT,
        data={"type": "object", "properties": {"reason": {"enum": ["left", "forbidden"]}}},
    ),
    "user_joined": _frame(type={"const": "user_joined"}, room=_TEXT, data=_MEMBER),
    "user_left": _frame(type={"const": "user_left"}, room=_TEXT, data=_MEMBER),
    "user.typing": _frame(
        type={"const": "user.typing"},
        room=_TEXT,
        data={
            **_MEMBER,
            "properties": {**_MEMBER["properties"], "state": {"enum": ["start", "stop"]}},
        },
    ),
    "ack": _frame(
        ["type", "room", "seq", "data"],
        type={"const": "ack"},
        room=_TEXT,
        seq={"type": ["integer", "null"]},
        data={},
    ),
    "history page": _frame(
        type={"const": "history"},
        room=_TEXT,
        data={
            "type": "object",
            "properties": {"events": _EVENTS, "has_more": {"type": "boolean"}},
        },
    ),
    "pong": _frame(type={"const": "pong"}),
    "authenticated": _frame(
        type={"const": "authenticated"},
        data={"type": "object", "properties": {"expires_at": {"type": ["string", "null"]}}},
    ),
    "error": _frame(
        ["type", "data"],
        type={"const": "error"},
        room=_TEXT,
        data={
            "type": "object",
            "properties": {
                "error": _TEXT,
                "code": _TEXT,
                "field": {**_TEXT, "description": "What in the frame is wrong."},
                "reason": {**_TEXT, "description": "An app's own code, where it has one."},
                "ref": {"description": "As at the top level."},
            },
            "required": ["error", "code"],
        },
    ),
    "notification": _frame(
        ["type", "payload", "id", "seq", "timestamp"],
        type={"const": "notification"},
        payload={"type": "object"},
        id=_TEXT,
        seq=_SEQ,
        timestamp=_TEXT,
    ),
    "counts": _frame(
        ["type", "payload", "timestamp"],
        type={"const": "notification.counts"},
        payload={
            "type": "object",
            "properties": {"unread": _SEQ, "unseen": _SEQ},
            "required": ["unread", "unseen"],
        },
        timestamp=_TEXT,
    ),
    "own event": {
        **_frame(
            ["type", "payload", "id", "seq", "timestamp"],
            type=_TEXT,
            payload={},
            id=_TEXT,
            seq=_SEQ,
            timestamp=_TEXT,
        ),
        "description": "Whatever else a server sends durably to this user.",
    },
    "subscribed": _frame(
        ["action", "topic"],
        action={"const": "subscribed"},
        topic=_TEXT,
        **_PLACE["properties"],
    ),
    "unsubscribed": _frame(action={"const": "unsubscribed"}, topic=_TEXT),
    "action pong": _frame(action={"const": "pong"}),
    "topic event": _frame(
        ["topic", "event", "data"],
        topic=_TEXT,
        event=_TEXT,
        data={
            "type": "object",
            "properties": {
                "entity_id": {"type": ["string", "null"]},
                "payload": {},
                "user_id": {"type": ["string", "null"]},
                "timestamp": _TEXT,
            },
        },
        seq=_SEQ,
        id=_TEXT,
    ),
    "topic error": _frame(["error"], error=_TEXT, topic={}, details=_TEXT, code=_TEXT),
    "pushed text": {"description": "What a service publishes to `ws:{user_id}`, verbatim."},
    "joined_room": _frame(type={"const": "joined_room"}, data={"type": "object"}),
    "left_room": _frame(type={"const": "left_room"}, data={"type": "object"}),
}

_CANONICAL_IN = [
    "join_room",
    "leave_room",
    "send_message",
    "edit_message",
    "delete_message",
    "react",
    "unreact",
    "typing",
    "read",
    "history",
    "signal",
    "ping",
    "authenticate",
]
_CANONICAL_OUT = [
    "connected",
    "room_joined",
    "room_left",
    "user_joined",
    "user_left",
    "user.typing",
    "ack",
    "history page",
    "pong",
    "authenticated",
    "error",
    "signal relayed",
]

CHANNELS: dict[str, dict[str, Any]] = {
    # "events": all types in the standard envelope ("rooms"), those too and what event clients are told unasked ("classic"), or none.
    "connect": {
        "address": "/api/v1/ws/connect",
        "description": "Rooms, multiplexed: the canonical dialect.",
        "sends": _CANONICAL_IN,
        "receives": _CANONICAL_OUT,
        "events": "rooms",
    },
    "ticket": {
        "address": "/api/v1/ws/tickets/{ticket_id}",
        "description": "The chat of one ticket; `room` is left out.",
        "parameters": {"ticket_id": {"description": "The ticket's UUID."}},
        "sends": ["bare message", *_CANONICAL_IN],
        "receives": _CANONICAL_OUT,
        "events": "rooms",
    },
    "notifications": {
        "address": "/api/v1/ws/notifications",
        "description": "One user's notifications.",
        "sends": ["ping", "authenticate"],
        "receives": [
            "connected",
            "notification",
            "counts",
            "own event",
            "pong",
            "authenticated",
            "error",
        ],
        "events": "none",
    },
    "classic": {
        "address": "/ws",
        "description": "Topic, event and push clients on one socket.",
        "sends": [
            "subscribe",
            "unsubscribe",
            "action ping",
            "join_room",
            "leave_room",
            "ping",
            "authenticate",
        ],
        "receives": [
            "subscribed",
            "unsubscribed",
            "action pong",
            "topic event",
            "topic error",
            "pushed text",
            "joined_room",
            "left_room",
            "pong",
            "authenticated",
            "error",
        ],
        "events": "classic",
    },
}
