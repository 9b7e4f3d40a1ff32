"""The demo on a server, with its people at their sockets."""

from __future__ import annotations

import pytest

from tests.conftest import bob, carol, dave, no_socket_outlives_its_test
from tests.support.admin import AdminVisitor
from tests.support.server import Server

__all__ = ["bob", "carol", "dave", "no_socket_outlives_its_test"]


@pytest.fixture(scope="module")
def admin(own_server: Server) -> AdminVisitor:
    """Alice, an agent, at work in the admin."""
    return AdminVisitor(own_server, "alice", "Secret123")


@pytest.fixture
def site(own_server: Server) -> Server:
    return own_server
