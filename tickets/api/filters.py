"""How lists of tickets can be narrowed."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

from notifications.api.filters import YesNoFilter
from realtime.errors import InvalidField
from tickets.models import Priority, Status, Ticket
from tickets.search import narrowed, parse
from tickets.selectors.internal import has_tag, is_overdue, is_snoozed


class TicketFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no type information
    """``status`` and ``priority`` may be given several times. People are ids, ``me``, or ``none``."""

    q = django_filters.CharFilter(method="by_text", label="The language of the search")
    status = django_filters.MultipleChoiceFilter(choices=Status.choices, distinct=False)
    priority = django_filters.MultipleChoiceFilter(choices=Priority.choices, distinct=False)
    queue = django_filters.CharFilter(field_name="queue__slug")
    assignee = django_filters.CharFilter(method="by_person")
    requester = django_filters.CharFilter(method="by_person")
    tag = django_filters.CharFilter(method="by_tag")
    number = django_filters.NumberFilter(min_value=0, max_value=2**63 - 1)
    snoozed = YesNoFilter(method="by_snoozed")
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

    def by_tag(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return tickets.filter(has_tag(value, self.request.user))

    def by_snoozed(self, tickets: QuerySet[Ticket], name: str, value: bool) -> QuerySet[Ticket]:
        snoozed = is_snoozed(self.request.user)
        return tickets.filter(snoozed) if value else tickets.exclude(snoozed)

    def by_overdue(self, tickets: QuerySet[Ticket], name: str, value: bool) -> QuerySet[Ticket]:
        overdue = is_overdue(self.request.user)
        return tickets.filter(overdue) if value else tickets.exclude(overdue)

    def by_text(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return narrowed(tickets, parse(value), self.request.user)
