"""What can be done with notifications. Each is one function, shared by REST, sockets, admin and jobs."""

from notifications.services.correcting import correct_quotes, withdraw_quotes
from notifications.services.notify import notify
from notifications.services.preferences import (
    mute_target,
    set_preferences,
    stop_emails,
    subscribe_browser,
    unmute_target,
)
from notifications.services.reading import (
    archive_notification,
    mark_all_read,
    mark_all_seen,
    mark_answered,
    mark_read,
    mark_target_read,
    mark_unread,
)

__all__ = [
    "archive_notification",
    "correct_quotes",
    "mark_all_read",
    "mark_all_seen",
    "mark_answered",
    "mark_read",
    "mark_target_read",
    "mark_unread",
    "mute_target",
    "notify",
    "set_preferences",
    "stop_emails",
    "subscribe_browser",
    "unmute_target",
    "withdraw_quotes",
]
