"""What a query finds, as far as a user may see it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from tickets.models import Message, MessageKind, Ticket
from tickets.search.index import (
    each_can_be_asked,
    has_terms,
    is_common,
    matching,
    said_in_ticket,
    subject_has,
)
from tickets.search.language import Condition, Query
from tickets.selectors.access import is_agent, tickets_visible_to
from tickets.selectors.internal import has_tag, is_open_to, is_overdue, is_snoozed, open_tickets_of
from tickets.states import ACTIVE

_FEW = 2_000


def find_tickets(query: Query, user: Any) -> QuerySet[Ticket]:
    """The tickets that the user (None: the desk itself) sees and the query describes, by their subject or something said
    in them."""
    tickets = tickets_visible_to(user) if user is not None else Ticket.objects.all()
    return narrowed(tickets, query, user)


def narrowed(tickets: QuerySet[Ticket], query: Query, user: Any) -> QuerySet[Ticket]:
    """Those of the tickets, which the user sees, that the query describes."""
    for condition in query.conditions:
        wanted = _CONDITIONS[condition.key](condition, user)
        tickets = tickets.exclude(wanted) if condition.excluded else tickets.filter(wanted)
    if not query.has_text:
        return _without(tickets, query, user)
    numbered = Q(number=query.number) if query.number is not None else Q()
    if is_common(query.terms):
        return _few(tickets, user).filter(numbered | _has_words(query, user))
    return tickets.filter(numbered | _matches(query, user))


def _without(tickets: QuerySet[Ticket], query: Query, user: Any) -> QuerySet[Ticket]:
    """Those in which none of the words is that mustn't be there, as far as the user may read.

    Asked ticket by ticket where that can be: most of the latest will do, and all that won't may be more than fit into memory.
    """
    has = _has_words if each_can_be_asked() else _matches
    for term in query.terms:
        tickets = tickets.exclude(has(Query([replace(term, excluded=False)]), user))
    return tickets


def _matches(query: Query, user: Any) -> Q:
    return Q(pk__in=matching(query.terms, what="ticket")) | _said(query, user)


def _few(tickets: QuerySet[Ticket], user: Any) -> QuerySet[Ticket]:
    """The same tickets. A customer has few, and asking each of them is quicker than the planner believes."""
    if user is None or is_agent(user):
        return tickets
    ids = list(tickets.order_by().values_list("pk", flat=True)[:_FEW])
    return tickets if len(ids) == _FEW else Ticket.objects.filter(pk__in=ids)


def _has_words(query: Query, user: Any) -> Q:
    """Whether the words are in the subject or in a message that the user may read, asked ticket by ticket."""
    public = Q(subject_has(query.terms)) | Q(said_in_ticket(query.terms, notes=False))
    if user is not None and not is_agent(user):
        return public
    note = Q(said_in_ticket(query.terms, notes=True))
    if user is not None and not user.is_superuser:
        note &= is_open_to(user)
    return public | note


def _said(query: Query, user: Any) -> Q:
    """Whether the words are in a message of the ticket that the user may read, gathered from the messages."""
    found = Message.objects.filter(pk__in=matching(query.terms, what="message"), deleted_at=None)
    return Q(pk__in=_readable(found, user).values("ticket"))


def find_messages(query: Query, user: Any, tickets: Collection[Ticket]) -> QuerySet[Message]:
    """The messages of a few tickets, which the user sees, that have the words; the latest first."""
    ids = [ticket.pk for ticket in tickets]
    found = Message.objects.filter(has_terms(query.terms), ticket__in=ids, deleted_at=None)
    if user is not None:
        worked_on = list(open_tickets_of(user).filter(pk__in=ids).values_list("pk", flat=True))
        found = found.filter(~Q(kind=MessageKind.NOTE) | Q(ticket__in=worked_on))
    return found.order_by("-id")


def _readable(messages: QuerySet[Message], user: Any) -> QuerySet[Message]:
    """Notes only where the user works."""
    if user is None or user.is_superuser:
        return messages
    if not user.is_staff:
        return messages.exclude(kind=MessageKind.NOTE)
    open_to_user = open_tickets_of(user).filter(pk=OuterRef("ticket"))
    return messages.filter(~Q(kind=MessageKind.NOTE) | Exists(open_to_user))


def _person(condition: Condition, user: Any) -> Q:
    if condition.value == "me" and user is not None:
        return Q(**{condition.key: user})
    if condition.value == "none":
        return Q(**{f"{condition.key}__isnull": True})
    return Q(**{f"{condition.key}__username": condition.value})


def _flag(condition: Condition, user: Any) -> Q:
    if condition.value == "active":
        return Q(status__in=ACTIVE)
    if condition.value == "unassigned":
        return Q(assignee=None)
    return is_snoozed(user) if condition.value == "snoozed" else is_overdue(user)


_CONDITIONS: dict[str, Callable[[Condition, Any], Q]] = {
    "status": lambda c, user: Q(status=c.value),
    "priority": lambda c, user: Q(priority=c.value),
    "queue": lambda c, user: Q(queue__slug__iexact=c.value),
    "number": lambda c, user: Q(number=int(str(c.value))),
    "before": lambda c, user: Q(created_at__lt=c.value),
    "after": lambda c, user: Q(created_at__gte=c.value),
    "assignee": _person,
    "requester": _person,
    "tag": lambda c, user: has_tag(str(c.value), user),
    "is": _flag,
}
