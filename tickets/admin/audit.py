"""The audit in the admin: to be read."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from realtime.admin.looks import ReadOnlyAdmin
from tickets.models import TicketEvent
from tickets.selectors.access import tickets_worked_on_by


@admin.register(TicketEvent)
class TicketEventAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "ticket", "action", "actor_name", "before", "after"]
    list_filter = ["action", "created_at"]
    list_select_related = ["ticket"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["=ticket__number", "=actor_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketEvent]:
        seen = tickets_worked_on_by(request.user)
        return TicketEvent.objects.filter(ticket__in=seen).order_by("-id")
