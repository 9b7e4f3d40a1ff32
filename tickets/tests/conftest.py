"""The people of these tests, and what they hear.

Alice and Bob are agents, Alice and only she in ``support``. Carol and Dave are customers; Carol has a ticket in ``support``.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from realtime.jsontext import load_json
from realtime.models import StoredEvent
from tickets.demo import create_agents_group
from tickets.models import Queue, Ticket
from tickets.tests.factories import make_queue, make_ticket, make_user


@pytest.fixture
def alice(db: None) -> Any:
    """An agent of ``support``."""
    return make_user("alice", is_staff=True)


@pytest.fixture
def bob(db: None) -> Any:
    """An agent of another queue."""
    return make_user("bob", is_staff=True)


@pytest.fixture
def carol(db: None) -> Any:
    """A customer."""
    return make_user("carol")


@pytest.fixture
def dave(db: None) -> Any:
    """Another customer."""
    return make_user("dave")


@pytest.fixture
def admin(db: None) -> Any:
    return make_user("admin", is_staff=True, is_superuser=True)


@pytest.fixture
def support(alice: Any) -> Queue:
    return make_queue("support", members=[alice])


@pytest.fixture
def billing(bob: Any) -> Queue:
    return make_queue("billing", members=[bob])


@pytest.fixture
def ticket(carol: Any, support: Queue) -> Ticket:
    """Carol's, in ``support``."""
    return make_ticket(carol, queue=support, subject="The printer is on fire")


def client_of(user: Any) -> APIClient:
    """A REST client that is signed in."""
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def as_alice(alice: Any) -> APIClient:
    return client_of(alice)


@pytest.fixture
def as_bob(bob: Any) -> APIClient:
    return client_of(bob)


@pytest.fixture
def as_carol(carol: Any) -> APIClient:
    return client_of(carol)


@pytest.fixture
def as_dave(dave: Any) -> APIClient:
    return client_of(dave)


def browser_of(user: Any) -> Client:
    """A browser that is signed in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alices_browser(alice: Any) -> Client:
    """Alice's browser, with the rights of the demo's agents."""
    alice.groups.add(create_agents_group())
    return browser_of(alice)


@pytest.fixture
def office(admin: Any) -> Client:
    """The admin's browser."""
    return browser_of(admin)


def events_of(topic: str) -> list[dict[str, Any]]:
    """What the log holds for a topic, oldest first, numbered as at commit."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    rows = StoredEvent.objects.filter(topic=topic).order_by("position")
    return [
        {"type": row.type, "seq": row.seq, "data": load_json(row.data), "sender": row.sender}
        for row in rows
    ]


def types_of(topic: str) -> list[str]:
    return [event["type"] for event in events_of(topic)]
