"""What all tests share: real servers, a private Redis, PostgreSQL where there is one."""

from __future__ import annotations

import gc
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.db.backends.sqlite3.creation import DatabaseCreation
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

from realtime.tests.emptying import empty_databases
from tests.support.postgresql import NoPostgreSQL, scratch_database, server_url
from tests.support.redis_server import RedisServer
from tests.support.server import Desk, Server, demo_desk, migrated

# What is collected stays. To look through it for garbage, over and over, would take a third of the collecting.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Of a long text its beginning: names of tests go from process to process with every report."""
    if isinstance(val, str | bytes) and len(val) > 60:
        return f"{val[:30]!a} ({len(val)})"
    return None


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what a module makes go to one process of a run, so that it is made once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None and _shares_what_its_module_makes(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def _shares_what_its_module_makes(item: pytest.Item) -> bool:
    fixtures = getattr(item, "_fixtureinfo", None)
    return fixtures is not None and any(
        known[-1].scope == "module" for known in fixtures.name2fixturedefs.values()
    )


@pytest.fixture(scope="session", autouse=True)
def _databases_are_emptied_quickly() -> Iterator[None]:
    """Of what tests that commit leave behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_databases)
        yield


@pytest.fixture(scope="session")
def _test_databases_are_copies() -> Iterator[None]:
    """Where a run has several processes, they migrate once."""
    with ExitStack() as kept, pytest.MonkeyPatch.context() as patch:
        if "PYTEST_XDIST_TESTRUNUID" in os.environ:
            if connection.vendor == "postgresql":
                like = urlsplit(migrated(on_postgresql=True).database_url).path.strip("/")
                patch.setitem(connection.settings_dict["TEST"], "TEMPLATE", like)
            else:
                patch.setattr(DatabaseCreation, "_create_test_db", _copying(kept))
        yield


def _copying(kept: ExitStack) -> Callable[..., str]:
    """Fills a database in memory, which lasts as long as somebody is connected: as long as ``kept``."""
    create = DatabaseCreation._create_test_db

    def create_copy(creation: DatabaseCreation, *args: object, **more: object) -> str:
        name = create(creation, *args, **more)
        copy = kept.enter_context(closing(sqlite3.connect(name, uri=True)))
        migrated(on_postgresql=False).copy_into(copy)
        return name

    return create_copy


@pytest.fixture(scope="session")
def django_db_setup(
    _test_databases_are_copies: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Ends the sessions that threads of tests have left open: PostgreSQL wouldn't drop the database."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A private Redis of this test process."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """One that the test may kill."""
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="module")
def postgresql_url() -> Iterator[str]:
    """A new database on PostgreSQL; tests are skipped, with the reason, where there is no server."""
    try:
        server_url()
    except NoPostgreSQL as reason:
        pytest.skip(str(reason))
    with scratch_database() as url:
        yield url


@pytest.fixture(scope="session", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server process of a demo of its own, under each server; people may have many sockets."""
    with demo_desk(request.param) as desk:
        yield desk.servers[0]


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server process of a demo that the tests of one file have to themselves."""
    with demo_desk("uvicorn") as desk:
        yield desk.servers[0]


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    """A demo for tests that start servers of their own, or none."""
    with demo_desk() as desk:
        yield desk


@pytest.fixture(scope="session")
def demo(server: Server) -> Desk:
    """What the server's demo is kept in."""
    return server.desk
