"""One process, SQLite, no Redis: clients are cut, held up, slowed down and left half-open, and miss nothing."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from tests.faults.crowd import gather_crowd
from tests.faults.lanes import Connections, Tally
from tests.faults.stage import Stage, copy_of
from tests.support.server import Desk

pytestmark = pytest.mark.xdist_group("faults-cuts")


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_clients_in_all_kinds_of_trouble_miss_nothing(template: Desk, server: str) -> None:
    seed = Random().randrange(10_000)
    stage = Stage(copy_of(template), None, seed)
    try:
        await stage.start([server])
        crowd = await gather_crowd(stage)
        tally = Tally()
        lanes = [Connections(stage, tally, Random(seed + number)) for number in range(3)]
        async with crowd.writing():
            await asyncio.gather(*(lane.run(8) for lane in lanes))
        assert await stage.violations() == [], f"seed {seed}"
        assert tally.stuck == [], f"seed {seed}"
        assert sum(reader.connects for reader in stage.readers()) > len(stage.readers())
        assert "Traceback" not in stage.nodes[0].server.log
    finally:
        await stage.close()


async def test_a_history_that_is_spoiled_on_the_way_is_found_out(template: Desk) -> None:
    """The same run, but for a frame that is dropped between server and reader: the checker can fail on real traffic."""
    stage = Stage(copy_of(template), None)
    try:
        await stage.start(["uvicorn"])
        crowd = await gather_crowd(stage)
        spoiled = stage.readers()[0]
        told, dropped = spoiled.endpoint.told, []

        def forgetful(frame):  # type: ignore[no-untyped-def]
            if frame.get("type") == "message.new" and not dropped:
                dropped.append(frame["seq"])
                return []
            return told(frame)

        spoiled.endpoint.told = forgetful  # type: ignore[method-assign]
        await crowd.write(3)
        found = await stage.violations()
        assert [(each.fault, each.who) for each in found] == [("lost", spoiled.name)]
    finally:
        await stage.close()
