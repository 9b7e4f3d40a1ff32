"""How people want to be told."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from notifications.models import (
    ChannelPreference,
    MutedTarget,
    NotificationSettings,
    PushSubscription,
)


@admin.register(NotificationSettings)
class NotificationSettingsAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no type information
    list_display = ["user", "timezone", "quiet_from", "quiet_until", "digest", "emails_stopped_at"]
    list_filter = ["digest", ("emails_stopped_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    autocomplete_fields = ["user"]


@admin.register(ChannelPreference)
class ChannelPreferenceAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ["user", "kind", "channel", "enabled"]
    list_filter = ["channel", "enabled", "kind"]
    list_select_related = ["user"]
    search_fields = ["user__username", "kind"]
    autocomplete_fields = ["user"]


@admin.register(MutedTarget)
class MutedTargetAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ["user", "target", "until", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "target"]
    autocomplete_fields = ["user"]


@admin.register(PushSubscription)
class PushSubscriptionAdmin(ModelAdmin):  # type: ignore[misc]
    """Browsers: they can be removed, not made."""

    list_display = ["user", "user_agent", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user_agent"]
    fields = ["user", "user_agent", "created_at"]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
