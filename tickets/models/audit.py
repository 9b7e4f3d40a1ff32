"""What happened to a ticket: who, what, before, after."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class TicketEvent(models.Model):
    """One entry of the audit. Written by `tickets.audit` whoever changed the row, never changed afterwards."""

    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="audit")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=60)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["ticket", "-id"], name="tickets_audit")]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name or 'the desk'}"
