"""What a process tells of itself: JSON logs with ids, an audit trail, metrics of several processes, a degraded state."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.support.redis_server import RedisServer
from tests.support.server import Desk, Person, Server, demo_desk
from tests.support.sockets import Socket


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """One that this module may kill."""
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="module")
def pair(redis: RedisServer) -> Iterator[tuple[Server, Server]]:
    with demo_desk(
        "daphne", "uvicorn", REDIS_URL=redis.url, LOG_FORMAT="json", AUDIT_LOG="1"
    ) as desk:
        yield desk.servers[0], desk.servers[1]


def lines(server: Server) -> list[dict[str, Any]]:
    """The JSON lines of a server's log; its own two announcements are none."""
    return [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]


def metric(server: Server, name: str) -> float:
    """0 for what hasn't happened yet."""
    return server.metrics().get(name, 0.0)


async def becomes_true(condition: Any, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.1)


async def test_the_audit_trail_tells_who_came_who_left_and_who_was_refused(
    pair: tuple[Server, Server],
) -> None:
    for server in pair:
        carol = Person(server, "carol")
        me = carol.get("auth/me/").json()["id"]
        socket = await Socket.of(carol)
        connection = (await socket.receive())["data"]["connection_id"]
        await socket.close()
        refused = await Socket.open(server, "/ws", token="nonsense")
        await refused.close_code()

        def told(server: Server = server, connection: str = connection) -> bool:
            seen = [x for x in lines(server) if x.get("connection_id") == connection]
            return [x["message"] for x in seen] == ["socket opened", "socket closed"]

        await becomes_true(told)
        opened = next(x for x in lines(server) if x.get("connection_id") == connection)
        assert (opened["logger"], opened["user_id"]) == ("realtime.audit", me)
        assert opened["address"] == "127.0.0.1"
        gone = next(x for x in lines(server) if x["message"] == "socket refused")
        assert (gone["reason"], gone["code"], gone["path"]) == ("unauthorized", 4001, "/ws")


async def test_the_audit_trail_tells_from_where_a_foreign_page_knocked(
    pair: tuple[Server, Server],
) -> None:
    for server in pair:
        foreign = {"Origin": "https://evil.example"}
        with pytest.raises(InvalidStatus):
            await Socket.open(server, "/ws", headers=foreign)
        await becomes_true(lambda server=server: "foreign origin refused" in server.log)
        line = next(x for x in lines(server) if x["message"] == "foreign origin refused")
        told = [line[name] for name in ("address", "path", "origin")]
        assert told == ["127.0.0.1", "/ws", "https://evil.example"]


def test_a_line_about_a_request_has_its_id_and_the_answer_too(pair: tuple[Server, Server]) -> None:
    for server in pair:
        carol = Person(server, "carol")
        answer = carol.http.get("tickets/nonsense/", headers={"X-Request-ID": "from-the-proxy"})
        assert answer.headers["X-Request-ID"] == "from-the-proxy"
        line = next(x for x in lines(server) if x.get("request_id") == "from-the-proxy")
        assert (line["level"], line["status_code"]) == ("WARNING", 404)
        made = carol.http.get("auth/me/", headers={"X-Request-ID": 'x"; y'})
        assert re.fullmatch(r"[0-9a-f]{32}", made.headers["X-Request-ID"])


def test_a_refused_sign_in_is_told_without_the_name(pair: tuple[Server, Server]) -> None:
    here, _ = pair
    body = {"username": "Hunter2!mistyped", "password": "wrong"}
    assert httpx.post(f"{here.url}/api/v1/auth/token/", json=body).status_code == 401
    line = next(x for x in lines(here) if x["message"] == "sign-in refused")
    assert (line["logger"], line["address"]) == ("realtime.auth", "127.0.0.1")
    assert "Hunter2" not in here.log


async def test_each_process_counts_its_own_sockets_and_health_counts_all(
    pair: tuple[Server, Server],
) -> None:
    here, there = pair

    def open_sockets() -> list[float]:
        return [metric(server, "websocket_active_connections") for server in pair]

    await becomes_true(lambda: open_sockets() == [0, 0])  # those of other tests are closed
    sockets = [await Socket.of(Person(here, "alice")) for _ in range(2)]
    sockets.append(await Socket.of(Person(there, "alice")))
    for socket in sockets:
        await socket.receive()
    assert open_sockets() == [2, 1]
    me = Person(here, "alice").get("auth/me/").json()["id"]
    for server in pair:
        health = httpx.get(f"{server.url}/healthz/websocket").json()
        assert (health["status"], health["troubles"]) == ("ok", [])
        assert health["by_user"][me] == 3


async def test_an_event_is_counted_once_and_its_way_is_timed(pair: tuple[Server, Server]) -> None:
    here, there = pair
    carol = Person(there, "carol")
    ticket = carol.new_ticket()["id"]
    socket = await Socket.of(carol, f"/api/v1/ws/tickets/{ticket}")
    await socket.receive()
    before = metric(there, "realtime_delivery_seconds_count")
    Person(here, "carol").post(f"tickets/{ticket}/messages/", {"content": "Hello"})
    await socket.until("message.new")
    assert metric(there, "realtime_delivery_seconds_count") > before
    await socket.close()
    await becomes_true(lambda: metric(there, 'realtime_closes_total{code="1000"}') >= 1)


async def test_without_redis_a_process_says_that_it_is_degraded_and_then_that_it_is_not(
    pair: tuple[Server, Server], redis: RedisServer
) -> None:
    here, _ = pair
    carol = Person(here, "carol")
    socket = await Socket.of(carol)
    await socket.receive()

    def says(status: str) -> bool:
        carol.new_ticket()  # something to hint at
        return bool(
            httpx.get(f"{here.url}/healthz/websocket", timeout=20).json()["status"] == status
        )

    redis.kill()
    await becomes_true(lambda: says("degraded"))
    assert httpx.get(f"{here.url}/healthz/websocket").json()["troubles"] == ["hints"]
    assert metric(here, "realtime_hints_healthy") == 0
    assert metric(here, "realtime_sweep_healthy") == 1
    assert httpx.get(f"{here.url}/healthz").status_code == 200
    assert httpx.get(f"{here.url}/healthz/redis").status_code == 503
    redis.start()
    await becomes_true(lambda: says("ok"))
    assert metric(here, "realtime_hints_healthy") == 1


def test_a_process_that_has_no_database_still_shows_its_numbers(tmp_path: Any) -> None:
    desk = Desk().create_demo()
    server = desk.serve()
    assert metric(server, "realtime_log_events") > 0
    (desk.folder / "livedesk.sqlite3").rename(tmp_path / "away")
    for name in ("livedesk.sqlite3-wal", "livedesk.sqlite3-shm"):
        (desk.folder / name).unlink(missing_ok=True)
    answer = httpx.get(f"{server.url}/metrics", timeout=30)
    desk.close()
    assert answer.status_code == 200
    assert "websocket_active_connections" in answer.text
