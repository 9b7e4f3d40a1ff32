"""What people were told, and when they saw it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from notifications.models import Notification
from notifications.services.counting import tell_counts
from realtime.admin.looks import ReadOnlyAdmin


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """Read only but for deletion: what was said stays said. Superusers see everybody's: they quote notes and tickets that
    others may not read."""

    deletable = True
    list_display = ["title", "recipient", "kind", "level", "count", "last_at", "read_at"]
    list_filter = ["kind", "level", ("read_at", admin.EmptyFieldListFilter), "in_app", "last_at"]
    list_select_related = ["recipient"]
    search_fields = ["title", "message", "recipient__username", "target"]
    date_hierarchy = "last_at"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        rows: QuerySet[Notification] = super().get_queryset(request)
        user: Any = request.user
        return rows if user.is_superuser else rows.filter(recipient=user)

    def delete_model(self, request: HttpRequest, obj: Notification) -> None:
        with transaction.atomic():
            super().delete_model(request, obj)
            transaction.on_commit(partial(tell_counts, obj.recipient_id))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        with transaction.atomic():
            for user_id in set(queryset.values_list("recipient", flat=True)):
                transaction.on_commit(partial(tell_counts, user_id))
            super().delete_queryset(request, queryset)
