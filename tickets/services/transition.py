"""Moving a ticket from state to state."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from realtime.errors import IllegalTransition, InvalidField
from tickets.errors import NotFound, Stale
from tickets.models import Queue, Status, Ticket, TriggerEvent
from tickets.notifying import tell_moved
from tickets.selectors.access import user_works_on
from tickets.services.operation import locked, operation, require_sight, require_version
from tickets.states import legal_moves
from tickets.triggers import run_triggers

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@operation
def transition_ticket(
    *,
    ticket: Ticket,
    actor: User | None,
    status: str,
    expected_versions: Collection[int] | None = None,
) -> Ticket:
    """Moves a ticket. Customers may say that theirs is solved, or isn't. To where it stands already is no move.

    Raises:
        Stale: it isn't at one of ``expected_versions``.
        InvalidField: there is no such status.
        IllegalTransition: not from here; ``details["legal"]`` lists what is.
        Forbidden: the actor doesn't see the ticket.
    """
    require_sight(actor, ticket)
    if status not in Status.values:
        raise InvalidField(f"status must be one of {', '.join(Status.values)}.", field="status")
    ticket = locked(ticket)
    require_version(ticket, expected_versions)
    if ticket.status == status:
        return ticket
    as_agent = actor is None or user_works_on(actor, ticket)
    legal = legal_moves(ticket.status, as_agent=as_agent)
    if status not in legal:
        raise IllegalTransition(
            f"A ticket that is {ticket.status} can't become {status}.",
            status=ticket.status,
            legal=legal,
        )
    move(ticket, Status(status))
    tell_moved(ticket, actor)
    run_triggers(TriggerEvent.TICKET_CHANGED, ticket)
    return ticket


def move(ticket: Ticket, status: Status, *, also: Collection[str] = ()) -> None:
    """Writes the new state and what follows from it; whether it is legal was asked before. What is solved doesn't come back.

    ``also`` are columns that were changed beside it.
    """
    now = timezone.now()
    ticket.status = status
    ticket.resolved_at = (ticket.resolved_at or now) if status in _SOLVED else None
    ticket.closed_at = now if status == Status.CLOSED else None
    if status in _SOLVED:
        ticket.snoozed_until = None
    ticket.save(update_fields=["status", "resolved_at", "closed_at", "snoozed_until", *also])


_SOLVED = (Status.RESOLVED, Status.CLOSED, Status.MERGED)


def close_resolved(now: datetime | None = None) -> str:
    """Closes tickets that have been resolved for as long as their queue says, each once; returns a summary."""
    now = now or timezone.now()
    closed = 0
    for queue in Queue.objects.filter(close_resolved_after_days__isnull=False):
        before = now - timedelta(days=queue.close_resolved_after_days or 0)
        due = Ticket.objects.filter(queue=queue, status=Status.RESOLVED, resolved_at__lte=before)
        for ticket in due.order_by("resolved_at"):
            closed += _close(ticket)
    return f"{closed} closed"


def _close(ticket: Ticket) -> bool:
    """Closes it, unless somebody has opened it again (or changed or deleted it) since it was looked at."""
    try:
        transition_ticket(
            ticket=ticket, actor=None, status=Status.CLOSED, expected_versions=[ticket.version]
        )
    except (Stale, NotFound):
        return False
    return True
