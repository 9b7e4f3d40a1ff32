"""What lists cost: as many queries for 200 rows as for 10."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from realtime.tests.costs import cost_of, many
from tickets.models import (
    Attachment,
    Calendar,
    CannedReply,
    Mention,
    Message,
    Participant,
    Queue,
    QueueMember,
    Rating,
    Reaction,
    Role,
    SavedFilter,
    SLAClock,
    SLAPolicy,
    Tag,
    Ticket,
    TicketEvent,
    Trigger,
)

User: Any = get_user_model()

pytestmark = pytest.mark.django_db

_REST = (
    *("tickets/", "{own}messages/", "{own}participants/", "{own}events/", "{own}attachments/"),
    *("agents/", "queues/", "tags/", "canned-replies/", "saved-filters/"),
    *("search/?q=printer", "search/?q=is:active"),
)
_ADMIN = (
    *("ticket", "message", "ticketevent", "queue", "tag", "calendar", "slapolicy", "slaclock"),
    *("cannedreply", "savedfilter", "rating", "trigger"),
)


def test_every_list_costs_as_many_queries_for_200_rows_as_for_10(
    ticket: Any, alice: Any, as_alice: APIClient, admin: Any
) -> None:
    office = APIClient()
    office.force_login(admin)
    lists = [path.format(own=f"tickets/{ticket.pk}/") for path in _REST]

    def costs() -> dict[str, int]:
        rest = {
            path: cost_of(as_alice, f"/api/v1/{path}{'&' if '?' in path else '?'}page_size=200")
            for path in lists
        }
        return rest | {name: cost_of(office, f"/admin/tickets/{name}/?all=") for name in _ADMIN}

    fill(ticket, alice, 10)
    costs()
    few = costs()
    fill(ticket, alice, 190)
    assert costs() == few


def fill(ticket: Ticket, alice: Any, rows: int) -> None:
    """So many more rows of whatever is listed, each with all that belongs to it."""
    users = many(User, [{"username": f"user {uuid4()}", "is_staff": True} for _ in range(rows)])
    names = [user.username for user in users]
    queues = many(Queue, [{"slug": f"q{user.pk}", "name": user.username} for user in users])
    tags = many(Tag, [{"name": name} for name in names])
    calendars = many(Calendar, [{"name": name} for name in names])
    policies = many(SLAPolicy, [{"name": c.name, "calendar": c} for c in calendars])
    said = many(Message, [{"ticket": ticket, "author": user, "content": "Hi"} for user in users])
    others = many(
        Ticket,
        [
            {"subject": "Printer", "requester": user, "assignee": user, "queue": queue}
            for user, queue in zip(users, queues, strict=True)
        ],
    )
    many(QueueMember, [{"queue": queue, "user": alice} for queue in queues])
    many(Participant, [{"ticket": ticket, "user": user, "role": Role.CC} for user in users])
    many(Mention, [{"message": message, "user": alice} for message in said])
    many(Reaction, [{"message": m, "user": m.author, "emoji": "👍"} for m in said])
    many(
        Attachment,
        [{"ticket": ticket, "message": m, "uploader": m.author, "size": 1} for m in said],
    )
    many(
        CannedReply,
        [
            {"name": "N", "content": "C", "queue": queue, "created_by": user}
            for user, queue in zip(users, queues, strict=True)
        ],
    )
    many(
        SavedFilter, [{"owner": user, "name": "N", "query": "x", "shared": True} for user in users]
    )
    many(
        Ticket.tags.through,
        [{"ticket": other, "tag": tag} for other, tag in zip(others, tags, strict=True)],
    )
    many(Rating, [{"ticket": other, "score": 5, "rated_by": other.requester} for other in others])
    many(
        SLAClock,
        [
            {
                "ticket": other,
                "policy": policy,
                "target": 1,
                "remaining": 1,
                "since": timezone.now(),
            }
            for other, policy in zip(others, policies, strict=True)
        ],
    )
    many(Trigger, [{"name": name, "active": False} for name in names])
    many(
        TicketEvent,
        [
            {"ticket": ticket, "after": {"assignee": u.pk, "queue": q.pk, "merged_into": str(t.pk)}}
            for u, q, t in zip(users, queues, others, strict=True)
        ],
    )


@pytest.mark.parametrize("below", ["participants/", "events/", "attachments/", "rating/"])
def test_what_lies_below_a_ticket_asks_for_its_row_alone(
    ticket: Ticket, as_alice: APIClient, below: str
) -> None:
    with CaptureQueriesContext(connection) as queries:
        as_alice.get(f"/api/v1/tickets/{ticket.pk}/{below}")
    for table in ("tickets_ticket_tags", "tickets_slaclock"):
        assert not [
            each
            for each in queries
            if f'FROM "{table}"' in each["sql"] or f'JOIN "{table}"' in each["sql"]
        ]
