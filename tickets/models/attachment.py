"""Files that come with messages."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    import uuid


def _place(attachment: Attachment, name: str) -> str:
    """Where a file is kept: a name that nobody guesses and that says nothing of what is in it."""
    return f"attachments/{timezone.now():%Y/%m}/{secrets.token_urlsafe(24)}"


class Attachment(models.Model):
    """A file. Until a message takes it, those in the conversation see it, or agents only if it is ``internal``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="attachments")
    message = models.ForeignKey(
        "tickets.Message", models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    internal = models.BooleanField(default=False)
    name = models.CharField(max_length=150)
    content_type = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    file = models.FileField(upload_to=_place, max_length=200)
    thumbnail = models.FileField(upload_to=_place, max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    if TYPE_CHECKING:
        ticket_id: uuid.UUID

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def room(self) -> str:
        """The topic that hears of it."""
        return f"ticket-notes:{self.ticket_id}" if self.internal else f"ticket:{self.ticket_id}"


@receiver(post_delete, sender=Attachment)
def _delete_files(instance: Attachment, **_: Any) -> None:
    """Once the row is gone for good, so are its files."""
    for file in (instance.file, instance.thumbnail):
        if file.name:
            transaction.on_commit(partial(file.storage.delete, file.name))
