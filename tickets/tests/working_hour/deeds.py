"""What people do in the hour: each deed at random, with the rule of who may do it and who must be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tickets import services
from tickets.models import Message, Ticket
from tickets.tests.conftest import events_of
from tickets.tests.working_hour.book import Hour

_ACTIVE = ("new", "open", "pending", "on_hold")


def file(hour: Hour, actor: Any) -> None:
    if actor in hour.customers:
        queue = hour.chance.choice(hour.queues)
        given = {"subject": "S", "content": next(hour.words), "queue": queue.slug}
        services.create_ticket(actor=actor, **given)
        hour.said["reply"] += 1


# --- saying something ---


def reply(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """Everybody in the conversation is told, and the queue while a customer waits for its first agent. Mentions come instead."""
    text, mentioned = hour.text(ticket, internal=False)
    told, as_agent = hour.in_conversation(ticket), hour.works_on(actor, ticket)
    if not as_agent and ticket.assignee is None:
        told |= hour.members(ticket.queue)
    may = hour.sees(actor, ticket) and ticket.status != "merged"
    if made := hour.attempt(services.reply, may=may, ticket=ticket, actor=actor, content=text):
        _said(hour, actor, made[0], mentioned)
        hour.tell("ticket.replied", told - mentioned, actor)
        if not as_agent:
            hour.snoozed.pop(ticket.pk, None)


def note(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """The agents who follow the ticket are told."""
    text, mentioned = hour.text(ticket, internal=True)
    told = hour.followers(ticket)
    may = hour.works_on(actor, ticket) and ticket.status != "merged"
    if made := hour.attempt(services.add_note, may=may, ticket=ticket, actor=actor, content=text):
        _said(hour, actor, made[0], mentioned)
        hour.tell("ticket.noted", told - mentioned, actor)


def _said(hour: Hour, actor: Any, message: Message, mentioned: set[Any]) -> None:
    hour.said[message.kind] += 1
    hour.mentioned[message.pk] = mentioned
    hour.tell("ticket.mentioned", mentioned, actor)


def edit(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """Who is mentioned now and wasn't before is told; nobody else is, and what it said is nowhere any more."""
    if (message := _message(hour, actor, ticket)) is None:
        return
    text, mentioned = hour.text(ticket, internal=message.is_note)
    may = actor == message.author and hour.reads(actor, ticket, internal=message.is_note)
    if hour.attempt(services.edit_message, may=may, message=message, actor=actor, content=text):
        hour.take_back(message)
        hour.tell("ticket.mentioned", mentioned - hour.mentioned.get(message.pk, set()), actor)
        hour.mentioned[message.pk] = mentioned
        _heard_in(message.room, "message.edited", actor)


def delete(hour: Hour, actor: Any, ticket: Ticket) -> None:
    if (message := _message(hour, actor, ticket)) is None:
        return
    may = actor == message.author and hour.reads(actor, ticket, internal=message.is_note)
    if hour.attempt(services.delete_message, may=may, message=message, actor=actor):
        hour.take_back(message)
        _heard_in(message.room, "message.deleted", actor)


