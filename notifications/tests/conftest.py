"""The people of these tests, and what they hear."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from notifications.models import Delivery
from notifications.tests.factories import make_user
from notifications.tests.servers import MailServer, PushService, mail_server, push_service
from realtime.events import Event
from realtime.hints import set_local_hub
from realtime.jsontext import load_json
from realtime.models import StoredEvent


@pytest.fixture
def alice(db: None) -> Any:
    return make_user(username="alice", is_staff=True)


@pytest.fixture
def bob(db: None) -> Any:
    return make_user(username="bob", is_staff=True)


@pytest.fixture
def carol(db: None) -> Any:
    return make_user(username="carol")


@pytest.fixture
def as_alice(alice: Any) -> APIClient:
    """Alice's REST client."""
    client = APIClient()
    client.force_authenticate(alice)
    return client


def events_of(user: Any) -> list[dict[str, Any]]:
    """What the log holds for a user's own room, oldest first, numbered as at commit."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    rows = StoredEvent.objects.filter(topic=f"user:{user.pk}").order_by("position")
    return [
        {"type": row.type, "seq": row.seq, "sender": row.sender, "data": load_json(row.data)}
        for row in rows
    ]


@pytest.fixture
def mailbox(settings: Any) -> Iterator[MailServer]:
    """The mail server that e-mails go to, in a desk at desk.example.org that takes replies."""
    with mail_server() as (server, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.NOTIFICATIONS = {
            "base_url": "https://desk.example.org",
            "from_email": "Desk <desk@desk.example.org>",
            "reply_address": "reply@desk.example.org",
        }
        yield server


@pytest.fixture
def push(settings: Any) -> Iterator[PushService]:
    """The push service of the browsers of these tests."""
    with push_service() as server:
        settings.NOTIFICATIONS = {"push_services": [server.origin], "email_enabled": False}
        yield server


class Heard:
    """Stands where this process's hub does, and keeps what is published to sockets."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def accept_soon(self, events: list[Event]) -> None:
        self.events += events

    def settle_access_soon(self) -> None:
        """Nobody listens whose access could have changed."""

    def of(self, user: Any, *types: str) -> list[Any]:
        """The data of events of these types in a user's own room, in order."""
        return [
            load_json(event.data)
            for event in self.events
            if event.topic == f"user:{user.pk}" and event.type in types
        ]

    def counts(self, user: Any) -> list[Any]:
        return self.of(user, "notification.counts")


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What sockets are told."""
    hub: Any = Heard()
    set_local_hub(hub)
    yield hub
    set_local_hub(None)


def let_time_pass(**span: float) -> None:
    """Makes whatever is queued as old as if so much time had gone by."""
    earlier = timezone.now() - timedelta(**span)
    for delivery in Delivery.objects.filter(status="queued", due_at__gt=earlier):
        delivery.due_at -= timedelta(**span)
        if delivery.leased_until:
            delivery.leased_until -= timedelta(**span)
        delivery.save()
