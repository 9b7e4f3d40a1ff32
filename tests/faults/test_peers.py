"""Peers that are slow, gone without a word, or out for trouble; under both servers, and the others notice nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed

from tests.faults.crowd import new_ticket
from tests.faults.endpoints import Rooms, TicketChat
from tests.faults.stage import Stage, copy_of
from tests.support.server import Desk
from tests.support.sockets import Socket

pytestmark = [
    pytest.mark.xdist_group("faults-peers"),
    pytest.mark.asyncio(loop_scope="module"),
]

SERVERS = ["daphne", "uvicorn"]
TIGHT_LIMITS = {
    "WS_HEARTBEAT_INTERVAL": "3",
    "WS_SEND_QUEUE_BYTES": "300000",
    "WS_MESSAGES_PER_SECOND": "20",
    "WS_MESSAGES_BURST": "40",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stages(template: Desk) -> AsyncIterator[dict[str, Stage]]:
    """A process with tight limits under each server, and one that takes as many frames as come."""
    tight = {name: Stage(copy_of(template, **TIGHT_LIMITS), None) for name in SERVERS}
    generous = Stage(copy_of(template), None)
    try:
        await asyncio.gather(
            *(stage.start([name]) for name, stage in tight.items()), generous.start(["uvicorn"])
        )
        yield {**tight, "generous": generous}
    finally:
        for stage in (*tight.values(), generous):
            await stage.close()


@pytest.fixture(params=SERVERS)
def stage(request: pytest.FixtureRequest, stages: dict[str, Stage]) -> Stage:
    return stages[request.param]


async def test_a_stalled_reader_is_let_go_comes_back_and_has_everything_like_the_others(
    stage: Stage,
) -> None:
    ticket = await asyncio.to_thread(new_ticket, stage)
    chat = TicketChat(ticket, notes=False)
    stalled = (await stage.reader("carol", chat, narrow=True)).reader
    lively = (await stage.reader("alice", TicketChat(ticket, notes=True))).reader
    await stage.all_listen()
    writer = await stage.rest_writer("bob")
    (node,) = stage.nodes
    before = await node.metric("websocket_active_connections")

    async def is_let_go() -> bool:
        # It may have come back between two looks: a ping of its own told it of the end.
        now = await node.metric("websocket_active_connections")
        return now < before or stalled.connects > 1

    stalled.stall()
    sent = 0
    while not await is_let_go():
        sent += 1
        seq = await writer.write(ticket, f"{sent} " + "x" * 60_000)
        await lively.reaches({f"ticket:{ticket}": seq})
        assert sent < 1_000, "nobody let go of the reader that takes nothing"
    stalled.go_on()  # what waits in the system's buffers, and then the end
    await stalled.until(lambda: bool(stalled.closes))
    # 4408: the pings too stay unread.
    assert set(stalled.closes) <= {4408, 4409, 1006}
    assert lively.connects == 1
    assert await stage.violations() == []


async def test_a_half_open_connection_is_found_by_the_heartbeat(stage: Stage) -> None:
    """The peer has gone without a word: the server learns it from pings that nobody answers, and others see him leave."""
    (node,) = stage.nodes
    watcher = (await stage.reader("carol", Rooms(stage.room_of("carol"), ["channel:1"]))).reader
    watcher.keeps = ("user_joined", "user_left")
    await watcher.until(watcher.is_listening)
    way = await stage.reader("bob", Rooms(stage.room_of("bob"), ["channel:1"]))
    await watcher.until(lambda: [frame["type"] for frame in watcher.kept] == ["user_joined"])
    before = await node.metric("websocket_active_connections")
    way.proxy.swallow()
    await watcher.until(
        lambda: [frame["type"] for frame in watcher.kept] == ["user_joined", "user_left"], 40
    )
    assert await node.metric("websocket_active_connections") == before - 1
    way.proxy.heal()
    await way.reader.until(way.reader.is_listening)
    assert await stage.violations() == []


async def test_a_flood_is_told_off_then_closed_and_the_others_go_on(stage: Stage) -> None:
    (node,) = stage.nodes
    ticket = await asyncio.to_thread(new_ticket, stage)
    other = (await stage.reader("alice", TicketChat(ticket, notes=True))).reader
    await stage.all_listen()
    socket = await Socket.open(
        node.server, "/api/v1/ws/connect", token=stage.person("carol").access
    )
    with_patience = asyncio.ensure_future(socket.close_code(20))
    for _ in range(400):
        try:
            await socket.send({"type": "ping"})
        except ConnectionClosed:
            break
    assert await with_patience == 4429
    errors = [frame for frame in socket.seen if frame["type"] == "error"]
    assert {frame["data"]["code"] for frame in errors} == {"rate_limited"}
    assert len([frame for frame in socket.seen if frame["type"] == "pong"]) < 100
    seq = await (await stage.rest_writer("bob")).write(ticket, "All is well here")
    await other.reaches({f"ticket:{ticket}": seq})
    assert other.connects == 1
    assert await stage.violations() == []


async def test_a_thousand_joins_are_answered_while_others_are_served(
    stages: dict[str, Stage],
) -> None:
    """As fast as the peer can send them: rooms that are there, rooms that aren't, the same ones again."""
    stage = stages["generous"]
    ticket = await asyncio.to_thread(new_ticket, stage)
    writer = await stage.rest_writer("bob")
    other = (await stage.reader("alice", TicketChat(ticket, notes=True))).reader
    await stage.all_listen()
    node = stage.nodes[0]
    greedy = await Socket.open(
        node.server, "/api/v1/ws/connect", token=stage.person("carol").access
    )
    await greedy.until("connected")
    answered = asyncio.ensure_future(_answers(greedy, 1_000))
    for number in range(1_000):
        room = f"ticket:{ticket}" if number % 2 else f"channel:{number}"
        await greedy.send({"type": "join_room", "room": room, "ref": str(number)})
        if number % 100 == 0:
            seq = await writer.write(ticket, f"Meanwhile {number}")
            await other.reaches({f"ticket:{ticket}": seq})
    codes = await answered
    await greedy.close()
    assert codes <= {"forbidden", "rate_limited", None}
    assert await stage.violations() == []
    assert "Traceback" not in node.server.log


async def _answers(socket: Socket, joins: int) -> set[str | None]:
    """The codes of the answers to so many joins, each of which has one; None for a room that was joined."""
    codes: dict[str, str | None] = {}
    while len(codes) < joins:
        frame = await socket.receive(30)
        if frame["type"] == "room_joined":
            codes[frame["ref"]] = None
        elif frame["type"] == "error":
            codes[frame["ref"]] = frame["data"]["code"]
    return set(codes.values())
