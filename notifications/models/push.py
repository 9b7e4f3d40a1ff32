"""Where a user's browsers take web pushes, and the key that signs them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7


class PushSubscription(models.Model):
    """What a browser's ``PushManager.subscribe`` gave (W3C Push API)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_subscriptions"
    )
    endpoint = models.CharField(max_length=1000, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    user_agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"browser of user {self.user_id}"


class VapidKey(models.Model):
    """The key pair by which push services know this server (RFC 8292); one row, made when first needed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    private_key = models.TextField()
    public_key = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.public_key
