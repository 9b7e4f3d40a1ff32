"""``authenticate`` on an open socket, and a login that ends at the same moment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.contrib.auth.models import User

from realtime import operations
from realtime.auth.credentials import Identity, identify_token
from realtime.auth.logins import end_login, start_login
from realtime.db import in_pool
from realtime.process import Process
from realtime.tests.hub.clients import Client
from tests.faults.history import History

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_database_threads"),
]


async def test_a_login_that_ends_while_its_token_is_looked_up_extends_nothing(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process()
    await process.hub.start()
    await process.registry.start()
    client = Client(process, History(), alice, [])
    await client.connect()
    ended = []

    def identify_then_log_out(token: str) -> Identity:
        identity = identify_token(token)
        end_login(str(identity.sid))
        ended.append(identity.sid)
        settled: Any = asyncio.run_coroutine_threadsafe(
            process.hub.access.settle(), process.hub.loop
        )
        settled.result(10)
        return identity

    monkeypatch.setattr(operations, "identify_token", identify_then_log_out)
    pair = await in_pool(lambda: start_login(user=alice))
    answer = await client._ask({"type": "authenticate", "token": pair.access})
    assert (answer["type"], answer["data"]["code"]) == ("error", "invalid_token")
    assert len(ended) == 1
    await client.disconnect()
    await process.registry.stop()
    await process.hub.stop()
