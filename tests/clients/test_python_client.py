"""The Python client against a real server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livedesk_client import Client, Cursor, LivedeskError, Room, Session

from tests.clients.conftest import Connect
from tests.support.server import Desk, Person, Server


async def messages(room: Room, count: int) -> list[str]:
    """The contents of the next messages in a room."""
    found: list[str] = []
    async with asyncio.timeout(20):
        async for event in room:
            if event["type"] == "message.new":
                found.append(event["data"]["content"])
            if len(found) == count:
                break
    return found


def room_of(ticket: dict[str, Any]) -> str:
    return f"ticket:{ticket['id']}"


async def test_two_people_talk(connect: Connect, carol: Person) -> None:
    ticket = carol.new_ticket()
    customer, agent = await connect("carol"), await connect("alice")
    async with agent.subscribe(room_of(ticket)) as heard:
        receipt = await customer.send(room_of(ticket), "Anybody there?")
        assert await messages(heard, 1) == ["Anybody there?"]
        assert receipt.data["author"]["username"] == "carol"


async def test_a_retry_with_the_same_client_id_stores_nothing(
    connect: Connect, carol: Person
) -> None:
    ticket = carol.new_ticket()
    customer = await connect("carol")
    first = await customer.send(room_of(ticket), "Once", client_id="py-once")
    second = await customer.send(room_of(ticket), "Once", client_id="py-once")
    assert first.seq == second.seq
    assert first.data["id"] == second.data["id"]


async def test_messages_keep_their_order(connect: Connect, carol: Person) -> None:
    ticket = carol.new_ticket()
    customer, agent = await connect("carol"), await connect("alice")
    texts = [f"Number {n}" for n in range(10)]
    async with agent.subscribe(room_of(ticket)) as heard:
        await asyncio.gather(*(customer.send(room_of(ticket), text) for text in texts))
        assert await messages(heard, 10) == texts


async def test_a_killed_server_loses_nothing(connect: Connect, demo: Desk) -> None:
    server = demo.serve()
    carol = Person(server, "carol")
    ticket = carol.new_ticket("Storm", "first")
    client = await connect("carol", server)
    room = client.subscribe(room_of(ticket), since=0)
    await room.ready()
    await client.send(room_of(ticket), "before")
    server.kill()
    waiting = asyncio.create_task(client.send(room_of(ticket), "during"))
    await asyncio.to_thread(demo.serve, port=server.port)
    receipt = await asyncio.wait_for(waiting, 40)
    assert await messages(room, 3) == ["first", "before", "during"]
    assert room.cursor is not None
    assert room.cursor.seq >= (receipt.seq or 0)


async def test_a_cursor_of_another_log_loads_the_snapshot(connect: Connect, carol: Person) -> None:
    ticket = carol.new_ticket()
    client = await connect("carol")
    snapshots = 0

    async def snapshot() -> Cursor:
        nonlocal snapshots
        snapshots += 1
        return Cursor(ticket["seq"], ticket["epoch"])

    room = client.subscribe(room_of(ticket), since=1, epoch="of-another-log", snapshot=snapshot)
    await asyncio.wait_for(room.ready(), 10)
    assert snapshots == 1
    await client.send(room_of(ticket), "After the snapshot")
    assert await messages(room, 1) == ["After the snapshot"]


async def test_refusals_have_the_servers_code(connect: Connect, carol: Person) -> None:
    ticket = carol.new_ticket()
    stranger = await connect("dave")
    with pytest.raises(LivedeskError) as refused:
        await stranger.send(room_of(ticket), "Let me in")
    assert refused.value.code == "forbidden"
    with pytest.raises(LivedeskError) as unknown:
        await stranger.request({"type": "no_such_type"})
    assert unknown.value.code == "unknown_type"


async def test_members_history_typing_and_read(connect: Connect, carol: Person) -> None:
    ticket = carol.new_ticket("History", "A first word")
    customer, agent = await connect("carol"), await connect("alice")
    async with (
        customer.subscribe(room_of(ticket)) as seen,
        agent.subscribe(room_of(ticket)) as room,
    ):
        assert {member.username for member in room.members} == {"alice", "carol"}
        page = await room.history(limit=50)
        assert [event["seq"] for event in page["events"]] == list(range(1, len(page["events"]) + 1))
        await room.typing()
        await room.read(ticket["seq"])
        types = set()
        async with asyncio.timeout(10):
            async for event in seen:
                types.add(event["type"])
                if {"user.typing", "message.read", "user_joined"} <= types:
                    break


async def test_wrong_credentials_stop_the_client(site: Server) -> None:
    session = Session(site.url, "carol", "wrong")
    async with Client(f"{site.url}/api/v1/ws/connect", session.token) as client:
        with pytest.raises(LivedeskError) as refused:
            await asyncio.wait_for(client.opened(), 10)
    assert refused.value.code == "unauthorized"
    await session.close()
