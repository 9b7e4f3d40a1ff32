"""Threads that rest keep no connection from those who wait for one, and open none anew without need."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from realtime.db import rest_connections
from tests.support.server import Desk


@pytest.mark.django_db(transaction=True)
def test_what_has_no_pool_stays_open() -> None:
    def stays() -> bool:
        connection.ensure_connection()
        opened = connection.connection
        rest_connections()
        try:
            return connection.connection is opened
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(stays).result()


@pytest.mark.postgresql
def test_a_pool_gets_its_connection_back(postgresql_url: str) -> None:
    desk = Desk(DATABASE_URL=postgresql_url)
    try:
        seen = desk.shell(
            "from django.db import connection\n"
            "from realtime.db import rest_connections\n"
            "connection.ensure_connection()\n"
            "rest_connections()\n"
            "print(bool(connection.pool), connection.connection)\n"
        )
    finally:
        desk.close()
    assert seen.split() == ["True", "None"]
