"""Who is told of what: the right people of a ticket, never the one who did it, never a customer of a note."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from notifications.services import notify
from tickets.models import Message, SLAClock, Status, Ticket
from tickets.quoting import excerpt_of, source_of
from tickets.selectors.people import (
    agent_of,
    agents_of_queue,
    followers_of,
    people_of,
    responsible_for,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def tell_created(ticket: Ticket, actor: User | None) -> None:
    first = ticket.messages.first()
    _tell("ticket.created", agents_of_queue(ticket.queue_id), ticket, actor, message=first)


def tell_assigned(ticket: Ticket, actor: User | None) -> None:
    if ticket.assignee is not None:
        _tell("ticket.assigned", [ticket.assignee], ticket, actor)


def tell_replied(
    ticket: Ticket,
    message: Message,
    mentioned: Iterable[User],
    actor: User | None,
    *,
    from_agent: bool,
) -> None:
    """Everybody in the conversation; those mentioned are told of that instead."""
    told = {user.pk: user for user in people_of(ticket)}
    if not from_agent and agent_of(ticket) is None:
        told |= {user.pk: user for user in agents_of_queue(ticket.queue_id)}
    group = f"ticket.replied:{ticket.pk}"
    others = _without(told.values(), mentioned)
    _tell("ticket.replied", others, ticket, actor, message=message, group_key=group)


def tell_noted(
    ticket: Ticket, message: Message, mentioned: Iterable[User], actor: User | None
) -> None:
    """The agents who follow the ticket; those mentioned are told of that instead."""
    group = f"ticket.noted:{ticket.pk}"
    others = _without(followers_of(ticket), mentioned)
    _tell("ticket.noted", others, ticket, actor, message=message, group_key=group)


def tell_mentioned(
    ticket: Ticket, message: Message, mentioned: Iterable[User], actor: User | None
) -> None:
    _tell("ticket.mentioned", mentioned, ticket, actor, message=message)


def tell_moved(ticket: Ticket, actor: User | None) -> None:
    if ticket.status == Status.RESOLVED and ticket.requester is not None:
        _tell("ticket.resolved", [ticket.requester], ticket, actor)


def tell_added(ticket: Ticket, people: Iterable[User], actor: User | None) -> None:
    _tell("ticket.added", people, ticket, actor)


def tell_split(ticket: Ticket, people: Iterable[User], actor: User | None) -> None:
    """The people of the conversation that it is a part of; its assignee is told of having it instead."""
    tell_added(ticket, _without(people, filter(None, [ticket.assignee])), actor)
    tell_assigned(ticket, actor)


def tell_filed_for(
    ticket: Ticket,
    message: Message,
    mentioned: Iterable[User],
    requester: User,
    actor: User | None,
) -> None:
    """For whom somebody else filed the ticket; who is mentioned is told of that instead."""
    _tell("ticket.added", _without([requester], mentioned), ticket, actor, message=message)


def tell_warned(clock: SLAClock) -> None:
    """Who should act: the assignee, or the agents of the queue while there is none."""
    _tell_of_clock("sla.warning", clock)


def tell_breached(clock: SLAClock) -> None:
    _tell_of_clock("sla.breached", clock)


def tell_rated(ticket: Ticket, score: int, actor: User | None) -> None:
    agent = agent_of(ticket)
    recipients = [agent] if agent is not None else []
    _tell("ticket.rated", recipients, ticket, actor, more={"score": score})


def tell_by_trigger(ticket: Ticket, recipients: Iterable[User], text: str) -> None:
    _tell("ticket.trigger", recipients, ticket, None, more={"text": text})


def _tell_of_clock(kind: str, clock: SLAClock) -> None:
    metric = str(clock.get_metric_display()).lower()
    _tell(kind, responsible_for(clock.ticket), clock.ticket, None, more={"metric": metric})


def tell_woke(ticket: Ticket) -> None:
    _tell("ticket.woke", responsible_for(ticket), ticket, None)


def _without(users: Iterable[User], others: Iterable[User]) -> list[User]:
    left_out = {user.pk for user in others}
    return [user for user in users if user.pk not in left_out]


def _tell(
    kind: str,
    recipients: Iterable[User],
    ticket: Ticket,
    actor: User | None,
    *,
    message: Message | None = None,
    group_key: str = "",
    more: dict[str, Any] | None = None,
) -> None:
    excerpt = excerpt_of(message) if message else ""
    data: dict[str, Any] = {
        "ticket_id": str(ticket.pk),
        "number": ticket.number,
        "subject": ticket.subject,
        "excerpt": excerpt,
        "thread_subject": f"[#{ticket.number}] {ticket.subject}",
        **(more or {}),
    }
    if message is not None and message.is_note:
        data["internal"] = True  # notes never go out to other services
        data["room"] = ticket.notes_room
    if message is not None:
        data["message_id"] = str(message.pk)
    notify(
        kind=kind,
        recipients=recipients,
        url=ticket.path,
        actor=actor,
        target=ticket.room,
        group_key=group_key,
        data=data,
        source=source_of(message) if message else "",
    )
