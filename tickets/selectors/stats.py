"""Numbers of the desk."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from tickets.models import Priority, Status, Ticket
from tickets.states import ACTIVE


def dashboard_stats() -> dict[str, Any]:
    """The whole desk in a few numbers, in one query: what every member of the staff may know. Merging solves nothing."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    active = Q(status__in=ACTIVE)
    found = Ticket.objects.aggregate(
        total=Count("pk"),
        active=Count("pk", filter=active),
        unassigned=Count("pk", filter=active & Q(assignee=None)),
        urgent=Count("pk", filter=active & Q(priority=Priority.URGENT)),
        created_today=Count("pk", filter=Q(created_at__gte=today)),
        resolved_today=Count("pk", filter=Q(resolved_at__gte=today) & ~Q(status=Status.MERGED)),
        **{f"status_{status}": Count("pk", filter=Q(status=status)) for status in Status.values},
    )
    by_status = {status: found.pop(f"status_{status}") for status in Status.values}
    return {**found, "by_status": by_status}
