"""Livedesk's engine: durable events for Django models, delivered over WebSockets in order and without loss.

The public names are here; everything else is the engine's own business. See docs/your-own-models.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime.actor import Actor, acting_as
    from realtime.boards import board
    from realtime.capture import live
    from realtime.log.access import record_access_change
    from realtime.log.record import record
    from realtime.log.snapshot import Snapshot, snapshot
    from realtime.presence.selectors import (
        aconnection_count,
        aonline_users,
        connection_count,
        online_users,
    )
    from realtime.registry import (
        Chat,
        Dependency,
        Receipt,
        event,
        personal_topics,
        presence_audience,
        topic,
    )
    from realtime.sending import (
        abroadcast,
        adisconnect,
        asend_to_room,
        asend_to_staff,
        asend_to_user,
        asend_to_users,
        atell,
        broadcast,
        disconnect,
        send_to_room,
        send_to_staff,
        send_to_user,
        send_to_users,
        tell,
    )

# Loaded when first used: most of these need Django's apps, and this package is imported before they are ready.
_HOMES = {
    "realtime.actor": ("Actor", "acting_as"),
    "realtime.boards": ("board",),
    "realtime.capture": ("live",),
    "realtime.log.access": ("record_access_change",),
    "realtime.log.record": ("record",),
    "realtime.log.snapshot": ("Snapshot", "snapshot"),
    "realtime.presence.selectors": (
        "aconnection_count",
        "aonline_users",
        "connection_count",
        "online_users",
    ),
    "realtime.registry": (
        "Chat",
        "Dependency",
        "Receipt",
        "event",
        "personal_topics",
        "presence_audience",
        "topic",
    ),
    "realtime.sending": (
        "abroadcast",
        "adisconnect",
        "asend_to_room",
        "asend_to_staff",
        "asend_to_user",
        "asend_to_users",
        "atell",
        "broadcast",
        "disconnect",
        "send_to_room",
        "send_to_staff",
        "send_to_user",
        "send_to_users",
        "tell",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Actor",
    "Chat",
    "Dependency",
    "Receipt",
    "Snapshot",
    "abroadcast",
    "aconnection_count",
    "acting_as",
    "adisconnect",
    "aonline_users",
    "asend_to_room",
    "asend_to_staff",
    "asend_to_user",
    "asend_to_users",
    "atell",
    "board",
    "broadcast",
    "connection_count",
    "disconnect",
    "event",
    "live",
    "online_users",
    "personal_topics",
    "presence_audience",
    "record",
    "record_access_change",
    "send_to_room",
    "send_to_staff",
    "send_to_user",
    "send_to_users",
    "snapshot",
    "tell",
    "topic",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
