"""Giving new tickets to agents by turns, or to the one with the least to do."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from tickets.models import AutoAssignment, Queue, QueueMember, Ticket
from tickets.notifying import tell_assigned
from tickets.states import ACTIVE


def auto_assign(ticket: Ticket) -> None:
    """Assigns a ticket that nobody has, if its queue does so by itself. Runs in the caller's transaction.

    The queue is locked, so that two tickets filed at once don't go to the same agent.
    """
    if ticket.assignee_id is not None or ticket.queue.auto_assignment == AutoAssignment.OFF:
        return
    queue = Queue.objects.select_for_update().get(pk=ticket.queue_id)
    chosen = _by_turns(queue, ticket).first()
    if chosen is None:
        return
    chosen.last_assigned_at = timezone.now()
    chosen.save(update_fields=["last_assigned_at"])
    ticket.assignee = chosen.user
    ticket.save(update_fields=["assignee"])
    tell_assigned(ticket, None)


def _by_turns(queue: Queue, ticket: Ticket) -> QuerySet[QueueMember, Any]:
    """The agents of the queue, the next one first."""
    members = QueueMember.objects.filter(
        queue=queue, user__is_active=True, user__is_staff=True
    ).exclude(user=ticket.requester_id)
    turn: list[Any] = [F("last_assigned_at").asc(nulls_first=True), "id"]
    if queue.auto_assignment == AutoAssignment.LEAST_BUSY:
        busy = Count("user__assigned_tickets", filter=Q(user__assigned_tickets__status__in=ACTIVE))
        members = members.annotate(busy=busy)
        turn.insert(0, "busy")
    return members.select_related("user").order_by(*turn)
