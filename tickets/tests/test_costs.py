"""What lists cost: as many queries for 200 rows as for 10."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from tickets.models import (
    Attachment,
    Calendar,
    CannedReply,
    Mention,
    Message,
    Rating,
    Reaction,
    SavedFilter,
    SLAClock,
    SLAPolicy,
    Ticket,
    Trigger,
)
from tickets.tests.factories import make_participant, make_queue, make_tag, make_user

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
    for _ in range(rows):
        user = make_user(is_staff=True)
        queue, tag = make_queue(members=[alice]), make_tag()
        make_participant(ticket, user)
        message = Message.objects.create(ticket=ticket, author=user, content="The printer")
        Mention.objects.create(message=message, user=alice)
        Reaction.objects.create(message=message, user=user, emoji="👍")
        Attachment.objects.create(ticket=ticket, message=message, uploader=user, size=1)
        CannedReply.objects.create(name="N", content="C", queue=queue, created_by=user)
        SavedFilter.objects.create(owner=user, name="N", query="x", shared=True)
        other = Ticket.objects.create(subject="Printer", requester=user, assignee=user, queue=queue)
        other.tags.add(tag)
        Rating.objects.create(ticket=other, score=5, rated_by=user)
        calendar = Calendar.objects.create(name=f"C {user.pk}")
        policy = SLAPolicy.objects.create(name=f"P {user.pk}", calendar=calendar)
        SLAClock.objects.create(
            ticket=other, policy=policy, target=1, remaining=1, since=timezone.now()
        )
        Trigger.objects.create(name=f"T {user.pk}", active=False)


def cost_of(client: APIClient, path: str) -> int:
    """The number of queries that a page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


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
