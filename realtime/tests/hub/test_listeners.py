"""Listeners over HTTP, as the hub has them."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from realtime import hints, streaming
from realtime.auth.identity import Identity
from realtime.auth.logins import start_login
from realtime.hub import Hub
from realtime.tests.hub.conftest import eventually

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_stream_that_nobody_begins_to_read_is_let_go(
    hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the client leaves while its request is on its way through the middleware."""
    monkeypatch.setattr(streaming, "_READ_WITHIN", 0.2)
    process: Any = SimpleNamespace(hub=hub, draining=False)
    read, unread = (
        streaming.Listener(Identity(alice, None, None, "token", time.time())) for _ in range(2)
    )
    for listener in (read, unread):
        granted = await streaming._listen(process, listener, "till", None, None)
    assert await read.texts(0) == []
    streaming._stream(process, unread, granted)
    assert set(hub.everyone()) == {read, unread}
    await eventually(lambda: hub.everyone() == [read])
    assert unread.closed


def test_a_wsgi_server_has_no_events_and_says_so(alice: User) -> None:
    token = start_login(user=alice).access
    answer = Client().get(
        "/api/v1/realtime/events/?room=till&wait=0", headers={"Authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (501, "needs_asgi")
    assert hints.local_hub() is None
