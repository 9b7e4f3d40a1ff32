"""How lists of tickets can be narrowed."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet

from realtime.errors import InvalidField
from realtime.rest.filters import YesNoFilter
from tickets.models import Priority, SLAClock, Status, Ticket
from tickets.search import narrowed, parse


class TicketFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no type information
    """``status`` and ``priority`` may be given several times. People are ids, ``me``, or ``none``."""

    q = django_filters.CharFilter(method="by_text", label="The language of the search")
    status = django_filters.MultipleChoiceFilter(choices=Status.choices, distinct=False)
    priority = django_filters.MultipleChoiceFilter(choices=Priority.choices, distinct=False)
    queue = django_filters.CharFilter(field_name="queue__slug")
    assignee = django_filters.CharFilter(method="by_person")
    requester = django_filters.CharFilter(method="by_person")
    tag = django_filters.CharFilter(field_name="tags__name")
    number = django_filters.NumberFilter(min_value=0, max_value=2**63 - 1)
    snoozed = YesNoFilter(field_name="snoozed_until", lookup_expr="isnull", exclude=True)
    overdue = YesNoFilter(method="by_overdue")
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Ticket
        fields: list[str] = []

    def by_person(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        if value == "none":
            return tickets.filter(**{f"{name}__isnull": True})
        user_id: Any = self.request.user.pk if value == "me" else value
        if value != "me" and not (value.isascii() and value.isdigit() and len(value) <= 18):
            raise InvalidField(f"{name} must be a user id, me or none.", field=name)
        return tickets.filter(**{name: user_id})

    def by_overdue(self, tickets: QuerySet[Ticket], name: str, value: bool) -> QuerySet[Ticket]:
        broken = SLAClock.objects.filter(ticket=OuterRef("pk"), breached_at__isnull=False)
        return tickets.filter(Exists(broken) if value else ~Exists(broken))

    def by_text(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return narrowed(tickets, parse(value), self.request.user)
