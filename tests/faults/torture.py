"""The long run: three processes under both servers, everybody writing, all kinds of faults at once, storms and calms in turn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from tests.faults.commands import CommandWriter
from tests.faults.crowd import Crowd, gather_crowd
from tests.faults.guests import Guests
from tests.faults.history import Violation
from tests.faults.lanes import Connections, Lane, Processes, RedisItself, Tally, WayToRedis
from tests.faults.stage import ENVIRONMENT, QuickNode, Stage
from tests.support.redis_server import RedisServer
from tests.support.server import ROOT, Desk, errors_in

SERVERS = ["uvicorn", "daphne", "uvicorn"]
_STORM, _CALM = 50.0, 7.0
_BATCH = 150
_CHANNEL = 1
EVENTS_A_MINUTE = 4_200
"""Two cores have time left then: recoveries are measured, and not how long a full machine takes."""


@dataclass
class Outcome:
    """What a run came to."""

    seed: int
    seconds: float = 0
    database: str = ""
    events: int = 0
    deliveries: int = 0
    writes: int = 0
    attempts: int = 0
    reconnects: int = 0
    guests: int = 0
    readers: int = 0
    tally: Tally = field(default_factory=Tally)
    violations: list[Violation] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """What the server processes logged as an error."""


async def torture(
    *, minutes: float, seed: int, database_url: str, say: Callable[[str], None]
) -> Outcome:
    """Runs, and compares what everybody heard with the log at the end."""
    outcome = Outcome(seed, database="PostgreSQL" if database_url else "SQLite")
    redis = RedisServer()
    redis.start()
    desk = Desk(**ENVIRONMENT, **({"DATABASE_URL": database_url} if database_url else {}))
    stage = Stage(desk, redis, seed)
    stage.heartbeat = 1.0
    try:
        await asyncio.to_thread(desk.create_demo)
        await stage.start(SERVERS, QuickNode)
        await _Run(stage, outcome, say).run(minutes * 60)
    finally:
        keep_logs([node.server.log for node in stage.nodes])
        await stage.close()
        redis.close()
    return outcome


class _Run:
    def __init__(self, stage: Stage, outcome: Outcome, say: Callable[[str], None]) -> None:
        self._stage = stage
        self._outcome = outcome
        self._say = say
        self._random = Random(outcome.seed)
        self._over = False

    async def run(self, seconds: float) -> None:
        stage, outcome = self._stage, self._outcome
        loop = asyncio.get_running_loop()
        begin = loop.time()
        crowds = [await gather_crowd(stage) for _ in range(2)]
        for name in ("alice", "bob", "carol", "dave"):
            stage.id_of(name)  # asked for while there is nothing in the way
        assert stage.redis is not None
        command = await CommandWriter.start(stage.history, _CHANNEL, stage.desk, stage.redis.url)
        guests = Guests(stage, Random(outcome.seed))
        working = [
            asyncio.ensure_future(work)
            for work in (
                *(self._repeat(each, begin) for crowd in crowds for each in crowd.single_writes()),
                self._repeat(lambda: command.write(_BATCH), begin),
                self._repeat(guests.visit, begin, paced=False),
                self._report(),
            )
        ]
        while loop.time() < begin + seconds:
            await self._storm(min(_STORM, begin + seconds - loop.time()))
            await asyncio.sleep(_CALM)
            for each in working:
                if each.done():
                    each.result()
        self._over = True
        await asyncio.gather(*working)
        await command.close()
        outcome.seconds = loop.time() - begin
        self._say("The storm is over; comparing.")
        await self._compare(crowds, guests)

    async def _storm(self, seconds: float) -> None:
        lanes = self._lanes()
        running = [asyncio.ensure_future(lane.run()) for lane in lanes]
        await asyncio.wait(running, timeout=seconds)
        for lane in lanes:
            lane.stop()
        await asyncio.gather(*running)

    def _lanes(self) -> list[Lane]:
        stage, tally = self._stage, self._outcome.tally

        def seeded() -> Random:
            return Random(self._random.random())

        return [
            *(Connections(stage, tally, seeded()) for _ in range(4)),
            *(WayToRedis(stage, tally, seeded(), [node]) for node in stage.nodes),
            RedisItself(stage, tally, seeded()),
            Processes(stage, tally, seeded()),
        ]

    async def _repeat(
        self, work: Callable[[], Awaitable[object]], begin: float, *, paced: bool = True
    ) -> None:
        """Until the end; paced: so that about the wanted number of events comes about."""
        while not self._over:
            await work()
            while paced and not self._over and self._is_ahead(begin):
                await asyncio.sleep(0.02)

    def _is_ahead(self, begin: float) -> bool:
        minutes = (asyncio.get_running_loop().time() - begin) / 60
        return self._events() > minutes * EVENTS_A_MINUTE

    def _events(self) -> int:
        return sum(self._stage.history.heads.values())

    async def _report(self) -> None:
        """Lines that say that it lives."""
        while not self._over:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._until_over(), 20)
            done = sum(self._outcome.tally.count.values())
            self._say(
                f"{self._events()} events, {self._stage.history.deliveries} deliveries, {done} faults"
            )

    async def _until_over(self) -> None:
        while not self._over:
            await asyncio.sleep(0.2)

    async def _compare(self, crowds: list[Crowd], guests: Guests) -> None:
        stage, outcome = self._stage, self._outcome
        for crowd in crowds:
            await crowd.write()
        await guests.settle()
        try:
            outcome.violations = await stage.violations()
        except TimeoutError as stuck:
            outcome.tally.stuck.append(str(stuck))
            outcome.violations = stage.history.violations()
        outcome.events = self._events()
        outcome.deliveries = stage.history.deliveries
        outcome.writes = stage.history.writes
        outcome.attempts = stage.attempts
        outcome.guests = guests.visits
        outcome.readers = len(stage.readers())
        outcome.reconnects = sum(reader.connects - 1 for reader in stage.readers())
        outcome.errors = [found for node in stage.nodes for found in errors_in(node.server.log)]


def keep_logs(logs: list[str]) -> None:
    """In ``var/torture``, to look at."""
    folder = ROOT / "var" / "torture"
    folder.mkdir(parents=True, exist_ok=True)
    for number, log in enumerate(logs, start=1):
        (folder / f"server-{number}.log").write_text(log)
