"""Putting a ticket away for a while."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from realtime.actor import acting_as
from realtime.errors import InvalidField
from tickets.models import Ticket
from tickets.notifying import tell_woke
from tickets.services.operation import (
    locked,
    operation,
    require_agent,
    require_not_merged,
    require_version,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@operation
def snooze_ticket(
    *,
    ticket: Ticket,
    actor: User | None,
    until: datetime | None,
    expected_versions: Collection[int] | None = None,
) -> Ticket:
    """Puts a ticket away until a moment to come, or back now (None). A customer's reply brings it back as well.

    Raises:
        AgentsOnly: the actor doesn't work on the ticket.
        InvalidField: the moment has passed.
    """
    require_agent(actor, ticket)
    if until is not None and until <= timezone.now():
        raise InvalidField("until must be in the future.", field="until")
    ticket = locked(ticket)
    require_version(ticket, expected_versions)
    require_not_merged(ticket)
    if ticket.snoozed_until != until:
        ticket.snoozed_until = until
        ticket.save(update_fields=["snoozed_until"])
    return ticket


def wake_snoozed(now: datetime | None = None) -> str:
    """Brings tickets back whose time has come, each once; returns a summary."""
    now = now or timezone.now()
    due = Ticket.objects.filter(snoozed_until__lte=now)
    woken = 0
    for pk in list(due.order_by("snoozed_until").values_list("pk", flat=True)):
        with acting_as(None), transaction.atomic():
            if due.filter(pk=pk).update(snoozed_until=None):
                tell_woke(Ticket.objects.select_related("queue", "assignee").get(pk=pk))
                woken += 1
    return f"{woken} back"
