"""E-mails that came in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class InboundStatus(models.TextChoices):
    RECEIVED = "received", _("received")
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")
    IGNORED = "ignored", _("ignored")


class InboundMessage(models.Model):
    """An e-mail that came in, once by its Message-ID: the same one read twice does nothing more."""

    message_id = models.CharField(max_length=255, unique=True)
    sender = models.CharField(max_length=320)
    subject = models.CharField(max_length=250, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    target = models.CharField(max_length=200, blank=True)
    status = models.CharField(
        max_length=8, choices=InboundStatus.choices, default=InboundStatus.RECEIVED
    )
    reason = models.TextField(blank=True)
    content = models.TextField(
        blank=True, default="", db_default="", help_text=_("What it said, if it was refused.")
    )
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return f"{self.sender}: {self.subject}"
