"""What is said in a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from tickets.markdown import render_markdown

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User
    from django_stubs_ext.db.models.manager import RelatedManager

    from tickets.models.attachment import Attachment


class MessageKind(models.TextChoices):
    REPLY = "reply", _("Reply")
    NOTE = "note", _("Internal note")
    EVENT = "event", _("Event")


class Message(models.Model):
    """A reply, an internal note, or a line that the desk itself wrote (``event``, without an author).

    ``seq`` is the number of its ``message.new`` in its room. A deleted message stays as a mark; its text is only kept here.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="messages")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=MessageKind.choices, default=MessageKind.REPLY)
    content = models.TextField(blank=True, help_text=_("Markdown."))
    html = models.TextField(editable=False, help_text=_("Rendered and sanitised."))
    client_id = models.CharField(max_length=80, null=True, blank=True, editable=False)
    in_reply_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replies"
    )
    seq = models.BigIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    new_mentions: list[User] | None = None
    """Whom a message about to be saved mentions: its event is made before their rows can be."""
    new_attachments: list[Attachment] | None = None
    """Likewise the files that come with it."""

    if TYPE_CHECKING:
        author_id: int | None
        ticket_id: uuid.UUID
        in_reply_to_id: uuid.UUID | None
        reactions: RelatedManager[Reaction]
        mentions: RelatedManager[Mention]
        revisions: RelatedManager[Revision]
        attachments: RelatedManager[Attachment]

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["author", "client_id", "ticket"], name="tickets_message_once_in_ticket"
            )
        ]
        indexes = [
            models.Index(fields=["ticket", "id"], name="tickets_messages"),
            models.Index(
                fields=["ticket", "seq"],
                condition=~Q(kind=MessageKind.NOTE),
                name="tickets_messages_by_seq",
            ),
        ]

    def __str__(self) -> str:
        return self.content[:60]

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is None or "content" in fields:
            self.html = render_markdown(self.content)
            if fields is not None:
                kwargs["update_fields"] = {*fields, "html"}
        super().save(*args, **kwargs)

    @property
    def is_new(self) -> bool:
        """Whether this is the object that the message was made with: nobody can have reacted to it yet."""
        return self._state.adding or self.new_mentions is not None

    @property
    def is_note(self) -> bool:
        return self.kind == MessageKind.NOTE

    @property
    def room(self) -> str:
        """The topic that hears it: notes have one of their own."""
        return f"ticket-notes:{self.ticket_id}" if self.is_note else f"ticket:{self.ticket_id}"


class Revision(models.Model):
    """What a message said before an edit."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="revisions")
    content = models.TextField()
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"until {self.created_at:%Y-%m-%d %H:%M}"


class Mention(models.Model):
    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["message", "user"], name="tickets_mention_once")
        ]

    def __str__(self) -> str:
        return f"@{self.user}"


class Reaction(models.Model):
    message = models.ForeignKey(Message, models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=32)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    if TYPE_CHECKING:
        user_id: int

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "user", "emoji"], name="tickets_reaction_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.emoji} by {self.user}"
