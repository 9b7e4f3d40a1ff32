"""An hour at the desk: people open, reply, note, assign, move and copy in at random, promises are broken meanwhile; in the end
what each person was told, and what each room heard, is what it should be by rules written down here once more."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications.models import Notification
from realtime.errors import RealtimeError
from realtime.models import StoredEvent, TopicHead
from tickets import services
from tickets.models import Message, Participant, SLAClock, Ticket
from tickets.selectors import tickets_visible_to, tickets_worked_on_by
from tickets.tests.conftest import events_of
from tickets.tests.factories import make_policy, make_queue, make_user

_STEPS = 150


class Hour:
    """Does random things, and keeps a book of who must be told what."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.start = timezone.now()
        self.agents = [make_user(f"agent{i}", is_staff=True) for i in range(4)]
        self.customers = [make_user(f"customer{i}") for i in range(4)]
        policy = make_policy(first_response=15, resolution=40)
        self.queues = [
            make_queue("one", members=self.agents[:2], sla_policy=policy),
            make_queue("two", members=self.agents[2:]),
        ]
        self.told: Counter[tuple[str, str]] = Counter()
        self.said: Counter[str] = Counter()

    def tell(self, kind: str, users: Any, actor: Any) -> None:
        for user in set(users) - {actor}:
            self.told[user.username, kind] += 1

    def people(self, ticket: Ticket) -> set[Any]:
        taking_part = {row.user for row in Participant.objects.filter(ticket=ticket)}
        return {*taking_part, ticket.requester, ticket.assignee} - {None}

    def members(self, ticket: Ticket) -> set[Any]:
        return set(self.agents[:2] if ticket.queue == self.queues[0] else self.agents[2:])

    def step(self, minute: float) -> None:
        actor = self.chance.choice(self.agents + self.customers)
        seen = tickets_visible_to(actor).select_related("requester", "assignee", "queue")
        ticket = self.chance.choice([*seen, None])
        if ticket is None:
            if actor in self.customers:
                queue = self.chance.choice(self.queues)
                services.create_ticket(actor=actor, subject="S", content="C", queue=queue.slug)
                self.said["reply"] += 1
        else:
            deed = self.chance.choice(
                [self.reply, self.reply, self.note, self.assign, self.move, self.copy]
            )
            try:
                deed(actor, ticket)
            except RealtimeError:
                assert actor in self.customers or ticket.status == "closed"
        services.run_due_sla_checks(self.start + timedelta(minutes=minute))

    def reply(self, actor: Any, ticket: Ticket) -> None:
        services.reply(ticket=ticket, actor=actor, content="R")
        self.said["reply"] += 1
        told = self.people(ticket)
        if actor in self.customers and ticket.assignee is None:
            told |= self.members(ticket)
        self.tell("ticket.replied", told, actor)

    def note(self, actor: Any, ticket: Ticket) -> None:
        services.add_note(ticket=ticket, actor=actor, content="N")
        self.said["note"] += 1
        self.tell("ticket.noted", self.people(ticket) & set(self.agents), actor)

    def assign(self, actor: Any, ticket: Ticket) -> None:
        assignee = self.chance.choice([*self.agents, None])
        services.assign_ticket(ticket=ticket, actor=actor, assignee=assignee)
        if assignee and assignee != ticket.assignee:
            self.tell("ticket.assigned", [assignee], actor)

    def move(self, actor: Any, ticket: Ticket) -> None:
        status = self.chance.choice(["open", "pending", "resolved", "closed"])
        services.transition_ticket(ticket=ticket, actor=actor, status=status)
        if status == "resolved" != ticket.status:
            self.tell("ticket.resolved", [ticket.requester], actor)

    def copy(self, actor: Any, ticket: Ticket) -> None:
        user = self.chance.choice(self.agents + self.customers)
        new = user not in {row.user for row in Participant.objects.filter(ticket=ticket)}
        services.add_participant(ticket=ticket, actor=actor, user=user)
        if new:
            self.tell("ticket.added", [user], actor)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2])
def test_everybody_was_told_what_concerned_them_and_nothing_else(seed: int) -> None:
    hour = Hour(seed)
    for i in range(_STEPS):
        hour.step(60 * i / _STEPS)
    told: Counter[tuple[str, str]] = Counter()
    for row in Notification.objects.exclude(kind__startswith="sla.").select_related("recipient"):
        told[row.recipient.username, row.kind] += row.count
    assert told == hour.told
    _check_promises(hour)
    _check_rooms(hour)


def _check_promises(hour: Hour) -> None:
    broken = SLAClock.objects.filter(breached_at__isnull=False, warned_at__isnull=False).count()
    assert broken > 0
    assert not Notification.objects.filter(
        kind__startswith="sla.", recipient__in=hour.customers
    ).exists()
    for kind in ("sla.warning", "sla.breached"):
        column = "warned_at" if kind == "sla.warning" else "breached_at"
        marked = SLAClock.objects.filter(**{f"{column}__isnull": False}).count()
        heard = [e for e in events_of("queue:one") if e["type"] == kind]
        assert len(heard) <= marked
        assert Notification.objects.filter(kind=kind).exists() == bool(heard)


def _check_rooms(hour: Hour) -> None:
    kinds = Counter(Message.objects.values_list("kind", flat=True))
    assert kinds == hour.said
    for head in TopicHead.objects.all():
        numbers = StoredEvent.objects.filter(topic=head.topic).order_by("seq")
        assert list(numbers.values_list("seq", flat=True)) == list(range(1, head.seq + 1))
    for ticket in Ticket.objects.all():
        for room, kind in ((ticket.room, "reply"), (ticket.notes_room, "note")):
            new = [e["data"] for e in events_of(room) if e["type"] == "message.new"]
            assert all(data["kind"] == kind for data in new)
            assert len(new) == Message.objects.filter(ticket=ticket, kind=kind).count()
    for customer in hour.customers:
        assert not tickets_worked_on_by(customer).exists()
