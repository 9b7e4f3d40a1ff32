"""How the desk did over some days: counts and times, by day, queue and agent."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import TruncDate

from tickets.models import Rating, SLAClock, Ticket
from tickets.states import ACTIVE, Status


def report(tickets: QuerySet[Ticket], start: date, end: date) -> dict[str, Any]:
    """The numbers of ``tickets`` for the days from ``start`` to ``end``, both included, in UTC. Times are in seconds.

    Those that were merged into others aren't counted as resolved.
    """
    first = datetime.combine(start, time(), UTC)
    last = datetime.combine(end + timedelta(days=1), time(), UTC)
    created = tickets.filter(created_at__gte=first, created_at__lt=last)
    resolved = tickets.filter(resolved_at__gte=first, resolved_at__lt=last).exclude(
        status=Status.MERGED
    )
    return {
        "from": start,
        "to": end,
        "totals": _totals(tickets, created, resolved),
        "days": _days(created, resolved, start, end),
        "queues": _groups(created, resolved, "queue__slug"),
        "agents": _groups(created, resolved, "assignee__username"),
    }


def _totals(
    tickets: QuerySet[Ticket], created: QuerySet[Ticket], resolved: QuerySet[Ticket]
) -> dict[str, Any]:
    clocks = SLAClock.objects.filter(ticket__in=created)
    ratings = Rating.objects.filter(ticket__in=resolved)
    return {
        "active": tickets.filter(status__in=ACTIVE).count(),
        "created": created.count(),
        "resolved": resolved.count(),
        "first_response_seconds": _seconds(created.aggregate(v=_span("first_reply_at"))["v"]),
        "resolution_seconds": _seconds(resolved.aggregate(v=_span("resolved_at"))["v"]),
        "promises": clocks.count(),
        "promises_broken": clocks.filter(breached_at__isnull=False).count(),
        **ratings.aggregate(ratings=Count("pk"), rating=Avg("score")),
    }


def _span(until: str) -> Avg:
    span = ExpressionWrapper(F(until) - F("created_at"), output_field=DurationField())
    return Avg(span, filter=Q(**{f"{until}__isnull": False}))


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else round(span.total_seconds())


def _days(
    created: QuerySet[Ticket], resolved: QuerySet[Ticket], start: date, end: date
) -> list[dict[str, Any]]:
    counts: dict[date, dict[str, Any]] = {}
    for offset in range((end - start).days + 1):
        day = start + timedelta(days=offset)
        counts[day] = {"day": day, "created": 0, "resolved": 0}
    for name, rows, column in (
        ("created", created, "created_at"),
        ("resolved", resolved, "resolved_at"),
    ):
        by_day = rows.annotate(day=TruncDate(column)).values("day").order_by()
        for row in by_day.annotate(n=Count("pk")):
            counts[row["day"]][name] = row["n"]
    return list(counts.values())


def _groups(
    created: QuerySet[Ticket], resolved: QuerySet[Ticket], column: str
) -> list[dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    empty = {
        "created": 0,
        "resolved": 0,
        "first_response_seconds": None,
        "resolution_seconds": None,
    }
    for row in created.order_by().values(column).annotate(n=Count("pk"), v=_span("first_reply_at")):
        if row[column] is not None:
            group = groups.setdefault(row[column], {"name": row[column], **empty})
            group.update(created=row["n"], first_response_seconds=_seconds(row["v"]))
    for row in resolved.order_by().values(column).annotate(n=Count("pk"), v=_span("resolved_at")):
        if row[column] is not None:
            group = groups.setdefault(row[column], {"name": row[column], **empty})
            group.update(resolved=row["n"], resolution_seconds=_seconds(row["v"]))
    return [groups[name] for name in sorted(groups)]
