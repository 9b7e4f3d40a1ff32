"""When each periodic job runs next, and how its last run went; who does the work."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_INTERVAL = 366 * 86_400
"""Seconds."""


class Outcome(models.TextChoices):
    NEVER = "never", _("has not run yet")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")


class ScheduledJob(models.Model):
    """A periodic job of an installed app. The row is made when a worker first meets the job."""

    name = models.CharField(max_length=120, primary_key=True, editable=False)
    label = models.CharField(max_length=200, editable=False)
    enabled = models.BooleanField(default=True)
    every_seconds = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_INTERVAL)],
        help_text=_("Instead of the interval that the app declares."),
    )
    next_run_at = models.DateTimeField(default=timezone.now, db_index=True)
    running_until = models.DateTimeField(
        null=True, editable=False, help_text=_("Until then no other run is started.")
    )
    last_started_at = models.DateTimeField(null=True, editable=False)
    last_finished_at = models.DateTimeField(null=True, editable=False)
    last_outcome = models.CharField(
        max_length=10, choices=Outcome.choices, default=Outcome.NEVER, editable=False
    )
    last_result = models.TextField(blank=True, editable=False)
    runs = models.PositiveBigIntegerField(default=0, editable=False)
    failures_in_a_row = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "scheduled job"

    def __str__(self) -> str:
        return self.label or self.name


class LiveWorker(models.Model):
    """A process that does background work, and when it last said so. The row goes when it stops."""

    name = models.CharField(max_length=120, primary_key=True, editable=False)
    seen_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "worker"

    def __str__(self) -> str:
        return self.name
