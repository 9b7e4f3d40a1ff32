"""Credentials, refusals and close codes of protocol, section 1, on every endpoint."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
import websockets

from tests.support.server import Desk, Person, Server
from tests.support.sockets import Socket

ENDPOINTS = [
    ("/api/v1/ws/connect", 4401),
    ("/api/v1/ws/notifications", 4401),
    ("/api/v1/ws/tickets/0190a000-0000-7000-8000-000000000000", 4401),
    ("/ws", 4001),
]
every_endpoint = pytest.mark.parametrize(("path", "unauthorized"), ENDPOINTS)


@every_endpoint
async def test_without_a_token_the_socket_is_told_and_closed(
    server: Server, path: str, unauthorized: int
) -> None:
    socket = await Socket.open(server, path)
    frame = await socket.receive()
    assert (frame["type"], frame["data"]["code"]) == ("error", "unauthorized")
    assert await socket.close_code() == unauthorized


@every_endpoint
@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "e" * 5000])
async def test_a_bad_token_is_refused(
    server: Server, path: str, unauthorized: int, token: str
) -> None:
    socket = await Socket.open(server, path, token=token)
    assert (await socket.receive())["type"] == "error"
    assert await socket.close_code() == unauthorized


async def test_more_than_one_credential_is_refused(carol: Person) -> None:
    for query in (f"token={carol.access}&token={carol.access}", f"token={carol.access}&ticket=x"):
        connection = await websockets.connect(f"ws://{carol.server.host}/api/v1/ws/connect?{query}")
        assert await Socket(connection).close_code() == 4401


async def test_a_refresh_token_opens_nothing(carol: Person) -> None:
    socket = await Socket.open(carol.server, "/api/v1/ws/connect", token=carol.refresh)
    assert await socket.close_code() == 4401


async def test_a_ticket_opens_one_socket(carol: Person) -> None:
    ticket = carol.post("auth/ws-ticket/").json()["ticket"]
    first = await Socket.open(carol.server, "/api/v1/ws/connect", ticket=ticket)
    assert (await first.receive())["type"] == "connected"
    second = await Socket.open(carol.server, "/api/v1/ws/connect", ticket=ticket)
    assert await second.close_code() == 4401


async def test_the_subprotocol_carries_a_token(carol: Person) -> None:
    socket = await Socket.open(
        carol.server, "/api/v1/ws/connect", subprotocols=["bearer", carol.access]
    )
    assert socket.connection.subprotocol == "bearer"
    assert (await socket.receive())["data"]["username"] == "carol"


async def test_only_a_foreign_origin_is_refused_before_accept(carol: Person) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await Socket.of(carol, headers={"Origin": "https://evil.example"})
    assert refused.value.response.status_code == 403
    own = await Socket.of(carol, headers={"Origin": carol.server.url})
    assert (await own.receive())["type"] == "connected"


async def test_an_unknown_path_looks_like_a_forbidden_one(carol: Person) -> None:
    socket = await Socket.of(carol, "/api/v1/ws/nowhere")
    assert (await socket.receive())["data"]["code"] == "forbidden"
    assert await socket.close_code() == 4403


@pytest.mark.parametrize("since", ["abc", "-1", "1.5", "", "1e3"])
async def test_a_since_that_is_no_whole_number_is_refused(carol: Person, since: str) -> None:
    socket = await Socket.of(carol, "/api/v1/ws/connect", since=since)
    assert (await socket.receive())["data"]["code"] == "invalid_field"
    assert await socket.close_code() == 4400


@pytest.mark.parametrize("since", ["2000000000", "9" * 30])
async def test_a_since_in_the_future_is_told_to_load_anew(carol: Person, since: str) -> None:
    socket = await Socket.of(carol, "/api/v1/ws/connect", since=since)
    (place,) = (await socket.until("connected"))["data"]["rooms"].values()
    assert place["resumed"] is False
    joined = await socket.ask(
        {"type": "join_room", "room": "channel:1", "since": int(since)}, "room_joined"
    )
    assert joined["data"]["resumed"] is False


async def test_logging_out_closes_the_sockets_of_that_login(carol: Person) -> None:
    other_login = Person(carol.server, "carol")
    ended = await Socket.of(carol)
    stays = await Socket.of(other_login)
    assert carol.post("auth/logout/", {"refresh": carol.refresh}).status_code == 204
    assert await ended.close_code(seconds=3) == 4401
    assert (await stays.ask({"type": "ping"}, "pong"))["type"] == "pong"
    dead = await Socket.of(carol)
    assert await dead.close_code() == 4401


async def test_a_token_that_expires_closes_its_socket(demo: Desk, carol: Person) -> None:
    key = (demo.folder / "secret-key").read_text().strip()
    claims = jwt.decode(carol.access, options={"verify_signature": False})
    claims["exp"] = int(time.time()) + 2
    brief = jwt.encode(claims, key, "HS256")
    socket = await Socket.open(carol.server, "/ws", token=brief)
    assert await socket.close_code(seconds=6) == 4001


async def test_a_newer_token_extends_a_socket_and_a_bad_one_changes_nothing(
    carol: Person, dave: Person
) -> None:
    for path in ("/api/v1/ws/connect", "/api/v1/ws/notifications", "/ws"):
        socket = await Socket.of(carol, path)
        answer = await socket.ask(
            {"type": "authenticate", "token": Person(carol.server, "carol").access}, "authenticated"
        )
        assert answer["data"]["expires_at"].endswith("Z")
        for bad in ("nonsense", dave.access):
            refused = await socket.ask({"type": "authenticate", "token": bad}, "error")
            assert refused["data"]["code"] == "invalid_token"
        assert (await socket.ask({"type": "ping"}, "pong"))["type"] == "pong"


async def test_the_connection_over_the_limit_is_refused(desk: Desk) -> None:
    server = desk.serve("uvicorn", WS_MAX_CONNECTIONS_PER_USER="2")
    admin = Person(server, "admin", "admin")
    sockets = [await Socket.of(admin) for _ in range(2)]
    for socket in sockets:
        assert (await socket.receive())["type"] == "connected"
    refused = await Socket.of(admin)
    assert (await refused.receive())["data"]["code"] == "too_many_connections"
    assert await refused.close_code() == 4429
    for socket in sockets:
        await socket.close()
    server.kill()


MALFORMED: list[Any] = ["nonsense", "[1]", '"text"', "{", "", "null", b"\x00\x01", "[" * 5000]


@pytest.mark.parametrize("path", ["/api/v1/ws/connect", "/api/v1/ws/notifications", "/ws"])
async def test_malformed_frames_get_errors_and_twenty_in_a_row_the_end(
    carol: Person, path: str
) -> None:
    socket = await Socket.of(carol, path, events="0")
    for frame in MALFORMED:
        await socket.send(frame)
        await socket.until(lambda answer: "error" in answer or answer.get("type") == "error")
    assert (await socket.ask({"type": "ping"}, "pong"))["type"] == "pong"
    for _ in range(20):
        await socket.send("nonsense")
    assert await socket.close_code() == 4400


async def test_a_frame_that_is_too_large_is_told_and_closed(carol: Person) -> None:
    socket = await Socket.of(carol)
    await socket.send('{"type":"' + "x" * 1_048_576 + '"}')
    assert (await socket.until("error"))["data"]["code"] == "too_large"
    assert await socket.close_code() == 4413


async def test_a_flood_is_dropped_and_in_the_end_closed(carol: Person) -> None:
    socket = await Socket.of(carol)
    for _ in range(300):
        await socket.send({"type": "ping"})
    assert (await socket.until("error"))["data"]["code"] == "rate_limited"
    assert await socket.close_code() == 4429
