"""Filing a ticket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from realtime.errors import InvalidField
from tickets.conf import tickets_config
from tickets.custom_fields import checked_fields, definitions_of
from tickets.errors import AgentsOnly
from tickets.mentions import users_mentioned
from tickets.models import Message, Participant, Priority, Queue, Role, Ticket, TriggerEvent
from tickets.notifying import tell_created, tell_filed_for, tell_mentioned
from tickets.selectors.access import queues_of
from tickets.services.auto_assign import auto_assign
from tickets.services.messages import store_message
from tickets.services.operation import clean_client_id, clean_text, operation
from tickets.triggers import run_triggers

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@operation
def create_ticket(
    *,
    actor: User,
    subject: str,
    content: str,
    priority: str = Priority.NORMAL,
    queue: str | None = None,
    requester: User | None = None,
    custom_fields: Mapping[str, Any] | None = None,
    client_id: str | None = None,
) -> tuple[Ticket, bool]:
    """Files a ticket with its first message; returns it, and whether it is new.

    ``queue`` is a slug; None: the default one. ``requester`` is for agents of the queue, who file it for somebody else. ``custom_fields``
    are values of the queue's fields, with all that are required; None: the client knows of none, and nothing is required. A retry
    with the same ``client_id`` gets the first ticket.

    Raises:
        AgentsOnly: a customer files a ticket for somebody else.
        InvalidField: there is no such queue, a text can't be stored, or ``custom_fields`` aren't what the queue wants.
    """
    client_id = clean_client_id(client_id)
    if client_id is not None and (first := _filed_before(actor, client_id)):
        return first, False
    queue_row = queue_named(queue)
    requester = requester or actor
    if requester != actor and not queues_of(actor).filter(pk=queue_row.pk).exists():
        raise AgentsOnly
    now = timezone.now()
    ticket = Ticket(
        subject=clean_text(subject, "subject", most=250),
        queue=queue_row,
        requester=requester,
        priority=clean_priority(priority),
        custom_fields=_fields_for(queue_row, custom_fields),
        created_by=actor,
        client_id=client_id,
        last_reply_at=now,
        last_customer_reply_at=now if requester == actor else None,
        created_at=now,
    )
    content = clean_text(content, "content", most=tickets_config().longest_message)
    try:
        # Without a client_id nothing can collide.
        with transaction.atomic(savepoint=client_id is not None):
            ticket.save(force_insert=True)
    except IntegrityError:
        first = _filed_before(actor, client_id) if client_id else None
        if first is None:
            raise
        return first, False
    Participant.objects.create(ticket=ticket, user=requester, role=Role.REQUESTER)
    _say_first(ticket, actor, content, requester)
    tell_created(ticket, actor)
    auto_assign(ticket)
    run_triggers(TriggerEvent.TICKET_CREATED, ticket)
    ticket.refresh_from_db()
    return ticket, True


def _fields_for(queue: Queue, given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if given is None else checked_fields(given, definitions_of(queue.custom_fields))


def _filed_before(actor: User, client_id: str) -> Ticket | None:
    return Ticket.objects.filter(created_by=actor, client_id=client_id).first()


def _say_first(ticket: Ticket, actor: User, content: str, requester: User) -> None:
    mentioned = users_mentioned(content, ticket, internal=False)
    message = Message(ticket=ticket, author=actor, content=content, created_at=ticket.created_at)
    store_message(message, mentioned)
    if requester != actor:
        tell_filed_for(ticket, message, mentioned, requester, actor)
    tell_mentioned(ticket, message, mentioned, actor)


def queue_named(slug: str | None) -> Queue:
    """A queue by its slug; None: the default one, made when it is first needed.

    Raises:
        InvalidField: there is none.
    """
    default = tickets_config().default_queue
    found = Queue.objects.filter(slug=slug or default).first()
    if found is None and slug in (None, default):
        found, _ = Queue.objects.get_or_create(slug=default, defaults={"name": default.title()})
    if found is None:
        raise InvalidField("There is no such queue.", field="queue")
    return found


def clean_priority(value: Any) -> str:
    """One of the priorities.

    Raises:
        InvalidField: it is none.
    """
    if value not in Priority.values:
        raise InvalidField(
            f"priority must be one of {', '.join(Priority.values)}.", field="priority"
        )
    return str(value)
