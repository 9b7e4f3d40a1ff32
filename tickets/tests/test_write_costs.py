"""What writing costs: as many queries for twenty people who are told as for two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from realtime.hooks.queueing import active_hooks, forget_hooks
from tickets import services
from tickets.models import Attachment, Message, Reaction, Role, Ticket
from tickets.tests.factories import make_message, make_participant, make_ticket, make_user

pytestmark = pytest.mark.django_db

Cost = Callable[[int], int]
"""The number of queries with so many people."""


@pytest.fixture
def alice_replies(followed: Callable[[int], Ticket], alice: Any) -> Cost:
    """An agent's reply, after the first, so that notifications of it grow."""

    def cost(followers: int) -> int:
        ticket = followed(followers)
        make_message(ticket, alice)
        return queries(lambda: services.reply(ticket=ticket, actor=alice, content="Try again"))

    return cost


@pytest.fixture
def followed(carol: Any) -> Callable[[int], Ticket]:
    """Makes tickets of Carol's that so many agents watch."""

    def make(followers: int) -> Ticket:
        ticket = make_ticket(carol)
        for _ in range(followers):
            make_participant(ticket, make_user(is_staff=True), Role.WATCHER)
        return ticket

    return make


def alike(cost: Cost, few: int = 2, many: int = 20) -> int:
    """What it costs, with few as with many."""
    found = cost(few)
    assert cost(many) == found
    return found


def queries(act: Callable[[], object]) -> int:
    forget_hooks()
    active_hooks()  # known for some seconds from now on: that they are asked for again then is no cost of the act
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_a_first_reply(followed: Callable[[int], Ticket], support: Any, alice: Any) -> None:
    def cost(followers: int) -> int:
        ticket = followed(followers)
        return queries(lambda: services.reply(ticket=ticket, actor=alice, content="Try again"))

    assert alike(cost) <= 40


def test_a_further_reply(alice_replies: Cost, support: Any) -> None:
    assert alike(alice_replies) <= 34


def test_a_reply_of_which_nobody_but_the_customer_is_told(
    alice_replies: Cost, support: Any
) -> None:
    assert alike(alice_replies, 0, 0) <= 31


def test_a_customers_reply_that_opens_the_ticket(
    followed: Callable[[int], Ticket], support: Any, alice: Any, carol: Any
) -> None:
    def cost(followers: int) -> int:
        ticket = followed(followers)
        make_message(ticket, carol)
        services.transition_ticket(ticket=ticket, actor=alice, status="resolved")
        return queries(lambda: services.reply(ticket=ticket, actor=carol, content="Still dead"))

    assert alike(cost) <= 42


def test_an_edit(followed: Callable[[int], Ticket], support: Any, alice: Any) -> None:
    def cost(followers: int) -> int:
        message = make_message(followed(followers), alice)
        return queries(
            lambda: services.edit_message(message=message, actor=alice, content="Try again")
        )

    assert alike(cost) <= 36


def test_a_deletion(followed: Callable[[int], Ticket], support: Any, alice: Any) -> None:
    def cost(followers: int) -> int:
        message = make_message(followed(followers), alice)
        return queries(lambda: services.delete_message(message=message, actor=alice))

    assert alike(cost) <= 28


def test_an_edit_of_what_many_are_mentioned_in_and_reacted_to(ticket: Ticket, alice: Any) -> None:
    def cost(people: int) -> int:
        users = [make_user(is_staff=True) for _ in range(people)]
        for user in users:
            make_participant(ticket, user)
        names = " ".join(f"@{user}" for user in users)
        message = make_message(ticket, alice, content=names)
        Reaction.objects.bulk_create(
            Reaction(message=message, user=user, emoji="👍") for user in users
        )
        return queries(
            lambda: services.edit_message(message=message, actor=alice, content=f"Hi {names}")
        )

    alike(cost, 2, 12)


def test_mentions(followed: Callable[[int], Ticket], support: Any, alice: Any) -> None:
    def cost(mentioned: int) -> int:
        ticket = followed(20)
        watchers = ticket.participants.filter(role=Role.WATCHER).select_related("user")
        text = " ".join(f"@{row.user}" for row in watchers[:mentioned])
        return queries(lambda: services.reply(ticket=ticket, actor=alice, content=text))

    assert alike(cost, 1, 10) <= 57


def test_a_merge_of_many_messages(support: Any, alice: Any, carol: Any) -> None:
    def cost(messages: int) -> int:
        ticket, into = make_ticket(carol), make_ticket(carol)
        for number in range(messages):
            message = Message.objects.create(ticket=ticket, author=carol, content=f"No. {number}")
            Attachment.objects.create(ticket=ticket, message=message, uploader=carol, size=1)
        return queries(lambda: services.merge_tickets(ticket=ticket, actor=alice, into=into))

    assert cost(20) - cost(2) <= 18  # entries of the audit
