"""The settings of notifications: one typed struct, read from ``settings.NOTIFICATIONS`` (a dict, every key optional)."""

from __future__ import annotations

import msgspec
from django.conf import settings

from realtime.typed_settings import TypedSettings


class NotificationsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``settings.NOTIFICATIONS`` may say. Times are in seconds."""

    base_url: str = "http://localhost:8000"
    """Where links in e-mails lead: scheme and host, without a slash at the end."""
    product_name: str = "Livedesk"
    from_email: str = ""
    """Empty: ``DEFAULT_FROM_EMAIL``."""
    reply_address: str = ""
    """Mailbox for replies, ``reply@desk.example.org``; each e-mail answers to ``reply+<token>@…``. Empty: no replies."""
    email_delay: float = 30
    """An e-mail waits so long for others of its group, and for the user to read the notification in the app."""
    email_enabled: bool = True
    push_enabled: bool = True
    push_services: tuple[str, ...] = (
        "https://fcm.googleapis.com",
        "https://*.push.services.mozilla.com",
        "https://*.push.apple.com",
        "https://*.notify.windows.com",
    )
    """Origins that pushes may be sent to (``*`` is one or more labels): a browser names its own, so others are refused."""
    push_ttl: int = 86_400
    """How long a push service keeps a push for a browser that is away."""
    vapid_private_key: str = ""
    """Base64url of the raw P-256 private key. Empty: one is made and kept in the database."""
    vapid_contact: str = ""
    """``mailto:`` address for push services. Empty: made from ``from_email``."""
    most_attempts: int = 8
    first_retry: float = 30
    """Wait after the first failure; it doubles with each, up to ``longest_retry``."""
    longest_retry: float = 21_600
    send_timeout: float = 15
    lease: float = 300
    """How long a worker may hold a delivery before another takes it over."""
    keep_days: int = 90
    """How long finished deliveries and read notifications are kept."""
    largest_email: int = 10_485_760
    """Bytes of an incoming e-mail."""


notifications_config = TypedSettings("NOTIFICATIONS", NotificationsConfig)


def from_email() -> str:
    """The address that e-mails come from."""
    return notifications_config().from_email or settings.DEFAULT_FROM_EMAIL
