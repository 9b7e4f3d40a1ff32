"""``realtime.send_to_…``, ``broadcast``, ``online_users``, ``connection_count`` and ``disconnect``, called in a process of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.logs import log_over_http
from tests.support.server import Desk, Person, Server, demo_desk
from tests.support.sockets import Socket

pytestmark = pytest.mark.xdist_group("neighbours")


@pytest.fixture(scope="module", params=["in the database", "in Redis"])
def shared_desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk with two processes, whose presence is in the database or in Redis."""
    if request.param == "in Redis":
        yield request.getfixturevalue("bridged")
        return
    with demo_desk("uvicorn", "daphne") as desk:
        yield desk


def _calls(desk: Desk, *expressions: str) -> list[Any]:
    """What calls of the engine give, sync and async, in one process."""
    code = (
        "import json, realtime; from asgiref.sync import async_to_sync;"
        "show = lambda found: [p.username for p in found] if isinstance(found, list) else found;"
    )
    for expression in expressions:
        name, _, arguments = expression.removesuffix(")").partition("(")
        twin = f"async_to_sync(realtime.a{name})({arguments})"
        code += f"print(json.dumps([show(realtime.{expression}), show({twin})]));"
    lines = desk.shell(code).splitlines()[-len(expressions) :]
    told = [json.loads(line) for line in lines]
    assert all(sync == twin for sync, twin in told), told
    return [sync for sync, _ in told]


async def _online(asker: Person, *names: str) -> None:
    """Waits until just these people are here: others of this desk have left a moment ago."""
    async with asyncio.timeout(20):
        while True:
            answer = await asyncio.to_thread(asker.get, "presence/")
            if sorted(peer["username"] for peer in answer.json()["results"]) == [*names]:
                return
            await asyncio.sleep(0.05)


async def test_who_is_online_and_how_many_sockets_are_open_is_known_everywhere(
    shared_desk: Desk,
) -> None:
    one, two = shared_desk.servers[:2]
    alice, carol = Person(one, "alice"), Person(two, "carol")
    carol_id = carol.get("auth/me/").json()["id"]
    sockets = [
        await Socket.open(server, path, token=person.access)
        for person in (alice, carol)
        for server in (one, two)
        for path in ("/api/v1/ws/connect", "/ws")
    ]
    for socket in sockets:
        await socket.ask({"type": "ping"}, "pong")
    await _online(alice, "alice", "carol")
    questions = "online_users()", "connection_count()", f"connection_count('{carol_id}')"
    assert _calls(shared_desk, *questions) == [["alice", "carol"], 8, 4]
    for socket in sockets[4:]:
        await socket.close()
    await _online(alice, "alice")
    assert _calls(shared_desk, *questions) == [["alice"], 4, 0]


async def test_a_user_is_disconnected_in_every_process_and_may_come_back(shared_desk: Desk) -> None:
    one, two = shared_desk.servers[:2]
    carol, dave = Person(one, "carol"), Person(one, "dave")
    theirs = [await Socket.open(server, "/ws", token=carol.access) for server in (one, two)]
    other = await Socket.of(dave, "/ws")
    for socket in (*theirs, other):
        await socket.ask({"type": "ping"}, "pong")
    carol_id = carol.get("auth/me/").json()["id"]
    shared_desk.shell(f"import realtime; realtime.disconnect('{carol_id}')")
    for socket in theirs:
        assert await socket.close_code() == 1000
    await other.ask({"type": "ping"}, "pong")
    back = await Socket.of(carol, "/ws")
    await back.ask({"type": "ping"}, "pong")


async def test_durable_events_reach_both_processes(shared_desk: Desk) -> None:
    one, two = shared_desk.servers[:2]
    carol = Person(one, "carol")
    carol_id = carol.get("auth/me/").json()["id"]
    sockets = [await _rooms(carol, server) for server in (one, two)]
    shared_desk.shell(
        "import asyncio, realtime;"
        f"realtime.send_to_user('{carol_id}', 'export.ready', {{'n': 1}}, durable=True);"
        f"asyncio.run(realtime.asend_to_user('{carol_id}', 'export.ready', {{'n': 2}}, durable=True))"
    )
    for socket in sockets:
        heard = [await socket.until("export.ready") for _ in range(2)]
        assert [event["data"]["n"] for event in heard] == [1, 2]
        assert heard[1]["seq"] == heard[0]["seq"] + 1


async def _rooms(person: Person, server: Server) -> Socket:
    socket = await Socket.open(server, "/api/v1/ws/connect", token=person.access)
    await socket.until("connected")
    return socket


@pytest.mark.redis
async def test_a_broadcast_reaches_everybody_but_one_and_the_staff_is_told_apart(
    bridged: Desk, alice: Person, carol: Person, dave: Person, one: Server, two: Server
) -> None:
    """In passing, through Redis: nothing is stored."""
    everyone = {
        person.username: await _rooms(person, server)
        for person, server in ((alice, one), (carol, two), (dave, two))
    }
    for socket in everyone.values():
        for room in ("everyone", "staff"):
            await socket.send({"type": "join_room", "room": room})
        await socket.ask({"type": "ping"}, "pong")
    carol_id, dave_id = (person.get("auth/me/").json()["id"] for person in (carol, dave))
    bridged.shell(
        "import asyncio, realtime;"
        f"realtime.broadcast('all.told', {{}}, exclude_user='{carol_id}');"
        "realtime.send_to_staff('staff.told', {});"
        f"realtime.send_to_users(['{carol_id}', '{dave_id}', '{carol_id}'], 'two.told', {{}});"
        "asyncio.run(realtime.abroadcast('end.told', {}));"  # which goes out before the shell ends
    )
    expected = {
        "alice": ["all.told", "end.told", "staff.told"],
        "carol": ["end.told", "two.told"],
        "dave": ["all.told", "end.told", "two.told"],
    }
    for name, socket in everyone.items():
        # In any order: that of a room is kept, not that of rooms among each other.
        while not set(expected[name]) <= {frame["type"] for frame in socket.seen}:
            await socket.receive()
        await socket.ask({"type": "ping"}, "pong")
    told = {
        name: sorted(f["type"] for f in socket.seen if f["type"].endswith(".told"))
        for name, socket in everyone.items()
    }
    assert told == expected


async def test_the_dashboard_is_computed_once_for_all_processes(shared_desk: Desk) -> None:
    one, two = shared_desk.servers[:2]
    alice, carol = Person(one, "alice"), Person(one, "carol")
    boards = [await Socket.open(server, "/ws", token=alice.access) for server in (one, two)]
    for board in boards:
        await board.until("dashboard.update")
    before = len(await log_over_http(one.url, "dashboard", alice.access))
    changes = 4
    for _ in range(changes):
        total = alice.get("dashboard/stats/").json()
        carol.new_ticket()
        for board in boards:
            await board.until(
                lambda f, old=total: f.get("type") == "dashboard.update" and f["data"] != old
            )
    computed = len(await log_over_http(one.url, "dashboard", alice.access)) - before
    assert changes <= computed < len(boards) * changes
    told = [[f for f in b.seen if f.get("type") == "dashboard.update"][-changes:] for b in boards]
    assert told[0] == told[1]
