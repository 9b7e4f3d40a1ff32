"""Warning before a promise to a customer is broken, and saying so when it is."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from realtime.actor import acting_as
from tickets.models import ClockState, SLAClock
from tickets.notifying import tell_breached, tell_warned


def run_due_sla_checks(now: datetime | None = None) -> str:
    """Warns and reports breaches that are due, each once, however many processes look; returns a summary."""
    now = now or timezone.now()
    running = SLAClock.objects.filter(state=ClockState.RUNNING)
    breached = running.filter(due_at__lte=now, breached_at=None)
    warned = running.filter(warn_at__lte=now, due_at__gt=now, warned_at=None)
    done = {"breached": 0, "warned": 0}
    for clock_id in list(breached.order_by("due_at").values_list("pk", flat=True)):
        done["breached"] += _mark(breached, clock_id, "breached_at", now)
    for clock_id in list(warned.order_by("warn_at").values_list("pk", flat=True)):
        done["warned"] += _mark(warned, clock_id, "warned_at", now)
    return ", ".join(f"{number} {what}" for what, number in done.items())


def _mark(due: QuerySet[SLAClock], clock_id: int, column: str, now: datetime) -> int:
    """Writes the moment down and tells the people, unless it isn't due any more: another process did, or the clock was set anew."""
    with acting_as(None), transaction.atomic():
        if not due.filter(pk=clock_id).update(**{column: now}):
            return 0
        clock = SLAClock.objects.select_related("ticket__queue", "ticket__assignee").get(
            pk=clock_id
        )
        (tell_breached if column == "breached_at" else tell_warned)(clock)
        return 1


def sla_work_is_due(now: datetime | None = None) -> bool:
    """A cheap question: whether `run_due_sla_checks` would do anything."""
    now = now or timezone.now()
    running = SLAClock.objects.filter(state=ClockState.RUNNING)
    return (
        running.filter(due_at__lte=now, breached_at=None).exists()
        or running.filter(warn_at__lte=now, due_at__gt=now, warned_at=None).exists()
    )
