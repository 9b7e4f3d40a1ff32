"""Giving a ticket to an agent."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from realtime.errors import Conflict, InvalidField
from tickets.models import Ticket, TriggerEvent
from tickets.notifying import tell_assigned
from tickets.selectors.access import is_agent
from tickets.services.operation import (
    locked,
    operation,
    require_agent,
    require_not_merged,
    require_version,
)
from tickets.triggers import run_triggers

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@operation
def assign_ticket(
    *,
    ticket: Ticket,
    actor: User | None,
    assignee: User | None,
    expected_versions: Collection[int] | None = None,
) -> Ticket:
    """Makes ``assignee`` responsible, or nobody. One who is outside the queue sees the ticket from then on.

    Raises:
        Stale: it isn't at one of ``expected_versions``.
        AgentsOnly: the actor doesn't work on the ticket.
        InvalidField: the assignee is no agent.
        TicketMerged: the conversation goes on elsewhere.
    """
    require_agent(actor, ticket)
    if assignee is not None and not is_agent(assignee):
        raise InvalidField("Only active agents can be assigned.", field="assignee")
    ticket = locked(ticket)
    require_version(ticket, expected_versions)
    require_not_merged(ticket)
    if ticket.assignee_id == (assignee.pk if assignee else None):
        return ticket
    ticket.assignee = assignee
    ticket.save(update_fields=["assignee"])
    tell_assigned(ticket, actor)
    run_triggers(TriggerEvent.TICKET_CHANGED, ticket)
    return ticket


@operation
def claim_ticket(*, ticket: Ticket, actor: User) -> Ticket:
    """Assigns a ticket to the actor, unless somebody else was faster.

    Raises:
        AgentsOnly: the actor doesn't work on the ticket.
        Conflict: it is somebody else's; ``details["assignee"]`` says whose.
    """
    require_agent(actor, ticket)
    ticket = locked(ticket)
    require_not_merged(ticket)
    if ticket.assignee is not None and ticket.assignee_id != actor.pk:
        name = ticket.assignee.get_username()
        raise Conflict(f"{name} has it already.", assignee=str(ticket.assignee_id))
    if ticket.assignee_id != actor.pk:
        ticket.assignee = actor
        ticket.save(update_fields=["assignee"])
        run_triggers(TriggerEvent.TICKET_CHANGED, ticket)
    return ticket
