"""Tables of frames: what is sent, and what is understood or answered."""

from __future__ import annotations

from typing import Any

import msgspec

from realtime.commands import Command
from realtime.dialects.base import Dialect
from realtime.errors import RealtimeError
from realtime.jsontext import load_json


def named(value: Any) -> str:
    """The id of a row of a table: the beginning of its frame, which is the same in each process."""
    return str(value)[:60] if isinstance(value, dict) else ""


def understood(dialect: Dialect, frame: dict[str, Any]) -> Any:
    """A command as ``(name, its fields)``, None for what is ignored, an error as its code."""
    try:
        command = dialect.parse(frame)
    except RealtimeError as error:
        return error.code
    if command is None:
        return None
    assert (command.ref, command.frame) == (frame.get("ref"), frame)
    return type(command).__name__, fields_of(command)


def fields_of(command: Command) -> dict[str, Any]:
    """The fields that say something: without the frame, the ref, and defaults."""
    fields = {}
    for field in msgspec.structs.fields(command):
        value = getattr(command, field.name)
        plain = field.default if field.default_factory is msgspec.NODEFAULT else {}
        if field.name not in ("ref", "frame") and value != plain:
            fields[field.name] = value
    return fields


def frame_of(text: str | None) -> dict[str, Any]:
    """A frame that was written; its time, which must be there where it is a server's own, is left out."""
    assert text is not None
    frame: dict[str, Any] = load_json(text)
    if "timestamp" in frame:
        assert frame.pop("timestamp").endswith("Z")
    return frame
