"""What the lists of the engine's admin cost: as many queries for 200 rows as for 10."""

from __future__ import annotations

from time import time

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

import realtime
from realtime.models import (
    HookDelivery,
    IncomingHook,
    OutgoingHook,
    RoomMembership,
    ServerProcess,
    ServiceKey,
    SocketConnection,
)
from realtime.tests.costs import cost_of

_LISTS = (
    *("storedevent", "topichead", "socketconnection"),
    *("servicekey", "outgoinghook", "hookdelivery", "incominghook"),
)


@pytest.mark.django_db
def test_every_list_costs_as_many_queries_for_200_rows_as_for_10(client: Client) -> None:
    client.force_login(get_user_model().objects.create_superuser("root"))

    def costs() -> dict[str, int]:
        return {name: cost_of(client, f"/admin/realtime/{name}/?all=") for name in _LISTS}

    fill(0, 10)
    costs()
    few = costs()
    fill(10, 200)
    assert costs() == few


def fill(begin: int, end: int) -> None:
    """More rows of whatever is listed, each with all that belongs to it."""
    later = {"expires_at": time() + 3600}
    process, _ = ServerProcess.objects.get_or_create(id="p", defaults=later)
    for n in range(begin, end):
        user = get_user_model().objects.create(username=f"user{n}")
        with realtime.acting_as(user):
            realtime.record(f"till:{n}", f"sale.{n}", {})
        socket = SocketConnection.objects.create(
            id=f"c{n}", process=process, user_id=str(user.pk), username=user.username, opened_at=n
        )
        RoomMembership.objects.create(connection=socket, topic=f"till:{n}")
        ServiceKey.objects.create(name=f"Key {n}", digest=f"{n}")
        hook = OutgoingHook.objects.create(name=f"Hook {n}", url="https://example.org")
        HookDelivery.objects.create(hook=hook, position=n, event_type=f"sale.{n}", room="r")
        IncomingHook.objects.create(name=f"Hook {n}", room="r", bot=user)
