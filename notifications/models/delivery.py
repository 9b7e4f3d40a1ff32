"""What became of each e-mail and push."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from notifications.registry import Channel


def new_reply_token() -> str:
    """What makes a reply address unguessable: 160 random bits, in letters that survive any mail system."""
    return secrets.token_hex(20)


class DeliveryStatus(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    SKIPPED = "skipped", _("not needed any more")


class Delivery(models.Model):
    """One notification on its way by e-mail or to one browser. Queued rows are the queue.

    ``due_at`` is when it is tried (next); whoever tries it holds it until ``leased_until``, so that a process that dies leaves
    it to another. Those of a ``digest`` that are due together go out as one e-mail.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notification = models.ForeignKey(
        "notifications.Notification", on_delete=models.CASCADE, related_name="deliveries"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(
        max_length=10,
        choices=[(channel.value, channel.value) for channel in (Channel.EMAIL, Channel.PUSH)],
    )
    subscription = models.ForeignKey(
        "notifications.PushSubscription",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    digest = models.BooleanField(default=False)
    from_count = models.PositiveIntegerField(
        default=1,
        db_default=1,
        editable=False,
        help_text=_(
            "The size of the notification when it was queued: it carries what came from there on."
        ),
    )
    status = models.CharField(
        max_length=8, choices=DeliveryStatus.choices, default=DeliveryStatus.QUEUED
    )
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.TextField(blank=True, help_text=_("Why it failed or wasn't needed."))
    address = models.CharField(max_length=320, blank=True, help_text=_("Where it was sent."))
    message_id = models.CharField(max_length=255, blank=True, db_index=True)
    reply_token = models.CharField(max_length=40, default=new_reply_token, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(status="queued"),
                name="notification_delivery_due",
            ),
            models.Index(fields=["created_at"], name="notification_delivery_made"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to user {self.user_id}: {self.status}"
