"""Replies and notes: writing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from notifications.services import mark_answered
from realtime.errors import Conflict, InvalidField
from tickets.conf import tickets_config
from tickets.errors import Collision
from tickets.mentions import users_mentioned
from tickets.models import (
    Attachment,
    Mention,
    Message,
    MessageKind,
    Status,
    Ticket,
    TriggerEvent,
)
from tickets.notifying import tell_mentioned, tell_noted, tell_replied
from tickets.selectors.access import user_works_on
from tickets.services.operation import (
    clean_client_id,
    clean_text,
    locked,
    operation,
    require_agent,
    require_not_merged,
    require_sight,
)
from tickets.services.transition import move
from tickets.states import REOPENED_BY_A_REPLY
from tickets.triggers import run_triggers

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@operation
def reply(
    *,
    ticket: Ticket,
    actor: User | None,
    content: str,
    client_id: str | None = None,
    in_reply_to: Any = None,
    attachments: Sequence[Any] = (),
    last_seen_seq: int | None = None,
    by_email: bool = False,
) -> tuple[Message, bool]:
    """Says something to everybody in the ticket; returns the message, and whether it is new.

    A customer's reply opens a ticket again; an agent's first one opens a new ticket. What the actor was told of the ticket counts as
    read (``by_email``: as far as it was mailed). A retry with the same ``client_id``, which counts within the ticket, gets the first
    message. With ``last_seen_seq`` an agent is stopped when another agent has replied since.

    Raises:
        Forbidden: the actor doesn't see the ticket.
        Collision: another agent was faster; ``details["message"]`` is the id of what they said.
        TicketMerged: the conversation goes on elsewhere.
        Conflict: the ``client_id`` was used for a note in this ticket.
        InvalidField: the text can't be stored, or ``in_reply_to`` is no message of this conversation.
    """
    require_sight(actor, ticket)
    draft = Draft(MessageKind.REPLY, content, client_id, in_reply_to, attachments, last_seen_seq)
    return _post(ticket, actor, draft, by_email=by_email)


@operation
def add_note(
    *,
    ticket: Ticket,
    actor: User | None,
    content: str,
    client_id: str | None = None,
    in_reply_to: Any = None,
    attachments: Sequence[Any] = (),
    by_email: bool = False,
) -> tuple[Message, bool]:
    """Writes an internal note, which no customer ever sees; as `reply` otherwise.

    Raises:
        AgentsOnly: the actor doesn't work on the ticket.
    """
    require_agent(actor, ticket)
    draft = Draft(MessageKind.NOTE, content, client_id, in_reply_to, attachments)
    return _post(ticket, actor, draft, by_email=by_email)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that somebody wants to write, unchecked."""

    kind: MessageKind
    content: Any
    client_id: Any
    in_reply_to: Any
    attachments: Sequence[Any]
    last_seen_seq: int | None = None

    def checked_content(self) -> str:
        """The text; none is needed where there is a file."""
        if self.attachments and self.content == "":
            return ""
        return clean_text(self.content, "content", most=tickets_config().longest_message)


def _post(
    ticket: Ticket, actor: User | None, draft: Draft, *, by_email: bool
) -> tuple[Message, bool]:
    client_id, content = clean_client_id(draft.client_id), draft.checked_content()
    if client_id is not None and (first := _said_before(ticket, actor, draft.kind, client_id)):
        return first, False
    ticket = locked(ticket)
    require_not_merged(ticket)
    _require_no_collision(ticket, actor, draft.last_seen_seq)
    message = Message(
        ticket=ticket,
        author=actor,
        kind=draft.kind,
        content=content,
        client_id=client_id,
        in_reply_to=_quoted(ticket, draft.kind, draft.in_reply_to),
    )
    mentioned = users_mentioned(content, ticket, internal=message.is_note)
    files = files_to_attach(ticket, actor, draft.attachments)
    try:
        # Without a client_id nothing can collide.
        with transaction.atomic(savepoint=client_id is not None):
            store_message(message, mentioned, files)
    except IntegrityError:
        first = _said_before(ticket, actor, draft.kind, client_id) if client_id else None
        if first is None:
            raise
        return first, False
    if actor is not None:
        mark_answered(user=actor, target=ticket.room, by_email=by_email)
    _tell(ticket, message, mentioned, actor)
    return message, True


def _require_no_collision(ticket: Ticket, actor: User | None, last_seen_seq: int | None) -> None:
    if last_seen_seq is None or actor is None or not user_works_on(actor, ticket):
        return
    since = Message.objects.filter(
        ticket=ticket, kind=MessageKind.REPLY, seq__gt=last_seen_seq, deleted_at=None
    )
    for other in since.exclude(author=actor).exclude(author=None).select_related("author"):
        if other.author_id != ticket.requester_id and user_works_on(other.author, ticket):
            name = other.author.get_username() if other.author else ""
            raise Collision(f"{name} has replied meanwhile.", message=str(other.pk))


