"""Rows for tests: one factory for each model. Those that have rules are made by their services."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.contrib.auth import get_user_model

from tickets import services
from tickets.models import Message, Participant, Queue, QueueMember, Role, SLAPolicy, Tag, Ticket

_numbers = count(1)


def make_user(username: str | None = None, **fields: Any) -> Any:
    name = username or f"user{next(_numbers)}"
    fields = {"email": f"{name}@example.org", **fields}
    return get_user_model().objects.create_user(username=name, **fields)


def make_queue(slug: str | None = None, *, members: Any = (), **fields: Any) -> Queue:
    slug = slug or f"queue{next(_numbers)}"
    queue = Queue.objects.create(**{"slug": slug, "name": slug.title(), **fields})
    for user in members:
        QueueMember.objects.create(queue=queue, user=user)
    return queue


def make_ticket(requester: Any = None, *, queue: Queue | None = None, **fields: Any) -> Ticket:
    """A ticket as its requester filed it; further columns are set afterwards, as a shell would."""
    number = next(_numbers)
    requester = requester or make_user()
    queue = queue or Queue.objects.filter(slug="support").first() or make_queue("support")
    ticket, _ = services.create_ticket(
        actor=requester,
        subject=fields.pop("subject", f"Subject {number}"),
        content=fields.pop("content", f"Question {number}"),
        priority=fields.pop("priority", "normal"),
        queue=queue.slug,
    )
    if fields:
        Ticket.objects.filter(pk=ticket.pk).update(**fields)
        ticket.refresh_from_db()
    return ticket


def make_message(ticket: Ticket, author: Any, *, kind: str = "reply", **fields: Any) -> Message:
    content = fields.pop("content", f"Message {next(_numbers)}")
    post = services.add_note if kind == "note" else services.reply
    message, _ = post(ticket=ticket, actor=author, content=content, **fields)
    return message


def make_participant(ticket: Ticket, user: Any, role: str = Role.CC) -> Participant:
    return Participant.objects.create(ticket=ticket, user=user, role=role)


def make_tag(name: str | None = None) -> Tag:
    return Tag.objects.create(name=name or f"tag{next(_numbers)}")


def make_policy(*, first_response: int | None = None, resolution: int | None = None) -> SLAPolicy:
    """A policy around the clock with targets, in minutes, for the priority ``normal``."""
    policy = SLAPolicy.objects.create(name=f"Policy {next(_numbers)}")
    policy.targets.create(
        priority="normal", first_response_minutes=first_response, resolution_minutes=resolution
    )
    return policy
