"""The periodic work of the desk."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from notifications.jobs.registry import periodic
from tickets.models import Ticket
from tickets.services.sla import run_due_sla_checks, sla_work_is_due
from tickets.services.snooze import wake_snoozed
from tickets.services.transition import close_resolved


@periodic("tickets.sla", every=5, label="Warn of promises soon broken", needed=sla_work_is_due)
def sla() -> str:
    return run_due_sla_checks()


def _snoozed_are_due() -> bool:
    return Ticket.objects.filter(snoozed_until__lte=timezone.now()).exists()


@periodic("tickets.wake", every=5, label="Bring snoozed tickets back", needed=_snoozed_are_due)
def wake() -> str:
    return wake_snoozed()


@periodic(
    "tickets.close", every=timedelta(minutes=10), label="Close what has been resolved for long"
)
def close() -> str:
    return close_resolved()
