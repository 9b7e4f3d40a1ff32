"""What the OpenAPI document says of every operation: how it refuses."""

from __future__ import annotations

from typing import Any

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
