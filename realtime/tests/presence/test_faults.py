"""The store goes away, loses its data or is slow: sockets open and close all the same, and later everything is right."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

import pytest

from realtime.tests.presence.nodes import Node, eventually
from tests.support.redis_server import RedisServer

ROOM = "channel:1"
StartNodes = Callable[..., list[Node]]


@pytest.fixture
def nodes(redis: dict[str, str], start_nodes: StartNodes) -> list[Node]:
    """Two processes on one Redis server."""
    return start_nodes(redis, 2)


def test_with_redis_down_sockets_open_at_once_and_the_limit_is_kept_by_what_is_known(
    nodes: list[Node], own_redis: RedisServer
) -> None:
    here, _ = nodes
    here.open("a", "7", limit=2)
    own_redis.kill()
    started = time.monotonic()
    assert here.open("b", "7", limit=2) is False
    assert here.open("c", "7", limit=2) == "too many"
    assert here.open("d", "8", limit=2) is True
    assert here.join("d", ROOM) is True
    assert here.call("members", topic=ROOM) == ["8"]
    assert here.call("members", topic="") == ["7", "8"]
    assert here.call("counts") == {"7": 2, "8": 1}
    here.close("b")
    assert time.monotonic() - started < 3


def test_with_redis_frozen_nothing_waits_longer_than_a_moment(
    nodes: list[Node], own_redis: RedisServer
) -> None:
    here, there = nodes
    here.open("a", "7")
    own_redis.stop()
    started = time.monotonic()
    assert here.open("b", "8") is True
    assert time.monotonic() - started < 2.5
    started = time.monotonic()
    for i in range(50):
        here.open(f"c{i}", str(100 + i))
    assert time.monotonic() - started < 3

    own_redis.go_on()
    eventually(lambda: there.call("counts").get("149") == 1, within=5)
    assert there.call("counts")["7"] == 1


def test_a_restarted_redis_is_filled_again_and_nobody_hears_of_it(
    nodes: list[Node], own_redis: RedisServer
) -> None:
    here, there = nodes
    here.open("a", "7")
    here.join("a", ROOM)
    there.open("b", "8")
    own_redis.kill()
    here.open("c", "9")
    here.close("c")
    own_redis.start()

    eventually(lambda: there.call("counts") == {"7": 1, "8": 1}, within=5)
    eventually(lambda: there.call("members", topic=ROOM) == ["7"], within=5)
    told = here.news + there.news
    assert told.count(("online", "7", "")) == 1
    assert ("offline", "7", "") not in told
    assert ("offline", "8", "") not in told
    eventually(lambda: ("offline", "9", "") in here.news + there.news)


def test_a_flushed_redis_is_filled_again(nodes: list[Node], own_redis: RedisServer) -> None:
    here, there = nodes
    here.open("a", "7")
    here.join("a", ROOM)
    there.open("b", "8")
    own_redis.flush()

    eventually(lambda: here.call("counts") == {"7": 1, "8": 1})
    eventually(lambda: there.call("members", topic=ROOM) == ["7"])
    assert there.open("c", "7", limit=1) == "too many"
    assert sorted(here.news + there.news) == [("online", "7", ""), ("online", "8", "")]

    here.close("a")
    eventually(lambda: ("left", "7", ROOM) in here.news + there.news)
    eventually(lambda: ("offline", "7", "") in here.news + there.news)


def test_who_left_during_an_outage_is_told_offline_after_it(
    nodes: list[Node], own_redis: RedisServer
) -> None:
    here, there = nodes
    here.open("a", "7")
    here.open("b", "8")
    there.open("c", "8")
    own_redis.kill()
    here.close("a")
    here.close("b")
    own_redis.start()

    eventually(lambda: ("offline", "7", "") in here.news + there.news)
    eventually(lambda: there.call("counts") == {"8": 1})
    assert ("offline", "8", "") not in here.news + there.news


def test_in_a_long_outage_the_users_here_are_told_what_is_known_here(
    nodes: list[Node], own_redis: RedisServer
) -> None:
    here, _ = nodes
    here.open("a", "7")
    here.join("a", ROOM)
    own_redis.kill()
    here.close("a")
    here.wait_for_news("offline", "7", "", within=6)
    here.wait_for_news("left", "7", ROOM)
    assert here.call("members", topic="") == []


def test_redis_may_be_absent_at_the_start(
    redis: dict[str, str], own_redis: RedisServer, start_nodes: StartNodes
) -> None:
    own_redis.kill()
    (here,) = start_nodes(redis)
    assert here.open("a", "7") is True
    own_redis.start()
    (there,) = start_nodes(redis)
    eventually(lambda: there.call("counts") == {"7": 1})


def test_a_database_that_is_locked_for_a_while_is_waited_for(
    sqlite: dict[str, str], start_nodes: StartNodes
) -> None:
    (here,) = start_nodes(sqlite, lease=30)
    with _locked(sqlite):
        opening = here.ask("open", connection_id="a", user_id="7", limit=2)
        with pytest.raises(AssertionError):
            here.answer(opening, within=0.5)
    assert here.answer(opening) is True
    assert here.call("counts") == {"7": 1}


def test_a_database_that_stays_locked_stops_nobody(
    sqlite: dict[str, str], start_nodes: StartNodes
) -> None:
    (here,) = start_nodes(sqlite, lease=30)
    with _locked(sqlite):
        opening = here.ask("open", connection_id="a", user_id="7", limit=2)
        assert here.answer(opening, within=8) is True
        assert here.open("b", "7", limit=2) is False
        assert here.open("c", "7", limit=2) == "too many"
    eventually(lambda: here.call("counts") == {"7": 2}, within=8)
    assert here.news == [("online", "7", "")]


class _locked:
    """Holds the write lock of the SQLite file of an environment."""

    def __init__(self, environment: dict[str, str]) -> None:
        import json

        file = json.loads(environment["NODE_DATABASE"])["NAME"]
        self._connection = sqlite3.connect(file, isolation_level=None)

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()
