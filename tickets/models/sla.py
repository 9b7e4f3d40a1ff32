"""What is promised to customers, and the clocks that hold the desk to it."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from realtime.models.json_lists import JSONListField, is_list_of_strings
from tickets.business_time import WEEKDAYS, OpeningHours
from tickets.models.ticket import Priority

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


def validate_timezone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("Write a time zone such as Europe/Berlin."))


def validate_hours(value: Any) -> None:
    try:
        _spans_of(value)
    except (ValueError, TypeError):
        raise ValidationError(_('Hours are {"mon": [["09:00", "17:00"]], …} in order.')) from None


def validate_holidays(value: Any) -> None:
    try:
        if not is_list_of_strings(value):
            raise TypeError
        _days_of(value)
    except (ValueError, TypeError):
        raise ValidationError(_('Holidays are ["2026-12-25", …].')) from None


def _spans_of(hours: Any) -> dict[int, list[tuple[time, time]]]:
    """The spans of each weekday; raises `ValueError` or `TypeError` where they aren't understood."""
    spans: dict[int, list[tuple[time, time]]] = {}
    for day, given in dict(hours).items():
        parsed = [(time.fromisoformat(a), time.fromisoformat(b)) for a, b in given]
        flat = [edge for span in parsed for edge in span]
        in_order = [*flat[:-1], time.max] if flat and flat[-1] == time(0) else flat
        if in_order != sorted(set(in_order)):
            raise ValueError(f"the hours of {day} aren't in order")
        spans[WEEKDAYS.index(day)] = parsed
    return spans


def _days_of(holidays: Any) -> frozenset[date]:
    """The days that are off; raises likewise."""
    return frozenset(date.fromisoformat(day) for day in holidays)


def _working_days() -> dict[str, list[list[str]]]:
    return {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}


class Calendar(models.Model):
    """Opening hours: ``{"mon": [["09:00", "12:30"], ["13:00", "17:00"]], …}`` in local time, and days that are off."""

    name = models.CharField(max_length=120, unique=True)
    timezone = models.CharField(max_length=60, default="UTC", validators=[validate_timezone])
    hours = models.JSONField(default=_working_days, validators=[validate_hours])
    holidays = JSONListField(validators=[validate_holidays], help_text=_('["2026-12-25", …]'))

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def opening_hours(self) -> OpeningHours:
        """What is written here, ready to count with.

        Raises:
            ValueError: it isn't understood.
        """
        spans = _spans_of(self.hours)
        return OpeningHours(ZoneInfo(self.timezone), spans, _days_of(self.holidays))


class SLAPolicy(models.Model):
    """Targets by priority. Its queue's tickets get clocks; where a priority has no target, none."""

    name = models.CharField(max_length=120, unique=True)
    calendar = models.ForeignKey(
        Calendar,
        models.PROTECT,
        null=True,
        blank=True,
        help_text=_("Only its opening hours count. Empty: around the clock."),
    )

    if TYPE_CHECKING:
        targets: RelatedManager[SLATarget]

    class Meta:
        ordering = ["name"]
        verbose_name = "SLA policy"
        verbose_name_plural = "SLA policies"

    def __str__(self) -> str:
        return self.name

    def opening_hours(self) -> OpeningHours | None:
        return self.calendar.opening_hours() if self.calendar is not None else None


class SLATarget(models.Model):
    policy = models.ForeignKey(SLAPolicy, models.CASCADE, related_name="targets")
    priority = models.CharField(max_length=20, choices=Priority.choices)
    first_response_minutes = models.PositiveIntegerField(null=True, blank=True)
    resolution_minutes = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = "SLA target"
        constraints = [
            models.UniqueConstraint(fields=["policy", "priority"], name="tickets_sla_target_once")
        ]

    def __str__(self) -> str:
        return f"{self.policy}: {self.priority}"


class Metric(models.TextChoices):
    FIRST_RESPONSE = "first_response", _("First response")
    RESOLUTION = "resolution", _("Resolution")


class ClockState(models.TextChoices):
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped")


class SLAClock(models.Model):
    """A promise about one ticket. While it runs ``due_at`` says when it is broken; while it doesn't, what is left is kept.

    ``remaining`` is in seconds of opening hours, as of ``since``; it is negative once the promise is broken.
    """

    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="clocks")
    policy = models.ForeignKey(SLAPolicy, models.CASCADE, related_name="+")
    metric = models.CharField(max_length=20, choices=Metric.choices)
    state = models.CharField(max_length=10, choices=ClockState.choices, default=ClockState.RUNNING)
    target = models.PositiveIntegerField(help_text=_("Seconds of opening hours."))
    remaining = models.FloatField()
    since = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    warn_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["metric"]
        verbose_name = "SLA clock"
        constraints = [
            models.UniqueConstraint(fields=["ticket", "metric"], name="tickets_sla_clock_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state="running", breached_at=None),
                name="tickets_sla_due",
            ),
            models.Index(
                fields=["warn_at"],
                condition=Q(state="running", warned_at=None),
                name="tickets_sla_warn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_metric_display()} of {self.ticket_id}"

    def as_data(self) -> dict[str, Any]:
        """What agents are shown of it."""
        return {
            "metric": self.metric,
            "state": self.state,
            "due_at": self.due_at,
            "remaining": round(self.remaining),
            "warned_at": self.warned_at,
            "breached_at": self.breached_at,
        }
