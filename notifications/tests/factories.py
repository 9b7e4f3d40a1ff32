"""Rows for tests: one factory for each model."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.contrib.auth import get_user_model

from notifications.models import Delivery, Notification
from notifications.registry import register_kind

_numbers = count(1)

REPLIED = register_kind(
    "test.replied",
    label="A reply",
    bundled_title="%(count)s new replies on #%(number)s",
)
MENTIONED = register_kind("test.mentioned", mention=True)
BREACHED = register_kind("test.breached", level="error", urgent=True)


def make_user(**fields: Any) -> Any:
    name = fields.pop("username", f"user{next(_numbers)}")
    return get_user_model().objects.create_user(
        username=name, **{"email": f"{name}@example.org", **fields}
    )


def make_notification(recipient: Any, **fields: Any) -> Notification:
    """A row as `notify` leaves it."""
    number = next(_numbers)
    return Notification.objects.create(
        recipient=recipient,
        **{"kind": REPLIED.name, "title": f"Notification {number}", "message": "Text", **fields},
    )


def make_delivery(user: Any, **fields: Any) -> Delivery:
    """An e-mail that waits to be sent."""
    return Delivery.objects.create(
        notification=fields.pop("notification", None) or make_notification(user),
        user=user,
        **{"channel": "email", **fields},
    )
