"""A desk with two weeks behind it, for pictures: ``fill()``, in a shell of a demo."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from notifications.models import Notification
from tickets import services
from tickets.models import Message, Ticket

CUSTOMERS = [
    ("emma", "Emma", "Evans"),
    ("farid", "Farid", "Farouk"),
    ("grace", "Grace", "Green"),
    ("hana", "Hana", "Hoffmann"),
    ("ivan", "Ivan", "Ionescu"),
    ("julia", "Julia", "Jansen"),
]
QUESTIONS = [
    ("Refund for a cancelled plan", "I cancelled last week and was billed again today.", "billing"),
    ("Can we have single sign-on?", "Our company uses SAML. Do you support it?", "support"),
    ("Export stops at 10,000 rows", "The CSV ends in the middle of June.", "support"),
    ("Wrong VAT number on the invoice", "It should end in 04, not 40.", "billing"),
    ("Two-factor codes are rejected", "The clock of my phone is right.", "support"),
    ("How do I add a colleague?", "I can't find where to invite somebody.", "support"),
    ("The mobile app is blank after the update", "Android 15, version 4.2.", "support"),
    ("Pay by bank transfer?", "Our accounting can't pay by card.", "billing"),
    ("Search finds nothing in archived projects", "Only since the weekend.", "support"),
    ("Please delete my account", "And all that belongs to it, please.", "support"),
    ("Charts are cut off when printed", "On A4, in landscape.", "support"),
    ("Discount for a non-profit", "We are a small library.", "billing"),
]
SOLVED = 22
WAITING = 12
DAY = timedelta(days=1)


def fill() -> None:
    """Adds customers, tickets that are solved and rated, and some that wait in all states."""
    users: Any = get_user_model().objects
    people = [
        users.create_user(name, f"{name}@example.com", first_name=first, last_name=last)
        for name, first, last in CUSTOMERS
    ]
    agents = [users.get(username=name) for name in ("alice", "bob")]
    now = timezone.now()
    for n in range(SOLVED):
        ticket = _filed(n, people, agents, now - DAY * (13 - n * 13 / SOLVED) - DAY / 6)
        _solve(ticket, n)
    for n in range(WAITING):
        ticket = _filed(n + 5, people, agents, now - timedelta(hours=2 + n * n * 0.8))
        _leave(ticket, n)
    _spread_notifications(now)


def _spread_notifications(now: datetime) -> None:
    """Puts those of each user some time apart, and lets the older ones be read."""
    for user in get_user_model().objects.all():
        for n, row in enumerate(Notification.objects.filter(recipient=user).order_by("-pk")):
            moment = now - timedelta(minutes=4 + 23 * n * n)
            read = {"read_at": moment, "seen_at": moment} if n > 2 else {}
            Notification.objects.filter(pk=row.pk).update(created_at=moment, last_at=moment, **read)


def _filed(n: int, people: list[Any], agents: list[Any], moment: datetime) -> Ticket:
    subject, content, queue = QUESTIONS[n % len(QUESTIONS)]
    priority = ("normal", "normal", "high", "normal", "low", "normal", "urgent")[n % 7]
    ticket, _ = services.create_ticket(
        actor=people[(n * 5 + n // 6) % len(people)],
        subject=subject,
        content=content,
        queue=queue,
        priority=priority,
    )
    agent = agents[0] if queue == "billing" else agents[n % 2]
    services.assign_ticket(ticket=ticket, actor=agent, assignee=agent)
    services.reply(ticket=ticket, actor=agent, content="Thank you for asking. I am looking at it.")
    answered = moment + timedelta(minutes=6 + n * 7 % 40)
    Message.objects.filter(ticket=ticket).update(created_at=moment)
    Message.objects.filter(ticket=ticket, author=agent).update(created_at=answered)
    Ticket.objects.filter(pk=ticket.pk).update(
        created_at=moment,
        first_reply_at=answered,
        last_reply_at=answered,
        last_agent_reply_at=answered,
        last_customer_reply_at=moment,
    )
    return Ticket.objects.get(pk=ticket.pk)


def _solve(ticket: Ticket, n: int) -> None:
    services.transition_ticket(ticket=ticket, actor=ticket.assignee, status="resolved")
    solved = ticket.created_at + timedelta(hours=1 + n * 5 % 17)
    Ticket.objects.filter(pk=ticket.pk).update(resolved_at=min(solved, timezone.now()))
    if n % 3 and ticket.requester is not None:
        services.rate_ticket(ticket=ticket, actor=ticket.requester, score=5 - n % 2)


def _leave(ticket: Ticket, n: int) -> None:
    if n % 4 == 1:
        services.transition_ticket(ticket=ticket, actor=ticket.assignee, status="pending")
    elif n % 4 == 3:
        services.transition_ticket(ticket=ticket, actor=ticket.assignee, status="on_hold")
    elif n % 6 == 2:
        services.assign_ticket(ticket=ticket, actor=ticket.assignee, assignee=None)
