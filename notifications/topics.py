"""What the user's own room hears of notifications."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db.models import prefetch_related_objects

import realtime
from notifications.dialect import notification_event
from notifications.models import Notification
from notifications.selectors import counts_by_user, user_topic
from notifications.serializers import CountsSerializer, NotificationEventSerializer
from realtime.bridge.redis_out import outlet
from realtime.events import Event

_TOLD_FIELDS = {"count", "corrected_at"}
_QUIET_FIELDS = frozenset(
    field.name for field in Notification._meta.concrete_fields if field.name not in _TOLD_FIELDS
)
"""Being seen, read or archived is told as counters; only growing and being corrected are events."""


def _is_told(row: Notification, *, mention: bool) -> bool:
    return row.in_app and row.mention is mention


def _is_internal(data: Any) -> bool:
    """Whether other services must not hear of it: its sender put ``internal`` into its data."""
    about = data.get("data") if isinstance(data, dict) else None
    return isinstance(about, dict) and bool(about.get("internal"))


realtime.event(
    "notification.updated",
    schema=NotificationEventSerializer,
    summary="What a notification quotes was changed, or taken back: its text is another one now.",
    stays_inside=_is_internal,
    withdraws=True,
)


def _read_together(rows: list[Notification]) -> None:
    """What events about several people's notifications show beside the rows: one's own is known, or read when it is needed."""
    recipients = {row.recipient_id for row in rows}
    if len(recipients) > 1:
        prefetch_related_objects(rows, "actor")
        uncounted = [row for row in rows if row.counts is None]
        counts = counts_by_user({row.recipient_id for row in uncounted})
        for row in uncounted:
            row.counts = counts[row.recipient_id]


for _type, _mention, _summary in (
    ("notification.new", False, "Something the user is told about."),
    ("notification.mentioned", True, "Somebody mentioned the user."),
):
    realtime.event(
        _type,
        schema=NotificationEventSerializer,
        alias="notification",
        summary=_summary,
        stays_inside=_is_internal,
    )
    realtime.live(
        Notification,
        topics=lambda row: [user_topic(row.recipient_id)],
        data=NotificationEventSerializer,
        events={"created": _type, "updated": None, "deleted": None},
        changed={"count": _type, "corrected_at": "notification.updated"},
        ignore=_QUIET_FIELDS,
        seq_field="seq",
        when=partial(_is_told, mention=_mention),
        fetch=[_read_together],
    )

realtime.event(
    "notification.counts",
    schema=CountsSerializer,
    summary="The user's absolute counters, after something was seen, read or archived.",
)


@outlet
def _for_other_services(event: Event) -> Iterable[tuple[str, str]]:
    """``notif:user:<id>`` has the texts of the notification endpoint."""
    kind, _, user_id = event.topic.partition(":")
    if kind == "user" and event.type in ("notification.new", "notification.mentioned"):
        text = notification_event(event)
        if text is not None:
            yield f"notif:user:{user_id}", text
