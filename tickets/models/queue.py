"""Queues: where tickets wait, and which agents work on them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from realtime.models.json_lists import JSONListField
from tickets.custom_fields import validate_definitions


class AutoAssignment(models.TextChoices):
    OFF = "off", _("Off")
    ROUND_ROBIN = "round_robin", _("Round robin")
    LEAST_BUSY = "least_busy", _("Least busy")


class Queue(models.Model):
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="QueueMember", related_name="queues"
    )
    auto_assignment = models.CharField(
        max_length=20, choices=AutoAssignment.choices, default=AutoAssignment.OFF
    )
    sla_policy = models.ForeignKey(
        "tickets.SLAPolicy",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="queues",
        verbose_name=_("SLA policy"),
    )
    custom_fields = JSONListField(
        validators=[validate_definitions],
        help_text=_(
            'Further fields of its tickets: [{"key": "order", "label": "Order", "type": "text"}, …]; '
            'types are text, number, yes_no, date and choice (with "choices").'
        ),
    )
    close_resolved_after_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Empty: resolved tickets stay so.")
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class QueueMember(models.Model):
    """An agent of a queue: sees and works on all of its tickets, as long as the user is staff."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="queue_memberships"
    )
    last_assigned_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("For taking turns.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "user"], name="tickets_queue_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.queue}"
