"""Another service beside two server processes: its Redis, and its key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from tests.support.redis_server import RedisServer
from tests.support.server import Desk, Server, demo_desk


@pytest.fixture(scope="session")
def bridge_redis() -> Iterator[RedisServer]:
    """A Redis that tests may restart."""
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="session")
def bridged(bridge_redis: RedisServer) -> Iterator[Desk]:
    """The demo with Redis, served by two processes."""
    with demo_desk("uvicorn", "daphne", REDIS_URL=bridge_redis.url) as desk:
        yield desk


@pytest.fixture
def one(bridged: Desk) -> Server:
    return bridged.servers[0]


@pytest.fixture
def two(bridged: Desk) -> Server:
    return bridged.servers[1]


@pytest.fixture
def site(one: Server) -> Server:
    return one


@pytest.fixture
def service(bridge_redis: RedisServer) -> Iterator[redis.Redis]:
    """Another service's connection to the same Redis."""
    client = redis.Redis.from_url(bridge_redis.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def api_key(bridged: Desk) -> str:
    return bridged.manage("create_service_key", "warehouse").strip()
