"""Stores that are real, and processes on them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest

from realtime.tests.presence.nodes import Node
from tests.support.redis_server import RedisServer

LEASE = 1.2
LONG_LEASE = 30
"""Where nobody dies: a process that a busy machine keeps waiting doesn't count as dead then."""
PATIENCE = 20
"""Seconds by which what is to happen has happened on the busiest machine."""
GRACE = 0.3

StartNode = Callable[..., Node]


def _environment(database: dict[str, Any]) -> dict[str, str]:
    settings = "realtime.tests.presence.settings"
    return {"DJANGO_SETTINGS_MODULE": settings, "NODE_DATABASE": json.dumps(database)}


def _on_sqlite(file: Path) -> dict[str, str]:
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
    engine = "django.db.backends.sqlite3"
    return _environment({"ENGINE": engine, "NAME": str(file), "OPTIONS": options})


def _migrate(environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity=0", "--skip-checks"],
        env={**os.environ, "PYTHONPATH": os.getcwd(), **environment},
        check=True,
    )


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("presence") / "migrated.sqlite3"
    _migrate(_on_sqlite(file))
    return file


@pytest.fixture
def sqlite(migrated_sqlite: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of processes that share an SQLite file."""
    file = tmp_path / "presence.sqlite3"
    shutil.copy(migrated_sqlite, file)
    return _on_sqlite(file)


class PostgreSQL:
    """A server on which databases of a test may be made."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = {
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
        }
        self._url = urlunsplit(parts._replace(path="/postgres"))

    def answers(self) -> bool:
        try:
            psycopg.connect(self._url, connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def create(self) -> str:
        name = f"presence_{uuid4().hex[:12]}"
        self._execute("postgres", f"CREATE DATABASE {name}")
        return name

    def empty(self, name: str) -> None:
        tables = ["serverprocess", "socketconnection", "roommembership", "departure"]
        self._execute(name, "TRUNCATE " + ", ".join(f"realtime_{table}" for table in tables))

    def drop(self, name: str) -> None:
        self._execute("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    def environment(self, name: str) -> dict[str, str]:
        engine = "django.db.backends.postgresql"
        pool = {"pool": {"min_size": 1, "max_size": 4}}
        return _environment({"ENGINE": engine, "NAME": name, "OPTIONS": pool, **self._connection})

    def _execute(self, database: str, statement: str) -> None:
        with psycopg.connect(self._url, dbname=database, autocommit=True) as admin:
            admin.execute(statement)


@pytest.fixture(scope="session")
def postgresql_server() -> PostgreSQL:
    given = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    server = PostgreSQL(given)
    if not server.answers():
        pytest.skip("no PostgreSQL answers: set TEST_DATABASE_URL")
    return server


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: PostgreSQL) -> Iterator[str]:
    """A migrated database."""
    name = postgresql_server.create()
    _migrate(postgresql_server.environment(name))
    yield name
    postgresql_server.drop(name)


@pytest.fixture
def postgresql(postgresql_server: PostgreSQL, migrated_postgresql: str) -> dict[str, str]:
    """The environment of processes that share a PostgreSQL database, in which nobody is connected."""
    postgresql_server.empty(migrated_postgresql)
    return postgresql_server.environment(migrated_postgresql)


@pytest.fixture
def redis(own_redis: RedisServer, tmp_path: Path) -> dict[str, str]:
    """The environment of processes that share a Redis server."""
    return {**_on_sqlite(tmp_path / "unused.sqlite3"), "REDIS_URL": own_redis.url}


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def shared(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of processes that share a store, of each kind."""
    environment: dict[str, str] = request.getfixturevalue(request.param)
    return environment


@pytest.fixture
def start_nodes() -> Iterator[Callable[..., list[Node]]]:
    """Starts processes at the same time, and ends them after the test."""
    started: list[Node] = []

    def start(
        environment: dict[str, str], count: int = 1, *, lease: float = LEASE, grace: float = GRACE
    ) -> list[Node]:
        nodes = [Node(environment, lease=lease, grace=grace) for _ in range(count)]
        started.extend(nodes)
        for node in nodes:
            node.wait_until_ready()
        return nodes

    yield start
    for node in started:
        node.end()


@pytest.fixture
def nodes(shared: dict[str, str], start_nodes: Callable[..., list[Node]]) -> list[Node]:
    """Two server processes on one store."""
    return start_nodes(shared, 2)
