"""Who takes part in a ticket, and how far they have read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    REQUESTER = "requester", _("Requester")
    CC = "cc", _("Copied in")
    WATCHER = "watcher", _("Watcher")
    AGENT = "agent", _("Agent")


class Participant(models.Model):
    """Somebody who takes part. The requester is one; the assignee needn't be."""

    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="participants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="ticket_participations"
    )
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.CC)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    if TYPE_CHECKING:
        user_id: int

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "user"], name="tickets_participant_once")
        ]
        indexes = [models.Index(fields=["user", "ticket"], name="tickets_by_participant")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class ReadPointer(models.Model):
    """How far somebody has read: the last number of the conversation and of the notes. Never goes back.

    Agents who merely look have one too, so it isn't part of `Participant`.
    """

    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="read_pointers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seq = models.BigIntegerField(default=0)
    notes_seq = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "user"], name="tickets_read_pointer_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.seq}"
