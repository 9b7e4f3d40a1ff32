"""Several server processes over one database: what one does arrives at the sockets of the other, with Redis and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.admin import AdminVisitor
from tests.support.redis_server import RedisServer
from tests.support.server import Person, Server, demo_desk
from tests.support.sockets import Socket

Pair = tuple[Server, Server]


@pytest.fixture(scope="module", params=["in memory", "redis", "postgresql and redis"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A process under daphne and one under uvicorn, over one database. Without Redis only the sweep connects them."""
    environment: dict[str, str] = {}
    if "postgresql" in request.param:
        environment["DATABASE_URL"] = request.getfixturevalue("postgresql_url")
    if "redis" in request.param:
        redis: RedisServer = request.getfixturevalue("redis_server")
        environment["REDIS_URL"] = redis.url
    with demo_desk("daphne", "uvicorn", **environment) as desk:
        yield desk.servers[0], desk.servers[1]


async def test_an_edit_in_the_admin_arrives_at_a_socket_of_another_process(pair: Pair) -> None:
    here, there = pair
    carol = Person(there, "carol")
    ticket = carol.new_ticket("It broke")
    socket = await Socket.of(carol, f"/api/v1/ws/tickets/{ticket['id']}")
    await socket.receive()

    admin = AdminVisitor(here, "admin", "admin")
    admin.save(f"/admin/tickets/ticket/{ticket['id']}/change/", subject="It broke in the admin")

    updated = await socket.until("ticket.updated")
    assert updated["data"]["subject"] == "It broke in the admin"
    assert updated["sender"] == "admin"


async def test_two_people_on_two_processes_chat(pair: Pair) -> None:
    here, there = pair
    alice, carol = Person(here, "alice"), Person(there, "carol")
    path = f"/api/v1/ws/tickets/{carol.new_ticket()['id']}"
    first, second = await Socket.of(alice, path), await Socket.of(carol, path)
    await first.receive()
    await second.receive()
    for speaker, listener in ((first, second), (second, first)):
        ack = await speaker.ask({"content": "Hello", "ref": 1}, "ack")
        heard = await listener.until(lambda frame, seq=ack["seq"]: frame.get("seq") == seq)
        assert heard["data"]["content"] == "Hello"


async def test_a_command_in_a_shell_arrives_too(pair: Pair) -> None:
    here, _ = pair
    carol = Person(here, "carol")
    ticket = carol.new_ticket()["id"]
    socket = await Socket.of(carol, f"/api/v1/ws/tickets/{ticket}")
    await socket.receive()
    here.desk.shell(
        "from tickets.models import Ticket;"
        f"Ticket.objects.filter(pk='{ticket}').update(subject='By a shell')"
    )
    assert (await socket.until("ticket.updated"))["data"]["subject"] == "By a shell"
