"""What people were told, how they want to be told, and what became of each e-mail and push."""

from notifications.models.announcement import Announcement, Audience
from notifications.models.delivery import Delivery, DeliveryStatus
from notifications.models.inbound import InboundMessage, InboundStatus
from notifications.models.notification import Notification, Quote
from notifications.models.preferences import (
    ChannelPreference,
    Digest,
    MutedTarget,
    NotificationSettings,
)
from notifications.models.push import PushSubscription, VapidKey

__all__ = [
    "Announcement",
    "Audience",
    "ChannelPreference",
    "Delivery",
    "DeliveryStatus",
    "Digest",
    "InboundMessage",
    "InboundStatus",
    "MutedTarget",
    "Notification",
    "NotificationSettings",
    "PushSubscription",
    "Quote",
    "VapidKey",
]
