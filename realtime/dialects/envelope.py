"""The standard envelope of a server event, and the frames that share its form."""

from __future__ import annotations

from typing import Any

import msgspec

from realtime.errors import RealtimeError
from realtime.events import Event, utc_now_text
from realtime.jsontext import dump_json, load_json
from realtime.registry import registry


class Envelope(msgspec.Struct, omit_defaults=True):
    type: str
    room: str | msgspec.UnsetType = msgspec.UNSET
    data: Any = msgspec.UNSET
    sender: str | msgspec.UnsetType | None = msgspec.UNSET
    timestamp: str | msgspec.UnsetType = msgspec.UNSET
    id: str | msgspec.UnsetType = msgspec.UNSET
    seq: int | msgspec.UnsetType = msgspec.UNSET


def envelope(event: Event) -> str:
    """An event in the standard envelope, as sockets get it. A `Shape`."""
    return _write(event, is_numbered(event))


def envelope_with_place(event: Event) -> str:
    """The same with its number in any case: whoever asks again over HTTP names the last. A `Shape`."""
    return _write(event, event.seq is not None)


def is_numbered(event: Event) -> bool:
    """Whether sockets are told its number. The values of a board pass by for them, although the log keeps them."""
    return event.seq is not None and event.topic not in registry.boards


def _write(event: Event, with_place: bool) -> str:
    return dump_json(
        Envelope(
            type=event.type,
            room=event.topic,
            data=current_data(event),
            sender=event.sender,
            timestamp=event.timestamp,
            id=event.id if with_place and event.id is not None else msgspec.UNSET,
            seq=event.seq if with_place and event.seq is not None else msgspec.UNSET,
        )
    ).decode()


def current_data(event: Event) -> Any:
    """The event's data: as stored, unless it is of an older version or has a place for its number."""
    known = registry.event_types.get(event.type)
    seq_key = registry.numbered.get(event.type)
    if seq_key is None and (known is None or known.version == event.version):
        return event.data
    data = load_json(event.data)
    if known is not None:
        for version in range(event.version, known.version):
            data = known.upcast[version](data)
    if seq_key is not None and isinstance(data, dict):
        data[seq_key] = event.seq
    return data


def server_frame(type: str, **fields: Any) -> str:
    """A frame of the server itself: its type, the fields given, the time."""
    return dump_json({"type": type, **fields, "timestamp": utc_now_text()}).decode()


def given_back(ref: Any) -> dict[str, Any]:
    """A frame's ``ref`` as a field of its answer; nothing where it has none."""
    return {} if ref is None else {"ref": ref}


def error_data(error: RealtimeError, ref: Any) -> dict[str, Any]:
    """The ``data`` of an error frame. An app's own code stands in ``reason``, beside the protocol's."""
    reason = {} if error.code == error.frame_code else {"reason": error.code}
    return {"error": str(error), "code": error.frame_code, "ref": ref, **reason, **error.details}


def error_frame(error: RealtimeError, frame: dict[str, Any] | None = None) -> str:
    """The error frame of section 1; ``ref`` and ``room`` are those of the frame that it answers."""
    ref = (frame or {}).get("ref")
    room = (frame or {}).get("room")
    fields: dict[str, Any] = {"ref": ref, "data": error_data(error, ref)}
    if isinstance(room, str):
        fields["room"] = room
    return server_frame("error", **fields)
