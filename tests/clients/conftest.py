"""The Python client, from where it is kept, and people of the demo to use it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.support.server import ROOT, Server

sys.path.insert(0, str(ROOT / "clients/python"))

from livedesk_client import Client, Session
from livedesk_client.timing import Backoff

Connect = Callable[..., Awaitable[Client]]


@pytest.fixture
async def connect(site: Server) -> AsyncIterator[Connect]:
    """``await connect("alice")``: a client of Alice's, which is stopped in the end."""
    clients: list[tuple[Client, Session]] = []

    async def come(username: str, server: Server = site) -> Client:
        session = Session(server.url, username, "Secret123")
        client = Client(
            f"{server.url}/api/v1/ws/connect", session.token, backoff=Backoff(0.05, 0.5)
        )
        clients.append((client, session))
        client.start()
        await client.opened()
        return client

    yield come
    for client, session in clients:
        await client.stop()
        await session.close()
