"""The database makes everybody wait who needs it. Who doesn't, doesn't: queries of sockets never hold up the event loop."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.faults.stage import copy_of
from tests.support.server import Desk, Person, Server
from tests.support.sockets import Socket

WRITERS = 12
"""More than there are threads for the database."""


@pytest.fixture(params=["uvicorn", "daphne"])
def server(request: pytest.FixtureRequest, template: Desk) -> Iterator[Server]:
    desk = copy_of(template)
    yield desk.serve(request.param, WS_MAX_CONNECTIONS_PER_USER="100", WS_LEASE_SECONDS="300")
    desk.close()


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    """Nobody can write; everybody who wants to waits for it."""
    [file] = desk.folder.glob("*.sqlite3")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_while_writers_wait_for_the_database_the_others_are_served(server: Server) -> None:
    carol, alice = Person(server, "carol"), Person(server, "alice")
    path = f"/api/v1/ws/tickets/{carol.new_ticket()['id']}"
    writers = [await Socket.of(carol, path) for _ in range(WRITERS)]
    reader = await Socket.of(alice, path)
    for socket in (*writers, reader):
        await socket.receive()

    with locked(server.desk):
        for number, socket in enumerate(writers):
            await socket.send({"content": f"Message {number}", "ref": number})
        for socket in (*writers, reader):
            await socket.ask({"type": "ping"}, "pong")
        await reader.send({"type": "typing", "data": {"state": "start"}})
        for socket in writers:
            await socket.until("user.typing")
            told = {frame["type"] for frame in socket.seen}
            assert not told & {"ack", "error", "message.new"}, "it waits for the database still"

    acknowledged = [await socket.until("ack") for socket in writers]
    last = max(ack["seq"] for ack in acknowledged)
    await reader.until(lambda frame: frame.get("seq") == last)
    heard = [f["data"]["content"] for f in reader.seen if f["type"] == "message.new"]
    assert sorted(heard) == sorted(f"Message {number}" for number in range(WRITERS))
