"""Server processes die and stop; who was connected there goes on elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from random import Random

import pytest
from websockets.exceptions import ConnectionClosed

from tests.faults.crowd import gather_crowd
from tests.faults.endpoints import EventClient
from tests.faults.lanes import Connections, Processes, RedisItself, Tally, WayToRedis
from tests.faults.readers import Reader
from tests.faults.stage import ENVIRONMENT, Node, QuickNode, Stage, copy_of
from tests.support.redis_server import RedisServer
from tests.support.server import Desk
from tests.support.sockets import Socket

pytestmark = [pytest.mark.redis, pytest.mark.xdist_group("faults-processes")]

LIMIT = 12


@pytest.fixture(params=["with Redis", "without Redis"])
async def stage(request: pytest.FixtureRequest, template: Desk) -> AsyncIterator[Stage]:
    """Two processes over one database; nobody may have more than a dozen sockets."""
    redis = None
    if request.param == "with Redis":
        redis = RedisServer()
        redis.start()
    desk = copy_of(template, WS_MAX_CONNECTIONS_PER_USER=str(LIMIT), WS_LEASE_SECONDS="2")
    stage = Stage(desk, redis)
    try:
        yield await stage.start(["uvicorn", "daphne"])
    finally:
        await stage.close()
        if redis is not None:
            redis.close()


async def test_a_killed_process_loses_nothing_and_its_places_are_free_within_its_lease(
    stage: Stage,
) -> None:
    dying, other = stage.nodes
    crowd = await gather_crowd(stage)
    dave = stage.person("dave")
    while await refusal(dying, dave.access, stays=True) is None:
        """Takes all the places there are."""
    assert await refusal(other, dave.access) == "too_many_connections"

    writing = asyncio.ensure_future(crowd.write(5))
    dying.kill()
    await writing
    await crowd.has_heard()
    assert await stage.violations() == []
    async with asyncio.timeout(15):
        while await refusal(other, dave.access) is not None:
            await asyncio.sleep(0.1)


async def test_who_was_connected_to_a_killed_process_only_is_told_offline(stage: Stage) -> None:
    dying, other = stage.nodes
    staff = await watching(stage, at=other)
    dave, id = stage.person("dave"), stage.id_of("dave")
    socket = await Socket.open(dying.server, "/ws", token=dave.access)
    await socket.ask({"type": "ping"}, "pong")
    await staff.until(lambda: heard(staff, "user.online", id))
    dying.kill()
    await staff.until(lambda: heard(staff, "user.offline", id), 15)
    online = stage.person("alice")
    answer = await asyncio.to_thread(online.http.get, f"{other.server.url}/api/v1/presence/")
    assert id not in {peer["user_id"] for peer in answer.json()["results"]}


async def test_a_process_that_stops_sends_its_sockets_elsewhere(stage: Stage) -> None:
    stopping, _ = stage.nodes
    crowd = await gather_crowd(stage)
    there = [way.reader for way in stage.ways if hasattr(way, "reader") and way.reader.may_hear]
    writing = asyncio.ensure_future(crowd.write(5))
    assert await stopping.terminate() == 0
    await writing
    await stage.all_listen()
    await crowd.has_heard()
    assert await stage.violations() == []
    codes = {code for reader in there for code in reader.closes}
    assert codes - {0} == {4503}, f"closed with {codes}"  # 0: an attempt that came too late
    assert "Traceback" not in stopping.server.log


async def watching(stage: Stage, at: Node) -> Reader:
    """Somebody of the staff, who hears of everybody's presence."""
    way = await stage.reader("bob", EventClient(["channel:1"]), node=at)
    reader = way.reader
    reader.keeps = ("user.online", "user.offline")
    await reader.until(reader.is_listening)
    return reader


def heard(reader: Reader, kind: str, user_id: str) -> bool:
    return any(
        frame["type"] == kind and frame["data"]["user_id"] == user_id for frame in reader.kept
    )


async def refusal(node: Node, token: str, *, stays: bool = False) -> str | None:
    """Opens one more socket at a process; why it was refused, if it was."""
    socket = await Socket.open(node.server, "/ws", token=token, events="0")
    with contextlib.suppress(ConnectionClosed):  # refused already: the answer has come before
        await socket.send({"type": "ping"})
    answer = await socket.receive()
    if not stays:
        await socket.close()
    return answer["data"]["code"] if answer["type"] == "error" else None


async def test_everything_at_once_on_postgresql(postgresql_url: str) -> None:
    """All kinds of faults in parallel: the torture run in small."""
    seed = Random().randrange(10_000)
    redis = RedisServer()
    redis.start()
    desk = Desk(**ENVIRONMENT, DATABASE_URL=postgresql_url)
    stage = Stage(desk, redis, seed)
    try:
        await asyncio.to_thread(desk.create_demo)
        await stage.start(["uvicorn", "daphne"], QuickNode)
        crowd = await gather_crowd(stage)
        tally, randoms = Tally(), [Random(seed + number) for number in range(5)]
        lanes = [
            Connections(stage, tally, randoms[0]),
            Connections(stage, tally, randoms[1]),
            Processes(stage, tally, randoms[2]),
            RedisItself(stage, tally, randoms[3]),
            WayToRedis(stage, tally, randoms[4], stage.nodes),
        ]
        async with crowd.writing():
            await asyncio.gather(*(lane.run(4) for lane in lanes))
        assert tally.stuck == [], f"seed {seed}"
        assert await stage.violations() == [], f"seed {seed}"
    finally:
        await stage.close()
        redis.close()
