"""What the tests against real servers share: the demo's people, signed in at ``site``, and an end to their sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.server import Person, Server
from tests.support.sockets import Socket


@pytest.fixture(scope="session")
def site(server: Server) -> Server:
    """The server at which people are signed in; folders and files with servers of their own say which."""
    return server


@pytest.fixture
def alice(site: Server) -> Person:
    return Person(site, "alice")


@pytest.fixture
def bob(site: Server) -> Person:
    return Person(site, "bob")


@pytest.fixture
def carol(site: Server) -> Person:
    return Person(site, "carol")


@pytest.fixture
def dave(site: Server) -> Person:
    return Person(site, "dave")


@pytest.fixture
def ticket(carol: Person) -> dict[str, Any]:
    """A ticket of Carol's."""
    return carol.new_ticket()


@pytest.fixture(autouse=True)
async def no_socket_outlives_its_test() -> AsyncIterator[None]:
    yield
    await Socket.close_all()
