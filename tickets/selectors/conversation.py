"""Messages of a ticket, as far as a user may read them."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, OuterRef, Prefetch, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from tickets.models import Attachment, Mention, Message, MessageKind, Reaction, Ticket


def messages_visible_to(user: Any, ticket: Ticket, *, works_on: bool) -> QuerySet[Message]:
    """A ticket's messages in the order they were written; notes only for those who work on it."""
    found = Message.objects.filter(ticket=ticket.pk)
    if not works_on:
        found = found.exclude(kind=MessageKind.NOTE)
    return with_message_details(found)


def with_message_details(messages: QuerySet[Message]) -> QuerySet[Message]:
    """What the serializer shows, in a fixed number of queries."""
    return messages.select_related("author").prefetch_related(
        Prefetch("mentions", Mention.objects.select_related("user")),
        Prefetch("reactions", Reaction.objects.select_related("user")),
        Prefetch("attachments", Attachment.objects.select_related("uploader")),
    )


def with_places(messages: QuerySet[Message]) -> QuerySet[Message]:
    """With ``place``, in the order of the conversation's numbers: a message's own, a note's that of what was said before it."""
    said = Message.objects.filter(ticket=OuterRef("ticket"), id__lt=OuterRef("id"))
    before = said.exclude(kind=MessageKind.NOTE).order_by("-id").values("seq")[:1]
    place = Case(When(kind=MessageKind.NOTE, then=Coalesce(Subquery(before), 0)), default="seq")
    return messages.annotate(place=place)


def message_with_details(pk: Any) -> Message:
    """A message as stored now, with its number once its transaction has committed."""
    return with_message_details(Message.objects.all()).get(pk=pk)


def attachments_visible_to(ticket: Ticket, *, works_on: bool) -> QuerySet[Attachment]:
    """The files of a ticket; those of notes only for those who work on it, those of deleted messages for nobody."""
    found = Attachment.objects.filter(ticket=ticket.pk, message__deleted_at=None)
    if not works_on:
        found = found.filter(internal=False)
    return found.select_related("uploader").order_by("id")
