"""The settings of the desk: one typed struct, read from ``settings.TICKETS`` (a dict, every key optional)."""

from __future__ import annotations

import msgspec

from realtime.typed_settings import TypedSettings


class TicketsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``settings.TICKETS`` may say."""

    default_queue: str = "support"
    """Slug of the queue for tickets that name none; made when it is first needed."""
    edit_minutes: int = 60
    """How long authors may edit and delete what they wrote."""
    longest_message: int = 65_536
    """Characters."""
    largest_attachment: int = 10_485_760
    """Bytes."""
    attachment_link_seconds: int = 300
    """How long a link to an attachment works for whom it was made."""


tickets_config = TypedSettings("TICKETS", TicketsConfig)
