"""Who is told of what: the right people of a ticket, never the one who did it, never a customer of a note."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from notifications.services import notify
from tickets.markdown import plain_text
from tickets.models import Message, SLAClock, Status, Ticket
from tickets.selectors.people import (
    agent_of,
    agents_of_queue,
    followers_of,
    people_of,
    responsible_for,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_EXCERPT = 200


def excerpt_of(message: Message) -> str:
    """How a message is quoted."""
    return plain_text(message.content)[:_EXCERPT]


def source_of(message: Message) -> str:
    """By what a notification that quotes a message is found."""
    return f"message:{message.pk}"


def tell_created(ticket: Ticket, actor: User | None) -> None:
    first = ticket.messages.first()
    _tell(
        "ticket.created",
        agents_of_queue(ticket.queue_id),
        ticket,
        actor,
        f"New ticket #{ticket.number}: {ticket.subject}",
        message=first,
    )


def tell_assigned(ticket: Ticket, actor: User | None) -> None:
    if ticket.assignee is None:
        return
    title = f"#{ticket.number} was assigned to you: {ticket.subject}"
    _tell("ticket.assigned", [ticket.assignee], ticket, actor, title)


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
    title = f"New reply on #{ticket.number}: {ticket.subject}"
    group = f"ticket.replied:{ticket.pk}"
    others = _without(told.values(), mentioned)
    _tell("ticket.replied", others, ticket, actor, title, message=message, group_key=group)


def tell_noted(
    ticket: Ticket, message: Message, mentioned: Iterable[User], actor: User | None
) -> None:
    """The agents who follow the ticket; those mentioned are told of that instead."""
    title = f"New note on #{ticket.number}: {ticket.subject}"
    group = f"ticket.noted:{ticket.pk}"
    others = _without(followers_of(ticket), mentioned)
    _tell("ticket.noted", others, ticket, actor, title, message=message, group_key=group)


def tell_mentioned(
    ticket: Ticket, message: Message, mentioned: Iterable[User], actor: User | None
) -> None:
    who = actor.get_username() if actor else "The desk"
    title = f"{who} mentioned you on #{ticket.number}: {ticket.subject}"
    _tell("ticket.mentioned", mentioned, ticket, actor, title, message=message)


def tell_moved(ticket: Ticket, actor: User | None) -> None:
    if ticket.status != Status.RESOLVED or ticket.requester is None:
        return
    title = f"#{ticket.number} is solved: {ticket.subject}"
    _tell("ticket.resolved", [ticket.requester], ticket, actor, title)


def tell_added(ticket: Ticket, people: Iterable[User], actor: User | None) -> None:
    _tell("ticket.added", people, ticket, actor, _title_for_added(ticket))


def tell_split(ticket: Ticket, people: Iterable[User], actor: User | None) -> None:
    """The people of the conversation that it is a part of; its assignee is told of having it instead."""
    tell_added(ticket, _without(people, filter(None, [ticket.assignee])), actor)
    tell_assigned(ticket, actor)


def tell_filed_for(
    ticket: Ticket,
    message: Message,
    mentioned: Iterable[User],
    people: Iterable[User],
    actor: User | None,
) -> None:
    """Those for whom somebody else filed the ticket; those mentioned are told of that instead."""
    others = _without(people, mentioned)
    _tell("ticket.added", others, ticket, actor, _title_for_added(ticket), message=message)


def _title_for_added(ticket: Ticket) -> str:
    return f"You now take part in #{ticket.number}: {ticket.subject}"


def tell_warned(clock: SLAClock) -> None:
    """Who should act: the assignee, or the agents of the queue while there is none."""
    _tell_of_clock("sla.warning", clock, f"#{clock.ticket.number} is due soon")


def tell_breached(clock: SLAClock) -> None:
    _tell_of_clock("sla.breached", clock, f"#{clock.ticket.number} is overdue")


def tell_rated(ticket: Ticket, score: int, actor: User | None) -> None:
    title = f"#{ticket.number} was rated {score} of 5: {ticket.subject}"
    agent = agent_of(ticket)
    recipients = [agent] if agent is not None else []
    _tell("ticket.rated", recipients, ticket, actor, title, more={"score": score})


def tell_by_trigger(ticket: Ticket, recipients: Iterable[User], text: str) -> None:
    _tell("ticket.trigger", recipients, ticket, None, text, more={"text": text})


def _tell_of_clock(kind: str, clock: SLAClock, title: str) -> None:
    ticket = clock.ticket
    _tell(
        kind,
        responsible_for(ticket),
        ticket,
        None,
        f"{title}: {ticket.subject}",
        more={"metric": str(clock.get_metric_display()).lower()},
    )


def tell_woke(ticket: Ticket) -> None:
    title = f"#{ticket.number} is back: {ticket.subject}"
    _tell("ticket.woke", responsible_for(ticket), ticket, None, title)


def _without(users: Iterable[User], others: Iterable[User]) -> list[User]:
    left_out = {user.pk for user in others}
    return [user for user in users if user.pk not in left_out]


def _tell(
    kind: str,
    recipients: Iterable[User],
    ticket: Ticket,
    actor: User | None,
    title: str,
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
        title=title,
        message=excerpt,
        url=ticket.path,
        actor=actor,
        target=ticket.room,
        group_key=group_key,
        data=data,
        source=source_of(message) if message else "",
    )
