"""Making one ticket of two, and two of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from realtime.errors import InvalidField
from tickets.models import Attachment, Message, MessageKind, Participant, Role, Status, Ticket
from tickets.notifying import tell_added, tell_split
from tickets.selectors.access import is_agent, user_can_see
from tickets.selectors.people import agent_of
from tickets.services.messages import find_message
from tickets.services.operation import (
    clean_text,
    locked,
    operation,
    require_agent,
    require_not_merged,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@operation
def merge_tickets(*, ticket: Ticket, actor: User | None, into: Ticket) -> Ticket:
    """Moves all that was said in ``ticket``, and its people, into another one; returns that.

    What is left keeps its number and address, and says where the conversation goes on. Those who are new there are told.

    Raises:
        AgentsOnly: the actor doesn't work on both.
        InvalidField: it is the same ticket.
        TicketMerged: one of them was merged before.
    """
    require_agent(actor, ticket)
    require_agent(actor, into)
    if ticket.pk == into.pk:
        raise InvalidField("A ticket can't be merged into itself.", field="into")
    # Always locked in the same order, so that two merges never wait for each other.
    rows = {row.pk: row for row in map(locked, sorted((ticket, into), key=lambda t: str(t.pk)))}
    ticket, into = rows[ticket.pk], rows[into.pk]
    require_not_merged(ticket)
    require_not_merged(into)
    _move_messages(list(Message.objects.filter(ticket=ticket).values_list("pk", flat=True)), into)
    Attachment.objects.filter(ticket=ticket).update(ticket=into)
    newcomers = _copy_people(ticket, into)
    Ticket.objects.filter(merged_into=ticket).update(merged_into=into)
    ticket.status, ticket.merged_into = Status.MERGED, into
    ticket.resolved_at = ticket.resolved_at or timezone.now()
    ticket.snoozed_until = None
    ticket.save(update_fields=["status", "merged_into", "resolved_at", "snoozed_until"])
    _say(ticket, f"Merged into #{into.number}.")
    _say(into, f"#{ticket.number} “{ticket.subject}” was merged into this ticket.")
    if ticket.last_reply_at and (
        not into.last_reply_at or into.last_reply_at < ticket.last_reply_at
    ):
        into.last_reply_at = ticket.last_reply_at
        into.save(update_fields=["last_reply_at"])
    tell_added(into, newcomers, actor)
    return into


@operation
def split_ticket(*, ticket: Ticket, actor: User, messages: Sequence[Any], subject: str) -> Ticket:
    """Moves some messages (ids) into a new ticket with the same people, who are told, tags and custom fields; returns that.

    Its requester is who wrote the first of them, if a customer did who still takes part; else the old ticket's.

    Raises:
        AgentsOnly: the actor doesn't work on the ticket.
        InvalidField: there is none, a message isn't of this ticket, or all of them are named.
    """
    require_agent(actor, ticket)
    ticket = locked(ticket)
    require_not_merged(ticket)
    moving = _messages_named(ticket, messages)
    new = Ticket(
        subject=clean_text(subject, "subject", most=250),
        queue=ticket.queue,
        requester=_requester_of(ticket, moving[0]),
        assignee=agent_of(ticket),
        priority=ticket.priority,
        custom_fields=ticket.custom_fields,
        status=Status.OPEN,
        created_by=actor,
        last_reply_at=moving[-1].created_at,
    )
    new.save(force_insert=True)
    new.tags.set(ticket.tags.all())
    people = [new.requester] if new.requester is not None else []
    for requester in people:
        Participant.objects.create(ticket=new, user=requester, role=Role.REQUESTER)
    people += _copy_people(ticket, new)
    _move_messages([message.pk for message in moving], new)
    _say(new, f"Split from #{ticket.number} “{ticket.subject}”.")
    _say(ticket, f"Part of this conversation goes on in #{new.number} “{new.subject}”.")
    tell_split(new, people, actor)
    return new


def _requester_of(ticket: Ticket, first: Message) -> User | None:
    author = first.author
    if author is not None and not is_agent(author) and user_can_see(author, ticket):
        return author
    return ticket.requester


def _messages_named(ticket: Ticket, ids: Sequence[Any]) -> list[Message]:
    found = [find_message(ticket, message_id) for message_id in dict.fromkeys(map(str, ids))]
    messages = [message for message in found if message is not None]
    if not messages or len(messages) < len(found):
        raise InvalidField("Name messages of this ticket.", field="messages")
    talk = Message.objects.filter(ticket=ticket).exclude(kind=MessageKind.EVENT)
    if not talk.exclude(pk__in=[message.pk for message in messages]).exists():
        raise InvalidField("One message must stay.", field="messages")
    return sorted(messages, key=lambda message: str(message.pk))


def _move_messages(ids: Sequence[UUID], target: Ticket) -> None:
    """To the rooms, messages of the old ticket are gone and new in the other one, with new numbers."""
    moving = Message.objects.filter(pk__in=ids)
    # A client_id counts within a ticket. Where both have one, it stays with the message that is there.
    there = Message.objects.filter(
        ticket=target, author=OuterRef("author"), client_id=OuterRef("client_id")
    )
    moving.filter(Exists(there)).update(client_id=None)
    moving.update(ticket=target, seq=None)
    Attachment.objects.filter(message__in=ids).update(ticket=target)


def _copy_people(source: Ticket, target: Ticket) -> list[User]:
    """Lets those who take part in one ticket take part in another, with as much say; returns who is new there."""
    newcomers = []
    for row in source.participants.select_related("user"):
        role = Role.CC if row.role == Role.REQUESTER else row.role
        there, new = Participant.objects.get_or_create(
            ticket=target, user=row.user, defaults={"role": role}
        )
        if new:
            newcomers.append(row.user)
        elif there.role == Role.CC != role:
            there.role = role
            there.save(update_fields=["role"])
    return newcomers


def _say(ticket: Ticket, text: str) -> None:
    Message.objects.create(ticket=ticket, kind=MessageKind.EVENT, content=text)
