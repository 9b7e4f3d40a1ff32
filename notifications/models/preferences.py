"""How a user wants to be told."""

from __future__ import annotations

import zoneinfo
from datetime import time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.registry import Channel


class Digest(models.TextChoices):
    """How often e-mails that can wait are sent as one."""

    OFF = "off", _("each at once")
    DAILY = "daily", _("once a day")
    WEEKLY = "weekly", _("once a week")


def validate_timezone(name: str) -> None:
    """Refuses what isn't a name of the IANA time zone database."""
    if name and name not in zoneinfo.available_timezones():
        raise ValidationError(_("This is not a time zone."), code="invalid")


def languages() -> list[tuple[str, str]]:
    """What the project is translated into. A function, so that adding one is no change of the table."""
    return list(settings.LANGUAGES)


class NotificationSettings(models.Model):
    """A user's times: when not to be disturbed, and when digests come. Absent: the defaults."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="notification_settings",
    )
    timezone = models.CharField(max_length=64, blank=True, validators=[validate_timezone])
    language = models.CharField(max_length=10, blank=True, choices=languages)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    digest = models.CharField(max_length=6, choices=Digest.choices, default=Digest.OFF)
    digest_at = models.TimeField(default=time(8))
    digest_weekday = models.PositiveSmallIntegerField(
        default=0, help_text=_("0 is Monday, 6 is Sunday.")
    )
    emails_stopped_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since then the user gets no e-mail at all.")
    )

    class Meta:
        verbose_name = "notification settings"
        verbose_name_plural = "notification settings"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(digest_weekday__lte=6), name="notification_digest_weekday"
            )
        ]

    def __str__(self) -> str:
        return f"settings of user {self.user_id}"

    def clean(self) -> None:
        missing = [name for name in ("quiet_from", "quiet_until") if getattr(self, name) is None]
        if len(missing) == 1:
            raise ValidationError({missing[0]: _("Quiet hours need a beginning and an end.")})


class ChannelPreference(models.Model):
    """One cell of a user's matrix that they changed: whether this channel carries this kind."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="channel_preferences"
    )
    kind = models.CharField(max_length=80)
    channel = models.CharField(
        max_length=10, choices=[(channel.value, channel.value) for channel in Channel]
    )
    enabled = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "channel"], name="notification_one_preference"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}: {'on' if self.enabled else 'off'}"


class MutedTarget(models.Model):
    """A thing (``ticket:<uuid>``) that a user doesn't want to hear of, but for being mentioned."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="muted_targets"
    )
    target = models.CharField(max_length=200)
    until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "target"], name="notification_one_mute")
        ]

    def __str__(self) -> str:
        return self.target