def react(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """The room hears of it, and nobody is told."""
    if (message := _message(hour, actor, ticket)) is None:
        return
    new = (message.pk, actor.pk) not in hour.reactions
    service = hour.chance.choice([services.react, services.react, services.unreact])
    may = hour.reads(actor, ticket, internal=message.is_note)
    if hour.attempt(service, may=may, message=message, actor=actor, emoji="👍"):
        if service is services.react:
            hour.reactions.add((message.pk, actor.pk))
        else:
            hour.reactions.discard((message.pk, actor.pk))
        if new is (service is services.react):
            _heard_in(message.room, "reaction.added" if new else "reaction.removed", actor)


def _message(hour: Hour, actor: Any, ticket: Ticket) -> Message | None:
    """One that somebody wrote there and that still says something, mostly the actor's own where there is one."""
    rows = Message.objects.filter(ticket=ticket, deleted_at=None).exclude(kind="event")
    there = list(rows.select_related("ticket", "author").order_by("id"))
    own = [message for message in there if message.author == actor]
    among = own if own and hour.chance.random() < 0.8 else there
    return hour.chance.choice(among) if among else None


def _heard_in(room: str, kind: str, actor: Any) -> None:
    last = events_of(room)[-1]
    assert (last["type"], last["sender"]) == (kind, actor.username)


# --- working ---


def assign(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """The new assignee is told."""
    assignee = hour.chance.choice([*hour.agents, None])
    may = hour.works_on(actor, ticket) and ticket.status != "merged"
    given = {"ticket": ticket, "actor": actor, "assignee": assignee}
    if hour.attempt(services.assign_ticket, may=may, **given):
        hour.tell("ticket.assigned", {assignee} - {None, ticket.assignee}, actor)


def move(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """Who asked is told once it is solved. Customers say that theirs is solved, or that it isn't."""
    status = hour.chance.choice(["open", "pending", "on_hold", "resolved", "closed"])
    if ticket.status == "merged":
        legal = []
    elif not hour.works_on(actor, ticket):
        legal = ["resolved"] if ticket.status in _ACTIVE else ["open"]
    elif ticket.status in _ACTIVE:
        legal = [*_ACTIVE[1:], "resolved", "closed"]
    else:
        legal = ["open", "closed"]
    may = hour.sees(actor, ticket) and status in (*legal, ticket.status)
    given = {"ticket": ticket, "actor": actor, "status": status}
    if hour.attempt(services.transition_ticket, may=may, **given) and status != ticket.status:
        if status == "resolved":
            hour.tell("ticket.resolved", {ticket.requester}, actor)
        if status in ("resolved", "closed"):
            hour.snoozed.pop(ticket.pk, None)


def change(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """Nobody is told; lists and rooms follow. Of tags the customers' room says nothing."""
    name, value = hour.chance.choice(
        [
            ("priority", hour.chance.choice(["low", "normal", "high", "urgent"])),
            ("tags", hour.chance.sample(["fire", "paper", "vip"], 2)),
            ("queue", hour.chance.choice(hour.queues).slug),
        ]
    )
    may = hour.works_on(actor, ticket) and ticket.status != "merged"
    given = {"ticket": ticket, "actor": actor, "changes": {name: value}}
    if hour.attempt(services.change_ticket, may=may, **given) and name == "priority" != value:
        shown = [e["data"] for e in events_of(ticket.room) if "priority" in e["data"]]
        assert shown[-1]["priority"] == value


def snooze(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """Nobody is told before it is back."""
    until = hour.now + timedelta(minutes=hour.chance.uniform(1, 10))
    may = hour.works_on(actor, ticket) and ticket.status != "merged"
    if hour.attempt(services.snooze_ticket, may=may, ticket=ticket, actor=actor, until=until):
        hour.snoozed[ticket.pk] = until


# --- people ---


def add(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """Who is added is told."""
    user = hour.chance.choice(hour.people())
    role = hour.chance.choice([None, "cc"])
    may = hour.works_on(actor, ticket) and ticket.status != "merged"
    new = user not in hour.roles(ticket)
    given = {"ticket": ticket, "actor": actor, "user": user, "role": role}
    if hour.attempt(services.add_participant, may=may, **given) and new:
        hour.tell("ticket.added", {user}, actor)


def leave(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """Everybody but the requester may leave, and be put out by those who work on it. Nobody is told, and they no more."""
    roles = hour.roles(ticket)
    user = hour.chance.choice([actor, *roles])
    may = hour.sees(actor, ticket) and (user == actor or hour.works_on(actor, ticket))
    may = may and roles.get(user) not in (None, "requester")
    given = {"ticket": ticket, "actor": actor, "user": user}
    if hour.attempt(services.remove_participant, may=may, **given):
        _heard_in(ticket.room, "participant.removed", actor)


# --- making one of two, and two of one ---


def merge(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """Who comes to take part in the other ticket by it is told so."""
    into = hour.chance.choice(list(Ticket.objects.select_related("queue", "assignee", "requester")))
    may = ticket != into and all(
        hour.works_on(actor, row) and row.status != "merged" for row in (ticket, into)
    )
    coming = hour.roles(ticket).keys() - hour.roles(into).keys()
    if hour.attempt(services.merge_tickets, may=may, ticket=ticket, actor=actor, into=into):
        hour.said["event"] += 2
        hour.snoozed.pop(ticket.pk, None)
        hour.tell("ticket.added", coming, actor)


def split(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """The same people take part in the new ticket, and its assignee has one more: they are told as of any other."""
    rows = Message.objects.filter(ticket=ticket).exclude(kind="event").select_related("author")
    talk = list(rows.order_by("id"))
    moving = hour.chance.sample(talk, min(len(talk), hour.chance.choice([1, 2])))
    may = hour.works_on(actor, ticket) and ticket.status != "merged" and 0 < len(moving) < len(talk)
    given = {"ticket": ticket, "actor": actor, "messages": [m.pk for m in moving], "subject": "P"}
    if new := hour.attempt(services.split_ticket, may=may, **given):
        hour.said["event"] += 2
        asking = min(moving, key=talk.index).author
        asks = asking in hour.customers and hour.sees(asking, ticket)
        assert new.requester == (asking if asks else ticket.requester)
        hour.tell("ticket.added", hour.roles(ticket).keys() - {ticket.assignee}, actor)
        hour.tell("ticket.assigned", {ticket.assignee} - {None}, actor)


_EVERYBODYS = [reply, reply, reply, edit, delete, react, react, move, leave]
_AGENTS = [note, note, assign, assign, change, snooze, add, add, merge, merge, split, split]


def do_something(hour: Hour, actor: Any, ticket: Ticket) -> None:
    """Agents do everything; customers mostly what they may."""
    agents = actor in hour.agents or hour.chance.random() < 0.15
    deeds = [*_EVERYBODYS, *_AGENTS] if agents else _EVERYBODYS
    hour.chance.choice(deeds)(hour, actor, ticket)


# --- what happens by itself ---


def time_passes(hour: Hour, minute: float) -> None:
    """Who should act is told of promises that are or will soon be broken, and of tickets that are back."""
    hour.now = hour.start + timedelta(minutes=minute)
    before = hour.marks()
    services.run_due_sla_checks(hour.now)
    for _, pk, kind in hour.marks() - before:
        hour.tell(kind, hour.responsible(_ticket(pk)), None)
    services.wake_snoozed(hour.now)
    for pk in [pk for pk, until in hour.snoozed.items() if until <= hour.now]:
        del hour.snoozed[pk]
        hour.tell("ticket.woke", hour.responsible(_ticket(pk)), None)
        hour.done["wake_snoozed"] += 1


def _ticket(pk: Any) -> Ticket:
    return Ticket.objects.select_related("queue", "assignee").get(pk=pk)
