"""The demo desk: people, queues and tickets with some history. Only for a database without users."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils import timezone

from tickets import services
from tickets.models import (
    Calendar,
    CannedReply,
    Message,
    Queue,
    QueueMember,
    SavedFilter,
    SLAPolicy,
    Ticket,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AGENTS_GROUP = "Agents"
_PASSWORD = "Secret123"
_AGENT_MODELS = {
    "tickets": (
        "ticket message participant tag cannedreply savedfilter rating ticketevent revision reaction"
    ),
    "notifications": "notification",
    "projects": "project membership channel task channelmessage",
    "gifting": "family familymember list occasion item gift comment",
    "inventory": "item",
    "waffle": "flag",
}
"""What agents work on in the admin; of the audit and the like they can only see what the admin offers."""


@transaction.atomic
def create_demo() -> dict[str, User]:
    """Creates the demo's people, queues and tickets; returns the people by name.

    Raises:
        RuntimeError: the database has users already.
    """
    if get_user_model()._default_manager.exists():
        raise RuntimeError("This database has users already: the demo is for an empty one.")
    people = create_people()
    queues = create_queues([people["alice"], people["bob"]])
    QueueMember.objects.filter(queue=queues["billing"], user=people["bob"]).delete()
    _create_helpers(queues, people["alice"])
    _create_tickets(people)
    return people


def create_people() -> dict[str, User]:
    """An admin, two agents and two customers."""
    users: Any = get_user_model().objects
    people = {
        "admin": users.create_superuser(
            "admin", "admin@example.com", "admin", first_name="Ada", last_name="Admin"
        )
    }
    for name, first, last, is_staff in (
        ("alice", "Alice", "Archer", True),
        ("bob", "Bob", "Baker", True),
        ("carol", "Carol", "Clark", False),
        ("dave", "Dave", "Dunn", False),
    ):
        people[name] = users.create_user(
            name,
            f"{name}@example.com",
            _PASSWORD,
            first_name=first,
            last_name=last,
            is_staff=is_staff,
        )
    group = create_agents_group()
    people["alice"].groups.add(group)
    people["bob"].groups.add(group)
    return people


def create_agents_group() -> Group:
    """The group whose members may do an agent's work in the admin."""
    group, _ = Group.objects.get_or_create(name=AGENTS_GROUP)
    for app, models in _AGENT_MODELS.items():
        names = [
            f"{what}_{model}" for model in models.split() for what in ("view", "add", "change")
        ]
        found = Permission.objects.filter(content_type__app_label=app, codename__in=names)
        group.permissions.add(*found)
    seen = Permission.objects.filter(
        codename__in=["view_user", "view_queue", "view_queuemember", "delete_participant"]
    )
    group.permissions.add(*seen)
    return group


def create_queues(agents: list[User]) -> dict[str, Queue]:
    queues = {}
    for slug, name, description in (
        ("support", "Support", "Everything that has no better place."),
        ("billing", "Billing", "Invoices, payments and refunds."),
    ):
        queues[slug] = Queue.objects.create(slug=slug, name=name, description=description)
        for agent in agents:
            QueueMember.objects.create(queue=queues[slug], user=agent)
    return queues


def _create_helpers(queues: dict[str, Queue], alice: User) -> None:
    """Promises in office hours and further fields for bills, prepared texts, and searches that every agent has."""
    policy = SLAPolicy.objects.create(
        name="Bills", calendar=Calendar.objects.create(name="Office hours")
    )
    for priority, first, whole in (("normal", 240, 2400), ("high", 120, 960), ("urgent", 60, 480)):
        policy.targets.create(
            priority=priority, first_response_minutes=first, resolution_minutes=whole
        )
    queues["billing"].sla_policy = policy
    queues["billing"].custom_fields = _BILLING_FIELDS
    queues["billing"].save()
    for name, content in (
        ("Hello", "Hello {customer},\n\nthanks for writing to us."),
        ("Ask for a screenshot", "Could you send us a screenshot of what you see?"),
        ("Good bye", "Glad that we could help! I close #{number} now.\n\n{agent}"),
    ):
        CannedReply.objects.create(name=name, content=content, created_by=alice)
    for name, query in (
        ("Mine", "assignee:me is:active"),
        ("Nobody's", "is:unassigned is:active"),
        ("Urgent", "priority:urgent is:active"),
        ("Overdue", "is:overdue is:active"),
    ):
        SavedFilter.objects.create(owner=alice, name=name, query=query, shared=True)


def _create_tickets(people: dict[str, User]) -> None:
    for story in _STORIES:
        opener = people[story["by"]]
        ticket, _ = services.create_ticket(
            actor=opener,
            subject=story["subject"],
            content=story["content"],
            priority=story.get("priority", "normal"),
            queue=story.get("queue"),
            custom_fields=story.get("fields"),
        )
        for step in story.get("then", ()):
            _take_step(ticket, people, *step)
        _age(ticket, timedelta(hours=story["hours_ago"]))