def _tell(ticket: Ticket, message: Message, mentioned: list[User], actor: User | None) -> None:
    if message.is_note:
        tell_noted(ticket, message, mentioned, actor)
    else:
        from_agent = _note_reply(ticket, message, actor)
        tell_replied(ticket, message, mentioned, actor, from_agent=from_agent)
    tell_mentioned(ticket, message, mentioned, actor)
    if not message.is_note:
        event = TriggerEvent.AGENT_REPLIED if from_agent else TriggerEvent.CUSTOMER_REPLIED
        run_triggers(event, ticket)


def _said_before(
    ticket: Ticket, actor: User | None, kind: MessageKind, client_id: str
) -> Message | None:
    # What was said before a merge has moved with it.
    merged_into = Ticket.objects.filter(pk=ticket.pk).values("merged_into")
    here = Message.objects.filter(Q(ticket=ticket.pk) | Q(ticket__in=merged_into))
    first = here.filter(author=actor, client_id=client_id).first()
    if first is not None and first.kind != kind:
        raise Conflict("This client_id was used for another message.", field="client_id")
    return first


def store_message(
    message: Message, mentioned: list[User], files: Sequence[Attachment] = ()
) -> Message:
    """Saves a new message, whom it mentions and what comes with it."""
    message.new_mentions, message.new_attachments = mentioned, list(files)
    message.save(force_insert=True)
    for file in files:
        file.message, file.internal = message, message.is_note
        file.save(update_fields=["message", "internal"])
    Mention.objects.bulk_create(Mention(message=message, user=user) for user in mentioned)
    return message


def _quoted(ticket: Ticket, kind: MessageKind, message_id: Any) -> Message | None:
    if message_id is None:
        return None
    found = find_message(ticket, message_id)
    if found is None or (found.is_note and kind != MessageKind.NOTE):
        raise InvalidField("in_reply_to is no message of this conversation.", field="in_reply_to")
    return found


def files_to_attach(ticket: Ticket, actor: User | None, ids: Sequence[Any]) -> list[Attachment]:
    """Files that the actor has uploaded to the ticket and that aren't part of a message yet.

    Raises:
        InvalidField: one is something else.
    """
    if not isinstance(ids, list | tuple) or len(ids) > 20:
        raise InvalidField("attachments must be a list of at most 20 ids.", field="attachments")
    try:
        wanted = dict.fromkeys(UUID(str(pk)) for pk in ids)
    except ValueError:
        wanted = {UUID(int=0): None}
    found = Attachment.objects.filter(ticket=ticket, uploader=actor, message=None).in_bulk(
        list(wanted)
    )
    if len(found) < len(wanted):
        raise InvalidField("attachments must be files that you uploaded.", field="attachments")
    return [found[pk] for pk in wanted]


def find_message(ticket: Ticket, message_id: Any) -> Message | None:
    """A message of the ticket by its id, whatever the id is."""
    if not isinstance(message_id, UUID):
        try:
            message_id = UUID(str(message_id))
        except ValueError:
            return None
    return Message.objects.filter(ticket=ticket.pk, pk=message_id).first()


def _note_reply(ticket: Ticket, message: Message, actor: User | None) -> bool:
    """Keeps the times of replies, and moves the ticket as a reply does. Returns whether it was an agent's.

    What the desk says by itself answers nobody: it is no agent's reply.
    """
    if actor is None:
        ticket.last_reply_at = message.created_at
        ticket.save(update_fields=["last_reply_at"])
        return True
    from_agent = actor.pk != ticket.requester_id and user_works_on(actor, ticket)
    ticket.last_reply_at = message.created_at
    if from_agent:
        ticket.last_agent_reply_at = message.created_at
        ticket.first_reply_at = ticket.first_reply_at or message.created_at
    else:
        ticket.last_customer_reply_at = message.created_at
    opens = ticket.status == Status.NEW if from_agent else ticket.status in REOPENED_BY_A_REPLY
    if opens:
        move(ticket, Status.OPEN, also=_TIMES)
    else:
        ticket.save(update_fields=_TIMES)
    if not from_agent and ticket.snoozed_until is not None:
        ticket.snoozed_until = None
        ticket.save(update_fields=["snoozed_until"])
    return from_agent


_TIMES = ("last_reply_at", "last_agent_reply_at", "last_customer_reply_at", "first_reply_at")
