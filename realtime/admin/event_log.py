"""The event log, to look at."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.utils.html import format_html

from realtime.admin.looks import ReadOnlyAdmin
from realtime.models import StoredEvent, TopicHead
from realtime.registry import registry


class EventTypeFilter(admin.AllValuesFieldListFilter):
    """Offers the types that are declared: to look for those that occur would mean reading the whole log."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lookup_choices: Any = sorted(registry.event_types)


@admin.register(StoredEvent)
class StoredEventAdmin(ReadOnlyAdmin):
    list_display = ["type", "topic", "seq", "sender", "created_at"]
    list_filter = [("type", EventTypeFilter), "created_at"]
    search_fields = ["topic", "=type", "=sender"]
    search_help_text = "A topic or part of one, an event type, a username"
    date_hierarchy = "created_at"
    ordering = ["-position"]
    show_full_result_count = False
    fields = ["topic", "seq", "type", "version", "sender", "created_at", "uid", "shown_data"]

    @admin.display(description="Data")
    def shown_data(self, event: StoredEvent) -> str:
        text = json.dumps(json.loads(event.data), indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", text)


@admin.register(TopicHead)
class TopicHeadAdmin(ReadOnlyAdmin):
    list_display = ["topic", "seq", "floor"]
    search_fields = ["topic"]
    show_full_result_count = False
