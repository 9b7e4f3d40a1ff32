"""What the OpenAPI document says beside what drf-spectacular finds: how operations refuse, and the view outside DRF."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

ERROR: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was refused. ``code`` is stable and for programs, ``detail`` for people.",
    "properties": {
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "fields": {
            "type": "object",
            "additionalProperties": {},
            "description": "The faults by field, where fields are at fault.",
        },
    },
    "required": ["code", "detail"],
}
_METHODS = ("get", "post", "put", "patch", "delete")


def describe_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular: gives each operation its ``4XX`` response."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    refusal = {
        "description": "Refused.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for path in result["paths"].values():
        for method in _METHODS:
            if method in path:
                path[method]["responses"].setdefault("4XX", refusal)
    return result


_EVENTS: dict[str, Any] = {
    "type": "object",
    "description": "Events of one room over HTTP, oldest first.",
    "properties": {
        "events": {
            "type": "array",
            "items": {"type": "object", "additionalProperties": {}},
            "description": "As sockets are sent them: the standard envelope.",
        },
        "seq": {"type": "integer", "description": "The since of the next call."},
        "epoch": {"type": "string"},
        "resumed": {
            "type": "boolean",
            "description": "False: the log doesn't reach back to since, and the snapshot is to be loaded anew.",
        },
    },
    "required": ["events", "seq", "epoch", "resumed"],
}


def _parameter(
    name: str, what: dict[str, Any], text: str, *, where: str = "query"
) -> dict[str, Any]:
    needed = {"required": True} if name == "room" else {}
    return {"in": where, "name": name, "schema": what, "description": text, **needed}


def describe_events(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular: adds ``realtime/events/``, which is no view of DRF's."""
    result.setdefault("components", {}).setdefault("schemas", {})["PolledEvents"] = _EVENTS
    paths = {**result["paths"], reverse("realtime-events"): _events_path()}
    result["paths"] = dict(sorted(paths.items(), key=lambda item: item[0].replace("{", " ")))
    return result


def _events_path() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 0}
    return {
        "get": {
            "operationId": "realtime_events_retrieve",
            "summary": "Events where sockets are blocked",
            "description": "What came in a room after ``since``, at once or within ``wait`` seconds; as text/event-stream it goes on.",
            "parameters": [
                _parameter("room", {"type": "string"}, "As join_room takes it"),
                _parameter(
                    "since", number, "The last seq that one has; without it, what comes from now on"
                ),
                _parameter("epoch", {"type": "string"}, "The epoch that since is of"),
                _parameter(
                    "wait",
                    number,
                    "Seconds, 25 unless given, 60 at most; a stream doesn't end by it",
                ),
                _parameter(
                    "Last-Event-ID", number, "Instead of since, as browsers send it", where="header"
                ),
            ],
            "tags": ["realtime"],
            "security": [{"bearer": []}],
            "responses": {
                "200": {
                    "description": "",
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/PolledEvents"}
                        },
                        "text/event-stream": {"schema": {"type": "string"}},
                    },
                }
            },
        }
    }
