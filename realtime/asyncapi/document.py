"""The document: one channel for each endpoint, one message for each frame and each type of event (AsyncAPI 3.0)."""

from __future__ import annotations

from typing import Any

from realtime.asyncapi.frames import CHANNELS, CLIENT_FRAMES, SERVER_FRAMES
from realtime.asyncapi.schemas import schema_of
from realtime.registry import EventType, registry

VERSION = "1.0.0"


def asyncapi_document() -> dict[str, Any]:
    """The document as JSON types, the same for the same declarations."""
    events = {name: registry.event_types[name] for name in sorted(registry.event_types)}
    told = _told_unasked(list(events.values()))
    messages = {
        **{_key(name): _frame_message(name, schema) for name, schema in CLIENT_FRAMES.items()},
        **{_key(name): _frame_message(name, schema) for name, schema in SERVER_FRAMES.items()},
        **{_key(name): _event_message(event) for name, event in events.items()},
        **{_key(name): _frame_message(name, schema) for name, schema in told.items()},
    }
    heard = {"rooms": list(events), "classic": [*events, *told], "none": []}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Livedesk sockets",
            "version": VERSION,
            "description": "Four endpoints, one engine: durable events are numbered per room, 1, 2, 3 … without gaps.",
        },
        "defaultContentType": "application/json",
        "channels": {
            name: _channel(spec, heard[spec["events"]]) for name, spec in CHANNELS.items()
        },
        "operations": _operations(heard),
        "components": {"messages": messages},
        "x-topics": [
            {"pattern": kind.pattern, "stored": kind.stored, "chat": kind.chat is not None}
            for kind in sorted(registry.kinds.values(), key=lambda kind: kind.pattern)
        ],
    }


def _key(name: str) -> str:
    return name.replace(" ", "_")


def _channel(spec: dict[str, Any], events: list[str]) -> dict[str, Any]:
    names = [*spec["sends"], *spec["receives"], *events]
    return {
        "address": spec["address"],
        "description": spec["description"],
        "messages": {_key(n): {"$ref": f"#/components/messages/{_key(n)}"} for n in names},
        **({"parameters": spec["parameters"]} if "parameters" in spec else {}),
    }


def _operations(heard: dict[str, list[str]]) -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for channel, spec in CHANNELS.items():
        for action, verb, names in (
            ("receive", "accepts", spec["sends"]),
            ("send", "tells", [*spec["receives"], *heard[spec["events"]]]),
        ):
            operations[f"{channel}_{verb}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [{"$ref": f"#/channels/{channel}/messages/{_key(n)}"} for n in names],
            }
    return operations


def _told_unasked(events: list[EventType]) -> dict[str, dict[str, Any]]:
    """The frames of event clients of ``/ws``, by the name that they know: several types of events may share one."""
    schemas: dict[str, list[Any]] = {}
    for event in events:
        if event.alias:
            found = schemas.setdefault(event.alias, [])
            found += [event.schema, *event.also]
    return {
        f"unasked {alias.replace('.', ' ')}": {
            "type": "object",
            "properties": {
                "type": {"const": alias},
                "data": schema_of(*data),
                "timestamp": {"type": "string", "format": "date-time"},
            },
            "required": ["type", "data", "timestamp"],
        }
        for alias, data in sorted(schemas.items())
    }


def _frame_message(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "payload": schema}


def _event_message(event: EventType) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": event.name,
        "x-version": event.version,
        "payload": {
            "type": "object",
            "properties": {
                "type": {"const": event.name},
                "room": {"type": "string"},
                "data": schema_of(event.schema, *event.also),
                "sender": {"type": ["string", "null"]},
                "timestamp": {"type": "string", "format": "date-time"},
                "id": {"type": "string", "format": "uuid"},
                "seq": {"type": "integer", "minimum": 1},
            },
            "required": ["type", "room", "data", "sender", "timestamp"],
        },
    }
    if event.summary:
        message["summary"] = event.summary
    if event.alias:
        message["x-event-client-name"] = event.alias
    return message
