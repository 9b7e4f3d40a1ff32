"""Conditions on what is internal to a ticket, for filters and search alike.

They hold for tickets that the user (None: the desk itself) works on; for others it is as if there were no tags, snoozing and clocks.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from tickets.models import ClockState, SLAClock, Ticket
from tickets.selectors.access import tickets_worked_on_by


def open_tickets_of(user: Any) -> QuerySet[Ticket]:
    """The tickets whose internal side is open to the user."""
    return tickets_worked_on_by(user) if user is not None else Ticket.objects.all()


def is_open_to(user: Any) -> Q:
    return Q(pk__in=open_tickets_of(user).values("pk"))


def has_tag(name: str, user: Any) -> Q:
    tagged = Ticket.tags.through.objects.filter(ticket=OuterRef("pk"), tag__name=name)
    return Q(Exists(tagged)) & is_open_to(user)


def is_snoozed(user: Any) -> Q:
    return Q(snoozed_until__isnull=False) & is_open_to(user)


def is_overdue(user: Any) -> Q:
    """A promise is broken that nobody has kept since, however late."""
    broken = SLAClock.objects.filter(ticket=OuterRef("pk"), breached_at__isnull=False)
    return Q(Exists(broken.exclude(state=ClockState.STOPPED))) & is_open_to(user)
