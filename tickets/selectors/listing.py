"""Tickets as lists and pages show them."""

from __future__ import annotations

from django.db.models import QuerySet

from tickets.models import Ticket


def with_details(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """What the serializers show, in a fixed number of queries."""
    return tickets.select_related("queue", "requester", "assignee").prefetch_related(
        "tags", "clocks"
    )
