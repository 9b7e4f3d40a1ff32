"""The kinds that this app itself sends."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.registry import Channel, register_kind

register_kind(
    "announcement",
    label=_("Announcements"),
    audience=_("Everybody, or the group it is for"),
    channels=[Channel.IN_APP, Channel.PUSH],
)
