"""How lists of tickets can be narrowed."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet

from realtime.errors import InvalidField
from realtime.rest.filters import YesNoFilter
from tickets.models import Priority, SLAClock, Status, Ticket
from tickets.search import narrowed, parse
from tickets.selectors.access import tickets_worked_on_by


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
        return tickets.filter(self._worked_on(), tags__name=value)

    def by_snoozed(self, tickets: QuerySet[Ticket], name: str, value: bool) -> QuerySet[Ticket]:
        snoozed = Q(snoozed_until__isnull=False) & self._worked_on()
        return tickets.filter(snoozed) if value else tickets.exclude(snoozed)

    def by_overdue(self, tickets: QuerySet[Ticket], name: str, value: bool) -> QuerySet[Ticket]:
        broken = SLAClock.objects.filter(ticket=OuterRef("pk"), breached_at__isnull=False)
        overdue = Q(Exists(broken)) & self._worked_on()
        return tickets.filter(overdue) if value else tickets.exclude(overdue)

    def _worked_on(self) -> Q:
        """Tags, snoozing and clocks are known to those who work on a ticket; for others it is as if there were none."""
        return Q(pk__in=tickets_worked_on_by(self.request.user).values("pk"))

    def by_text(self, tickets: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return narrowed(tickets, parse(value), self.request.user)
