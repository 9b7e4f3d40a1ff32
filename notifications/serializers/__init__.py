"""What REST takes and shows, and what events carry."""

from notifications.serializers.notification import (
    CountsSerializer,
    NotificationEventSerializer,
    NotificationPageSerializer,
    NotificationSerializer,
)
from notifications.serializers.preferences import (
    MutedTargetSerializer,
    PreferencesSerializer,
    SettingsSerializer,
)
from notifications.serializers.push import BrowserSerializer, PushKeySerializer

__all__ = [
    "BrowserSerializer",
    "CountsSerializer",
    "MutedTargetSerializer",
    "NotificationEventSerializer",
    "NotificationPageSerializer",
    "NotificationSerializer",
    "PreferencesSerializer",
    "PushKeySerializer",
    "SettingsSerializer",
]
