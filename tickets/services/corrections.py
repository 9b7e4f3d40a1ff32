"""Messages that somebody changes or takes back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from tickets.conf import tickets_config
from tickets.errors import NotYours, TooLate
from tickets.mentions import users_mentioned
from tickets.models import Mention, Message, MessageKind, Revision, Ticket
from tickets.notifying import tell_mentioned
from tickets.services.operation import clean_text, locked, operation, require_agent, require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@operation
def edit_message(*, message: Message, actor: User, content: str) -> Message:
    """Changes what a message says; what it said before is kept.

    Raises:
        NotYours: somebody else wrote it.
        TooLate: the time for editing is over, or it was deleted.
    """
    content = clean_text(content, "content", most=tickets_config().longest_message)
    ticket, message = _changeable(message, actor)
    if actor.pk != message.author_id:
        raise NotYours
    if content == message.content:
        return message
    before = set(message.mentions.values_list("user", flat=True))
    mentioned = users_mentioned(content, ticket, internal=message.is_note)
    Revision.objects.create(message=message, content=message.content, edited_by=actor)
    message.mentions.exclude(user__in=mentioned).delete()
    Mention.objects.bulk_create(
        Mention(message=message, user=user) for user in mentioned if user.pk not in before
    )
    message.content, message.edited_at = content, timezone.now()
    message.save(update_fields=["content", "edited_at"])
    new = [user for user in mentioned if user.pk not in before]
    tell_mentioned(ticket, message, new, actor)
    return message


@operation
def delete_message(*, message: Message, actor: User) -> Message:
    """Takes a message back. It keeps its place and says nothing any more. Doing it twice changes nothing.

    Raises:
        NotYours: somebody else wrote it, and the actor is no superuser.
        TooLate: the time for deleting is over.
    """
    if message.deleted_at is not None:
        require_sight(actor, message.ticket)
        return message
    _, message = _changeable(message, actor)
    message.deleted_at = timezone.now()
    message.save(update_fields=["deleted_at"])
    return message


def _changeable(message: Message, actor: User) -> tuple[Ticket, Message]:
    """The message and its ticket as stored now, if the actor may change it still."""
    ticket = locked(message.ticket)
    message = Message.objects.select_related("author", "ticket").get(pk=message.pk)
    if message.ticket_id != ticket.pk:  # a merge or a split has moved it meanwhile
        return _changeable(message, actor)
    (require_agent if message.is_note else require_sight)(actor, ticket)
    if actor.pk != message.author_id and not actor.is_superuser:
        raise NotYours
    if message.deleted_at is not None:
        raise TooLate("The message was deleted.")
    if not _is_changeable(message, actor):
        raise TooLate(f"Messages can be changed for {tickets_config().edit_minutes} minutes.")
    return ticket, message


def _is_changeable(message: Message, actor: User) -> bool:
    if message.deleted_at is not None or message.kind == MessageKind.EVENT:
        return False
    limit = timedelta(minutes=tickets_config().edit_minutes)
    return actor.is_superuser or timezone.now() - message.created_at <= limit


def may_edit(*, message: Message, actor: User) -> bool:
    """Whether `edit_message` would let the actor, who sees the message."""
    return actor.pk == message.author_id and _is_changeable(message, actor)
