"""Redis is taken away in every way there is. Two processes over one database go on, and use it again once it is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.faults.crowd import Crowd, gather_crowd
from tests.faults.stage import Node, Stage, copy_of
from tests.support.redis_server import RedisServer
from tests.support.server import Desk, errors_in

pytestmark = [
    pytest.mark.redis,
    pytest.mark.xdist_group("faults-redis"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowd(template: Desk) -> AsyncIterator[Crowd]:
    """Readers of every kind and writers at each of two processes, in good health."""
    redis = RedisServer()
    redis.start()
    stage = Stage(copy_of(template), redis)
    try:
        await stage.start(["uvicorn", "daphne"])
        yield await gather_crowd(stage, at_each=True)
    finally:
        await stage.close()
        redis.close()


Step = Callable[[Stage], Awaitable[None]]


async def kill(stage: Stage) -> None:
    assert stage.redis is not None
    await asyncio.to_thread(stage.redis.kill)


async def restart(stage: Stage) -> None:
    assert stage.redis is not None
    await asyncio.to_thread(stage.redis.start)


async def stop(stage: Stage) -> None:
    assert stage.redis is not None
    stage.redis.stop()


async def go_on(stage: Stage) -> None:
    assert stage.redis is not None
    stage.redis.go_on()


async def pause(stage: Stage) -> None:
    """Its own CLIENT PAUSE, for longer than the test needs: only a restart ends it sooner."""
    assert stage.redis is not None
    await asyncio.to_thread(stage.redis.pause, 600)


async def kill_and_restart(stage: Stage) -> None:
    await kill(stage)
    await restart(stage)


async def shut(stage: Stage) -> None:
    for node in stage.nodes:
        way(node).shut()


async def swallow(stage: Stage) -> None:
    for node in stage.nodes:
        way(node).swallow()


async def heal(stage: Stage) -> None:
    for node in stage.nodes:
        way(node).heal()


def way(node: Node):  # type: ignore[no-untyped-def]
    assert node.redis is not None
    return node.redis


@dataclass
class Outage:
    """How Redis goes away, and how it comes back."""

    begin: Step
    end: Step


OUTAGES = {
    "killed": Outage(kill, restart),
    "stopped": Outage(stop, go_on),
    "paused": Outage(pause, kill_and_restart),
    "unreachable": Outage(shut, heal),
    "half-open": Outage(swallow, heal),
}


@pytest.mark.parametrize("how", OUTAGES)
async def test_with_redis_away_writes_and_delivery_go_on_and_later_it_is_used_again(
    crowd: Crowd, how: str
) -> None:
    stage, outage = crowd.stage, OUTAGES[how]
    connects = {reader.name: reader.connects for reader in stage.readers() if reader.may_hear}
    await outage.begin(stage)
    try:
        await asyncio.gather(*(tells(node, 503, "down", "sweep") for node in stage.nodes))
        lost = [await node.metric("realtime_hints_failed_total") for node in stage.nodes]
        await crowd.write(2)  # acknowledged while Redis is away: the writes don't wait for it
        await crowd.has_heard()
        for node, before in zip(stage.nodes, lost, strict=True):
            assert await node.metric("realtime_hints_failed_total") > before, "it is counted"
            assert "hints can't be sent" in node.server.log, "and said"
        assert [(await node.get("/healthz/redis")).status_code for node in stage.nodes] == [
            503,
            503,
        ]
    finally:
        await outage.end(stage)
    await layer_is_used(crowd)
    assert await stage.violations() == []
    errors = [line for node in stage.nodes for line in errors_in(node.server.log)]
    assert [line for line in errors if "/healthz/redis" not in line] == [], "an outage is no error"
    assert connects == {r.name: r.connects for r in stage.readers() if r.may_hear}, "nobody was cut"


async def test_a_flushed_redis_is_no_outage(crowd: Crowd) -> None:
    assert crowd.stage.redis is not None
    await asyncio.to_thread(crowd.stage.redis.flush)
    await crowd.write(2)
    await crowd.has_heard()
    await layer_is_used(crowd)
    assert await crowd.stage.violations() == []


async def test_redis_may_be_slow(crowd: Crowd) -> None:
    stage = crowd.stage
    for node in stage.nodes:
        way(node).slow(2_000)
    await crowd.write(2)
    await crowd.has_heard()
    await heal(stage)
    await layer_is_used(crowd)
    assert await stage.violations() == []


async def test_redis_may_be_reachable_by_one_process_only(crowd: Crowd) -> None:
    stage = crowd.stage
    one, other = stage.nodes
    way(other).shut()
    await asyncio.gather(tells(one, 200, "ok", "hints"), tells(other, 503, "down", "sweep"))
    await crowd.write(2)
    await crowd.has_heard()
    await heal(stage)
    await layer_is_used(crowd)
    assert await stage.violations() == []


async def test_redis_may_be_absent_when_a_process_starts(crowd: Crowd) -> None:
    stage = crowd.stage
    one, _ = stage.nodes
    assert await one.terminate() == 0
    way(one).shut()
    await one.start()
    await tells(one, 503, "down", "sweep")
    await stage.all_listen()
    await crowd.write(2)
    await crowd.has_heard()
    await heal(stage)
    await layer_is_used(crowd)
    assert await stage.violations() == []


async def tells(node: Node, status: int, state: str, delivery: str) -> None:
    """Waits until a process knows how things are with Redis."""
    async with asyncio.timeout(15):
        while True:
            answer = await node.get("/healthz/redis")
            body = answer.json()
            if (answer.status_code, body["status"], body["delivery"]) == (status, state, delivery):
                return
            await asyncio.sleep(0.05)


async def layer_is_used(crowd: Crowd) -> None:
    """Waits until what is written at one process reaches the others without a look into the log."""
    one, other = crowd.stage.nodes
    async with asyncio.timeout(20):
        for writer, source, goal in (
            (crowd.sockets[0], one, other),
            (crowd.sockets[-1], other, one),
        ):
            await tells(source, 200, "ok", "hints")
            while True:
                fills = await goal.metric("realtime_gap_fills_total")
                sent = await source.metric("realtime_hints_sent_total")
                await writer.write("Is the layer back?")
                await crowd.has_heard()
                if (
                    await goal.metric("realtime_gap_fills_total") == fills
                    and await source.metric("realtime_hints_sent_total") > sent
                ):
                    break
