"""The Python client against a real server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livedesk_client import Client, Cursor, Frame, LivedeskError, Room, Session, SignedOut, Status
from livedesk_client.timing import Backoff

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


async def test_a_server_that_stops_is_asked_again_at_the_moment_that_it_named(demo: Desk) -> None:
    server = demo.serve()
    session = Session(server.url, "carol", "Secret123")
    told: list[float] = []
    waits: list[Status] = []

    def hear(frame: Frame) -> None:
        if frame["type"] == "reconnect":
            told.append(frame["data"]["after"])

    def see(status: Status) -> None:
        if status.state == "waiting":
            waits.append(status)

    url = f"{server.url}/api/v1/ws/connect"
    async with Client(url, session.token, on_frame=hear, on_status=see) as client:
        await client.opened()
        server.process.terminate()
        async with asyncio.timeout(20):
            while not waits:
                await asyncio.sleep(0.02)
    assert (waits[0].code, waits[0].retry_in) == (4503, told[0])
    await session.close()


async def test_whatever_keeps_a_client_from_its_token_is_tried_again(site: Server) -> None:
    session = Session(site.url, "carol", "Secret123")
    attempts = 0

    async def token(refresh: bool) -> str:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise KeyError("access")
        return await session.token(refresh)

    url = f"{site.url}/api/v1/ws/connect"
    async with Client(url, token, backoff=Backoff(0.05, 0.1)) as client:
        await asyncio.wait_for(client.opened(), 10)
    assert attempts == 2
    await session.close()


async def test_a_listener_that_fails_stops_nothing(site: Server, carol: Person) -> None:
    ticket = carol.new_ticket()
    session = Session(site.url, "carol", "Secret123")

    def fail(_: object) -> None:
        raise RuntimeError("a fault of the caller's")

    url = f"{site.url}/api/v1/ws/connect"
    async with Client(url, session.token, on_frame=fail, on_status=fail) as client:
        receipt = await asyncio.wait_for(client.send(room_of(ticket), "Hello"), 10)
    assert receipt.seq
    await session.close()


async def test_who_only_writes_leaves_the_room_again(connect: Connect, carol: Person) -> None:
    ticket = carol.new_ticket()
    customer, agent = await connect("carol"), await connect("alice")
    async with agent.subscribe(room_of(ticket)) as heard:
        await customer.send(room_of(ticket), "Only this")
        async with asyncio.timeout(10):
            async for event in heard:
                if event["type"] == "user_left":
                    break
        assert [member.username for member in heard.members] == ["alice"]


async def test_a_listener_that_wants_some_types_takes_nothing_from_another(
    connect: Connect, carol: Person, alice: Person
) -> None:
    ticket = carol.new_ticket()
    client = await connect("carol")
    everything = client.subscribe(room_of(ticket))
    await everything.ready()
    words = client.subscribe(room_of(ticket), types=["message.new"])
    await words.ready()
    alice.patch(f"tickets/{ticket['id']}/", {"priority": "urgent"}, **{"If-Match": "*"})
    async with asyncio.timeout(10):
        async for event in everything:
            if event["type"] == "ticket.updated":
                break
    await client.send(room_of(ticket), "A word")
    async with asyncio.timeout(10):
        first = await anext(aiter(words))
    assert first["type"] == "message.new"


async def test_a_snapshot_may_wait_for_another_room(connect: Connect, carol: Person) -> None:
    ticket, other = carol.new_ticket(), carol.new_ticket()
    client = await connect("carol")

    async def snapshot() -> Cursor:
        async with client.subscribe(room_of(other)):
            return Cursor(ticket["seq"], ticket["epoch"])

    room = client.subscribe(room_of(ticket), snapshot=snapshot)
    await asyncio.wait_for(room.ready(), 10)


async def test_when_the_login_is_over_whoever_waits_is_told(site: Server, carol: Person) -> None:
    ticket = carol.new_ticket()
    session = Session(site.url, "carol", "Secret123")

    async def token(refresh: bool) -> str:
        if refresh:
            raise SignedOut
        return await session.token()

    async with Client(f"{site.url}/api/v1/ws/connect", token) as client:
        room = client.subscribe(room_of(ticket))
        await room.ready()
        carol.post("auth/logout/", {"refresh": carol.refresh, "all": True})
        with pytest.raises(LivedeskError, match="unauthorized"):
            await asyncio.wait_for(_read_on(room), 10)
        with pytest.raises(LivedeskError, match="unauthorized"):
            await asyncio.wait_for(client.send(room_of(ticket), "Too late"), 10)
    await session.close()


async def _read_on(room: Room) -> None:
    async for _ in room:
        pass


async def test_a_refusal_has_what_the_server_said_of_it(
    connect: Connect, carol: Person, bob: Person
) -> None:
    ticket = carol.new_ticket()
    agent = await connect("alice")
    path = f"tickets/{ticket['id']}/messages/"
    theirs = bob.post(path, {"content": "I am on it"}).json()
    with pytest.raises(LivedeskError) as refused:
        await agent.send(room_of(ticket), "So am I", last_seen_seq=ticket["seq"])
    assert (refused.value.code, refused.value.data["message"]) == ("collision", theirs["id"])
