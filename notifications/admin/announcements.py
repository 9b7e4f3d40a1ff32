"""Announcements: written in the admin, heard by everybody at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from notifications.models import Announcement
from notifications.services.announcing import publish_announcement


@admin.register(Announcement)
class AnnouncementAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no type information
    """Saving one sends it; what was sent can't be changed."""

    list_display = ["title", "level", "audience", "group", "created_by", "created_at", "told"]
    list_filter = ["audience", "level", "created_at"]
    list_select_related = ["group", "created_by"]
    search_fields = ["title", "message"]
    fields = ["title", "message", "level", "url", "audience", "group"]
    autocomplete_fields = ["group"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        done = ["created_by", "created_at", "finished_at", "told"]
        return self.fields if obj is None else [*self.fields, *done]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Announcement, form: ModelForm[Announcement], change: bool
    ) -> None:
        publish_announcement(announcement=obj, actor=request.user)