def _take_step(ticket: Ticket, people: dict[str, User], name: str, what: str, value: str) -> None:
    actor = people[name]
    if what == "says":
        services.reply(ticket=ticket, actor=actor, content=value)
    elif what == "notes":
        services.add_note(ticket=ticket, actor=actor, content=value)
    elif what == "assigns":
        services.assign_ticket(ticket=ticket, actor=actor, assignee=people[value])
    elif what == "moves":
        services.transition_ticket(ticket=ticket, actor=actor, status=value)
    elif what == "tags":
        services.change_ticket(ticket=ticket, actor=actor, changes={"tags": value.split()})
    elif what == "reacts":
        last = Message.objects.filter(ticket=ticket, kind="reply").latest("id")
        services.react(message=last, actor=actor, emoji=value)


def _age(ticket: Ticket, age: timedelta) -> None:
    """Puts a ticket and what was said in it into the past, a few minutes between each message."""
    start = timezone.now() - age
    times: dict[str, Any] = {"created_at": start, "version": 1}
    messages = list(ticket.messages.select_related("author").order_by("id"))
    for i, message in enumerate(messages):
        moment = start + min(age, timedelta(minutes=17)) * i / len(messages)
        Message.objects.filter(pk=message.pk).update(created_at=moment)
        times["last_reply_at"] = moment
        if message.kind == "reply" and message.author is not None:
            by_agent = message.author.is_staff
            times["last_agent_reply_at" if by_agent else "last_customer_reply_at"] = moment
            if by_agent:
                times.setdefault("first_reply_at", moment)
    if Ticket.objects.filter(pk=ticket.pk, status="resolved").exists():
        times["resolved_at"] = times["last_reply_at"] + timedelta(minutes=2)
    Ticket.objects.filter(pk=ticket.pk).update(**times)


_BILLING_FIELDS: list[dict[str, Any]] = [
    {
        "key": "kind",
        "label": "About",
        "type": "choice",
        "choices": ["Invoice", "Payment", "Refund", "Something else"],
        "required": True,
    },
    {"key": "invoice", "label": "Invoice number"},
    {"key": "amount", "label": "Amount in €", "type": "number"},
]

_STORIES: list[dict[str, Any]] = [
    {
        "by": "dave",
        "subject": "How do I export my data?",
        "content": "I need all my projects as CSV for our yearly report. Is there a button that I can't find?",
        "hours_ago": 50,
        "then": [
            ("alice", "assigns", "alice"),
            (
                "alice",
                "says",
                "Yes: **Settings → Data → Export**. You get a mail when it is ready.",
            ),
            ("dave", "says", "Found it, thanks!"),
            ("alice", "tags", "export how-to"),
            ("alice", "moves", "resolved"),
        ],
    },
    {
        "by": "carol",
        "subject": "Charged twice in October",
        "content": (
            "Hello,\n\nmy card was charged twice for October:\n\n| date | amount |\n|---|---|\n"
            "| Oct 1 | 49.00 |\n| Oct 3 | 49.00 |\n\nCould you refund one of them?"
        ),
        "queue": "billing",
        "fields": {"kind": "Refund", "invoice": "R-2026-1003", "amount": 49},
        "priority": "high",
        "hours_ago": 26,
        "then": [
            ("alice", "assigns", "alice"),
            ("alice", "notes", "The second one is the retry of a payment that had gone through."),
            ("alice", "says", "I'm sorry for that! I have asked our bank for the refund."),
            ("carol", "reacts", "🙏"),
            ("alice", "tags", "refund"),
            ("alice", "moves", "pending"),
        ],
    },
    {
        "by": "carol",
        "subject": "The app logs me out every few minutes",
        "content": "Since yesterday I have to sign in again and again. Firefox on Linux.",
        "priority": "high",
        "hours_ago": 5,
        "then": [
            ("bob", "assigns", "bob"),
            ("bob", "says", "Thanks for telling us. Does it also happen in a private window?"),
            ("carol", "says", "No, there it works. So is it something with my cookies?"),
            ("bob", "notes", "@alice did we change the cookie domain this week?"),
            ("alice", "notes", "We did. Clearing cookies helps, a fix is on its way."),
            ("bob", "tags", "login bug"),
        ],
    },
    {
        "by": "dave",
        "subject": "Invoice with our new address",
        "content": "We have moved. Please put *12 Harbour Street* on the next invoice.",
        "queue": "billing",
        "hours_ago": 3,
    },
    {
        "by": "dave",
        "subject": "Nothing arrives at our webhook",
        "content": (
            "Our endpoint has been silent since 9:00 UTC. We return 200:\n\n"
            "```\nHTTP/1.1 200 OK\ncontent-length: 0\n```\n\nAll our orders wait for this!"
        ),
        "priority": "urgent",
        "hours_ago": 1,
        "then": [
            ("alice", "notes", "I can see timeouts on our side, too."),
        ],
    },
    {
        "by": "carol",
        "subject": "A dark theme would be nice",
        "content": "Late at night the screen is very bright. 🌙",
        "priority": "low",
        "hours_ago": 0.5,
    },
]
