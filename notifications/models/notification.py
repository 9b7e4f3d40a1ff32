"""What a user was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from notifications.registry import Level

if TYPE_CHECKING:
    from notifications.selectors import Counts


class Notification(models.Model):
    """One thing a user was told, or several of one group in one row (``count``).

    It is unseen until the user opened the list, unread until they opened or dismissed it, and leaves the list when archived.
    Rows that aren't ``in_app`` only carry the text of an e-mail or a push.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who caused it."),
    )
    kind = models.CharField(max_length=80)
    level = models.CharField(
        max_length=10, choices=[(level.value, level.value) for level in Level], default=Level.INFO
    )
    title = models.CharField(max_length=250)
    message = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    target = models.CharField(
        max_length=200, blank=True, help_text=_("What it is about, e.g. ticket:0190…")
    )
    group_key = models.CharField(
        max_length=200, blank=True, help_text=_("Unread ones with the same key become one.")
    )
    count = models.PositiveIntegerField(default=1)
    data = models.JSONField(default=dict, blank=True)
    mention = models.BooleanField(default=False)
    in_app = models.BooleanField(default=True)
    seq = models.BigIntegerField(
        null=True, editable=False, help_text=_("Number of its event in the user's own room.")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text=_("When it last grew.")
    )
    corrected_at = models.DateTimeField(
        null=True, editable=False, help_text=_("When what it quotes was changed or taken back.")
    )
    seen_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Notification]] = models.Manager()

    counts: Counts | None = None
    """The recipient's counters with this one, where whoever saves the row knows them already."""

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "group_key"],
                condition=Q(read_at=None, archived_at=None, in_app=True) & ~Q(group_key=""),
                name="notification_one_open_per_group",
            )
        ]
        indexes = [
            models.Index(
                fields=["recipient", "-last_at", "-id"],
                condition=Q(in_app=True, archived_at=None),
                name="notification_list",
            ),
            models.Index(
                fields=["recipient", "-last_at", "-id"],
                condition=Q(in_app=True, archived_at=None, read_at=None),
                name="notification_unread",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Quote(models.Model):
    """A notification quotes a text (``message:<uuid>``), which may be changed or taken back later.

    One that has grown quotes the latest text only; ``count`` says at which of its sizes it quoted this one.
    """

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="quotes")
    source = models.CharField(max_length=200, db_index=True)
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.source
