"""Notifications that are told by hand: for code that keeps its own list of them.

`notifications.services.notify` stores one, counts it and sends it in all ways; here only the user's sockets are told, durably.
Each function has an ``a…`` twin for async code.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from asgiref.sync import sync_to_async

import realtime
from notifications.selectors import user_topic


class NotificationData(TypedDict, total=False):
    """Fields with these names have these types; others go along as they are."""

    id: str
    event: str
    type: Literal["info", "success", "warning", "error"]
    title: str
    message: str
    url: str
    actor: Any
    data: dict[str, Any]


def notify_notification_new(
    *, user_id: Any, notification_data: NotificationData, sender_username: str | None = None
) -> None:
    """Tells a user's sockets of something new for them."""
    _tell("notification.new", user_id, notification_data, sender_username)


def notify_notification_mentioned(
    *, user_id: Any, notification_data: NotificationData, sender_username: str | None = None
) -> None:
    """Tells a user's sockets that somebody mentioned them."""
    _tell("notification.mentioned", user_id, notification_data, sender_username)


def _tell(type: str, user_id: Any, data: NotificationData, sender: str | None) -> None:
    whole = {"type": "info", "title": "", "message": "", **data}
    realtime.tell(
        user_topic(user_id),
        type,
        whole,
        form=NotificationData,
        entity_id=data.get("id"),
        sender=sender,
    )


anotify_notification_new = sync_to_async(notify_notification_new)
anotify_notification_mentioned = sync_to_async(notify_notification_mentioned)
