"""What is said to everybody."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from notifications.registry import Level


class Audience(models.TextChoices):
    EVERYBODY = "everybody", _("everybody")
    STAFF = "staff", _("the staff")
    GROUP = "group", _("a group")


class Announcement(models.Model):
    """Something said to everybody, to the staff or to a group; each of them gets it as a notification."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    level = models.CharField(
        max_length=10, choices=[(level.value, level.value) for level in Level], default=Level.INFO
    )
    url = models.CharField(max_length=500, blank=True)
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.EVERYBODY)
    group = models.ForeignKey(Group, on_delete=models.SET_NULL, null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, editable=False)
    told = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("How many people it has reached.")
    )

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if (self.audience == Audience.GROUP) != (self.group is not None):
            raise ValidationError({"group": _("Choose a group if it is for one, and only then.")})

    @property
    def target(self) -> str:
        return f"announcement:{self.pk}"
