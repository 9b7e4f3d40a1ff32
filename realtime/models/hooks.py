"""Webhooks: addresses that are told of events, and addresses through which others post."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from realtime.models.json_lists import JSONListField, validate_strings


def new_secret() -> str:
    """256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


class OutgoingHook(models.Model):
    """An address that is told of events, signed with ``secret``."""

    name = models.CharField(max_length=120)
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=80, default=new_secret)
    types = JSONListField(
        validators=[validate_strings],
        help_text='Event types, ["ticket.created"]; empty: all.',
    )
    rooms = models.CharField(
        max_length=200, blank=True, help_text="Rooms must begin with this; empty: any room."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class HookDelivery(models.Model):
    """One event on its way to one address; recorded with the event, in its transaction."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        DEAD = "dead"

    hook = models.ForeignKey(
        OutgoingHook, models.CASCADE, related_name="deliveries", db_constraint=False
    )
    """Unchecked: a process that hasn't heard yet that a hook was deleted must not fail with the change that it records."""
    position = models.BigIntegerField()
    """The event's place in the log."""
    event_type = models.CharField(max_length=80)
    room = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    """What is sent; kept from the first attempt on, so that a replay outlives the log."""
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=300, blank=True)
    """The HTTP status of the last answer, or why there was none."""
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "hook deliveries"
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(status="queued"),
                name="realtime_delivery_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_type} to {self.hook}: {self.status}"


class IncomingHook(models.Model):
    """An address through which another system posts messages into a room, as a bot's account."""

    name = models.CharField(max_length=120)
    secret = models.CharField(max_length=80, unique=True, default=new_secret)
    room = models.CharField(max_length=200)
    bot = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        help_text="The account that speaks; it needs the right to write in the room.",
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.name
