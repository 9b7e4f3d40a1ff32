"""Notifications in the admin."""

from notifications.admin import announcements, deliveries, notifications, preferences

__all__ = ["announcements", "deliveries", "notifications", "preferences"]
