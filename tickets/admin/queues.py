"""Queues, their agents, and tags in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from tickets.admin.exchange import Exchanges, TagResource
from tickets.models import Queue, QueueMember, Tag
from tickets.sla import retarget_queue
from tickets.states import ACTIVE


class QueueMemberInline(TabularInline):  # type: ignore[misc]  # unfold has no type information
    model = QueueMember
    fields = ["user"]
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Queue)
class QueueAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no type information
    list_display = ["name", "slug", "active_tickets", "unassigned_tickets", "auto_assignment"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [QueueMemberInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        active = Q(tickets__status__in=ACTIVE)
        queues: QuerySet[Queue] = super().get_queryset(request)
        return queues.annotate(
            active=Count("tickets", filter=active),
            unassigned=Count("tickets", filter=active & Q(tickets__assignee=None)),
        )

    def save_model(
        self, request: HttpRequest, obj: Queue, form: ModelForm[Queue], change: bool
    ) -> None:
        """Another policy sets the clocks of its tickets anew."""
        super().save_model(request, obj, form, change)
        if change and "sla_policy" in form.changed_data:
            retarget_queue(obj)

    @admin.display(description="active", ordering="active")
    def active_tickets(self, queue: Any) -> int:
        return int(queue.active)

    @admin.display(description="unassigned", ordering="unassigned")
    def unassigned_tickets(self, queue: Any) -> int:
        return int(queue.unassigned)


@admin.register(Tag)
class TagAdmin(Exchanges):
    resource_classes = [TagResource]
    list_display = ["name", "used"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        tags: QuerySet[Tag] = super().get_queryset(request)
        return tags.annotate(tickets_count=Count("tickets"))

    @admin.display(description="tickets", ordering="tickets_count")
    def used(self, tag: Any) -> int:
        return int(tag.tickets_count)
