"""System checks: a wrong setting stops the start with a sentence."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from notifications.conf import NotificationsConfig, notifications_config


@register("notifications")
def check_settings(**_: Any) -> list[CheckMessage]:
    try:
        found = notifications_config()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="See notifications/conf.py.", id="notifications.E001")]
    return [
        Error(f"settings.NOTIFICATIONS: {text}", id="notifications.E002") for text in _faults(found)
    ]


def _faults(found: NotificationsConfig) -> list[str]:
    faults = []
    url = urlsplit(found.base_url)
    if url.scheme not in ("http", "https") or not url.netloc or found.base_url.endswith("/"):
        faults.append("base_url must be like https://desk.example.org, without a slash at the end")
    if found.reply_address and found.reply_address.count("@") != 1:
        faults.append("reply_address must be one mailbox, like reply@desk.example.org")
    if found.most_attempts < 1:
        faults.append("most_attempts must be at least 1")
    return faults
