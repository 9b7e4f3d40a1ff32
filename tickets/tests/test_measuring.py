"""A desk with a long history, to measure by: ``seed_large`` and ``time_desk``, with few rows."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from rest_framework.test import APIClient

from tickets.models import Message, NumberAllocation, Ticket
from tickets.tests.factories import make_user

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def history() -> str:
    return run("seed_large", "--tickets", "40", "--messages", "400")


def test_what_is_seeded_is_a_desk_like_any_other(history: str, carol: Any) -> None:
    assert history.startswith("40 tickets, 400 messages in ")
    assert (Ticket.objects.count(), Message.objects.count()) == (40, 400)
    ticket = Ticket.objects.latest("id")
    asking = APIClient()
    asking.force_authenticate(ticket.requester)
    shown = asking.get(f"/api/v1/tickets/{ticket.pk}/messages/").json()["results"]
    assert len(shown) == Message.objects.filter(ticket=ticket, kind="reply").count()
    word = max(Message.objects.latest("id").content.split(), key=len)
    agent = make_user("root", is_superuser=True, is_staff=True)
    asking.force_authenticate(agent)
    assert asking.get("/api/v1/search/", {"q": word}).json()["results"]


def test_a_ticket_that_is_filed_after_seeding_has_a_number_of_its_own(
    history: str, carol: Any
) -> None:
    numbers = set(Ticket.objects.values_list("number", flat=True))
    asking = APIClient()
    asking.force_authenticate(carol)
    answer = asking.post("/api/v1/tickets/", {"subject": "New", "content": "One"}, format="json")
    assert answer.status_code == 201
    assert answer.json()["number"] > max(numbers)
    assert NumberAllocation.objects.exists()


def test_each_page_is_timed_for_each_who_opens_it(history: str) -> None:
    customer = get_user_model().objects.get(username="seed-customer-0")
    Ticket.objects.filter(pk=Ticket.objects.earliest("id").pk).update(requester=customer)
    lines = run("time_desk", "--plans").splitlines()
    timed = [line for line in lines if " median " in line]
    assert len(timed) == 8 * 2
    assert all(line.endswith(" queries") for line in timed)
    assert any("Index Scan" in line for line in lines) is (connection.vendor == "postgresql")


def test_a_desk_without_a_history_is_not_timed() -> None:
    with pytest.raises(CommandError, match="seed_large"):
        run("time_desk")
