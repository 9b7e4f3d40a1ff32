"""Keeping the clocks: they follow the ticket, whoever changes it and how."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from realtime.capture.declaring import changed_fields
from realtime.capture.observing import Observer, observe
from tickets.business_time import after, between
from tickets.models import ClockState, Metric, Queue, SLAClock, SLAPolicy, SLATarget, Status, Ticket
from tickets.states import ACTIVE

WARN_AT = 0.8
"""People are warned when so much of the time has passed."""

_PAUSED = (Status.PENDING, Status.ON_HOLD)
_STOPPED = (Status.RESOLVED, Status.CLOSED, Status.MERGED)


class ClockKeeper(Observer):
    """Observes tickets."""

    def created(self, rows: list[Any]) -> None:
        for ticket in rows:
            retarget(ticket)

    def changed(self, pairs: list[tuple[Any, Any]]) -> None:
        for old, new in pairs:
            fields = changed_fields(old, new)
            if fields & {"priority", "queue"}:
                retarget(new)
            elif fields & {"status", "first_reply_at"}:
                follow(new)


def observe_changes() -> None:
    """Starts keeping; called before tickets are declared live, so that their events show the clocks as they are then."""
    observe(Ticket, ClockKeeper())


def retarget(ticket: Ticket, now: datetime | None = None) -> None:
    """Gives the ticket the clocks that its queue's policy has for its priority; time that has passed counts on.

    What people were told of stays told, as long as it is so under the promise of now.
    """
    policy = ticket.queue.sla_policy
    target = policy.targets.filter(priority=ticket.priority).first() if policy else None
    clocks = {clock.metric: clock for clock in _locked_clocks(ticket)}
    now = now or timezone.now()
    for metric in Metric:
        seconds = _seconds(target, metric)
        clock = clocks.get(metric)
        if seconds is None or policy is None:
            if clock is not None:
                clock.delete()
            continue
        if clock is None:
            clock = SLAClock(
                ticket=ticket, metric=metric, policy=policy, target=seconds, remaining=seconds
            )
            clock.since = ticket.created_at
        else:
            _stop_counting(clock, now)
            clock.remaining += seconds - clock.target
            clock.policy, clock.target = policy, seconds
            _unmark(clock)
        _set(clock, ticket, now)
        clock.save()


def _seconds(target: SLATarget | None, metric: Metric) -> int | None:
    if target is None:
        return None
    first, whole = target.first_response_minutes, target.resolution_minutes
    minutes = first if metric == Metric.FIRST_RESPONSE else whole
    return None if minutes is None else minutes * 60


def follow(ticket: Ticket, now: datetime | None = None) -> None:
    """Lets the clocks run, rest or stop as the ticket's state says."""
    now = now or timezone.now()
    for clock in _locked_clocks(ticket).select_related("policy__calendar"):
        if clock.state == _state_for(clock, ticket):
            continue
        _stop_counting(clock, now)
        _set(clock, ticket, now)
        clock.save()


def _locked_clocks(ticket: Ticket) -> QuerySet[SLAClock]:
    """The ticket's clocks, locked, so that a warning written down meanwhile isn't overwritten."""
    return SLAClock.objects.select_for_update(of=("self",)).filter(ticket=ticket)


def _state_for(clock: SLAClock, ticket: Ticket) -> ClockState:
    answered = clock.metric == Metric.FIRST_RESPONSE and ticket.first_reply_at is not None
    if answered or ticket.status in _STOPPED:
        return ClockState.STOPPED
    return ClockState.PAUSED if ticket.status in _PAUSED else ClockState.RUNNING


def _stop_counting(clock: SLAClock, now: datetime) -> None:
    """Puts what has passed since into ``remaining``."""
    if clock.state == ClockState.RUNNING:
        clock.remaining -= between(clock.since, now, clock.policy.opening_hours())
    clock.since = now


def _unmark(clock: SLAClock) -> None:
    """Takes the marks off a clock that isn't counting, if its promise holds again."""
    if clock.remaining > 0:
        clock.breached_at = None
    if clock.remaining > _left_at_warning(clock):
        clock.warned_at = None


def _left_at_warning(clock: SLAClock) -> float:
    return clock.target * (1 - WARN_AT)


def _set(clock: SLAClock, ticket: Ticket, now: datetime) -> None:
    """Sets a clock that isn't counting to the state that the ticket is in."""
    clock.state = _state_for(clock, ticket)
    if clock.state != ClockState.RUNNING:
        clock.due_at = clock.warn_at = None
        if clock.remaining < 0 and clock.breached_at is None:
            clock.breached_at = now
        return
    hours = clock.policy.opening_hours()
    clock.due_at = after(clock.since, clock.remaining, hours)
    clock.warn_at = after(clock.since, clock.remaining - _left_at_warning(clock), hours)


def recalculate(policies: Iterable[SLAPolicy]) -> int:
    """Sets the clocks of active tickets anew after a policy or its calendar was changed; returns how many tickets."""
    queues = Queue.objects.filter(sla_policy__in=policies)
    return sum(retarget_queue(queue) for queue in queues)


@transaction.atomic
def retarget_queue(queue: Queue) -> int:
    """Gives the active tickets of a queue the clocks that its policy wants now; returns how many tickets.

    Each is locked, as whoever changes one locks it, before its clocks: one that is resolved meanwhile isn't active any more.
    """
    tickets = Ticket.objects.filter(queue=queue, status__in=ACTIVE).order_by("pk")
    count = 0
    for ticket in (
        tickets.select_for_update(of=("self",))
        .select_related("queue__sla_policy__calendar")
        .iterator(chunk_size=200)
    ):
        retarget(ticket)
        count += 1
    return count
