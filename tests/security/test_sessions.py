"""Tickets that work once, refresh tokens that die when used, and passwords that can't be tried for long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.server import Person, Server, demo_desk
from tests.support.sockets import Socket


async def test_of_many_who_use_a_ticket_at_once_one_gets_in(server: Server) -> None:
    carol = Person(server, "carol")
    for _ in range(5):
        ticket = carol.post("auth/ws-ticket/").json()["ticket"]
        assert len(ticket) >= 22  # 128 bits

        async def use(ticket: str = ticket) -> str:
            socket = await Socket.open(server, "/api/v1/ws/connect", ticket=ticket)
            return str((await socket.receive())["type"])

        found = await asyncio.gather(*(use() for _ in range(8)))
        assert sorted(found) == ["connected", *["error"] * 7]


def test_of_many_who_use_a_refresh_token_at_once_one_at_most_gets_new_ones(server: Server) -> None:
    carol = Person(server, "carol")

    def refresh(_: int) -> int:
        url = f"{server.url}/api/v1/auth/token/refresh/"
        return httpx.post(url, json={"refresh": carol.refresh}, timeout=30).status_code

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(refresh, range(6)))
    assert found.count(200) <= 1
    assert set(found) <= {200, 401}


async def test_a_refresh_token_that_is_used_again_ends_its_login(server: Server) -> None:
    carol = Person(server, "carol")
    socket = await Socket.of(carol, "/ws")
    fresh = carol.post("auth/token/refresh/", {"refresh": carol.refresh})
    assert fresh.status_code == 200
    assert carol.post("auth/token/refresh/", {"refresh": carol.refresh}).status_code == 401
    assert await socket.close_code(seconds=10) == 4001
    assert carol.get("auth/me/").status_code == 401
    again = carol.post("auth/token/refresh/", {"refresh": fresh.json()["refresh"]})
    assert again.status_code == 401


def test_after_logging_out_nothing_of_that_login_works(server: Server) -> None:
    carol = Person(server, "carol")
    ticket = carol.post("auth/ws-ticket/").json()["ticket"]
    assert carol.post("auth/logout/", {"refresh": carol.refresh}).status_code == 204
    assert carol.get("auth/me/").status_code == 401
    assert carol.post("auth/token/refresh/", {"refresh": carol.refresh}).status_code == 401
    assert carol.post("auth/token/verify/", {"token": carol.access}).status_code == 401

    async def knock() -> str:
        socket = await Socket.open(server, "/ws", ticket=ticket)
        kind = str((await socket.receive())["type"])
        await socket.close()
        return kind

    assert asyncio.run(knock()) == "error"


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    with demo_desk("uvicorn", THROTTLE_LOGIN="5/min") as desk:
        yield desk.servers[0]


def test_passwords_cannot_be_tried_for_long(strict: Server) -> None:
    def try_to(name: str, **headers: str) -> httpx.Response:
        body = {"username": name, "password": "guess"}
        url = f"{strict.url}/api/v1/auth/token/"
        return httpx.post(url, json=body, headers=headers, timeout=30)

    # No proxy is trusted here, so an invented address makes nobody new; nor does another spelling.
    spellings = ["carol", "CAROL", " carol ", "Carol", "carol"]
    tries = [try_to(name, **{"X-Forwarded-For": f"10.0.0.{i}"}) for i, name in enumerate(spellings)]
    assert [answer.status_code for answer in tries] == [401] * 5
    refused = try_to("carol", **{"X-Forwarded-For": "10.9.9.9"})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert try_to("dave").status_code == 401  # who is somebody else


def test_a_wrong_name_and_a_wrong_password_are_told_in_the_same_words(server: Server) -> None:
    url = f"{server.url}/api/v1/auth/token/"
    answers = [
        httpx.post(url, json={"username": name, "password": "guess"}, timeout=30)
        for name in ("carol", "nobody-at-all")
    ]
    assert answers[0].status_code == answers[1].status_code == 401
    assert answers[0].text == answers[1].text
