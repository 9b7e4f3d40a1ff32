"""Messages as notifications quote them: cut where there is little room, and whole in e-mails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.text import Truncator

from notifications.registry import Passage
from notifications.selectors import name_of
from tickets.markdown import plain_text
from tickets.models import Attachment, Message, MessageKind
from tickets.selectors.access import tickets_visible_to, tickets_worked_on_by

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_SOURCE = "message:"
_EXCERPT = 200


def source_of(message: Message) -> str:
    """By what a notification that quotes a message is found."""
    return f"{_SOURCE}{message.pk}"


def excerpt_of(message: Message) -> str:
    """The beginning of a message in one line; of one that is only files, their names."""
    said = plain_text(message.content) or ", ".join(file.name for file in _files_of(message))
    return Truncator(said).chars(_EXCERPT)


def messages_in_full(sources: Sequence[str], user: User) -> list[Passage]:
    """What messages say now, the oldest first: those of these sources that weren't taken back and that the user may read."""
    is_note = Q(kind=MessageKind.NOTE)
    may_read = (is_note & Q(ticket__in=tickets_worked_on_by(user))) | (
        ~is_note & Q(ticket__in=tickets_visible_to(user))
    )
    ids = [source.removeprefix(_SOURCE) for source in sources]
    messages = Message.objects.filter(may_read, pk__in=ids, deleted_at=None).order_by("pk")
    return [
        Passage(
            author=name_of(message.author.get_username() if message.author else None),
            text=message.content,
            html=message.html,
            files=[file.name for file in _files_of(message)],
        )
        for message in messages.select_related("author").prefetch_related("attachments")
    ]


def _files_of(message: Message) -> list[Attachment]:
    if message.new_attachments is not None:
        return message.new_attachments
    return list(message.attachments.all())
