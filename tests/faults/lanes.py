"""Lanes of faults: each does one after the other, ends it, and notes how long delivery took to be complete again."""

from __future__ import annotations

import asyncio
import contextlib
import random
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import cycle

from tests.faults.proxy import Proxy
from tests.faults.readers import Reader
from tests.faults.stage import Node, ReaderWay, Stage, Way

RECOVERS_WITHIN = 3.0
"""Seconds after a fault's end by which a reader is to have caught up."""

_PATIENCE = 30.0


class Tally:
    """How often each kind of fault was done, and the seconds until each reader concerned had caught up after its end."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.recoveries: defaultdict[str, list[float]] = defaultdict(list)
        self.lags: list[float] = []
        """While Redis was away: seconds until readers had what was written before."""
        self.late: list[str] = []
        """Who took longer than it may, with the time of day to find in the servers' logs."""
        self.stuck: list[str] = []
        """Readers that did not catch up."""

    def recovered(self, kind: str, who: str, seconds: float) -> None:
        self.recoveries[kind].append(seconds)
        if seconds > RECOVERS_WITHIN:
            self.late.append(f"{datetime.now():%H:%M:%S} after {kind} {who} took {seconds:.2f} s")


class Lane(ABC):
    """Does faults of its kinds in turn until it is told to stop, or so many times."""

    kinds: Sequence[str] = ()
    rests: tuple[float, float] = (0.1, 0.3)
    """Seconds between two faults, at least and at most."""

    def __init__(self, stage: Stage, tally: Tally, random: random.Random) -> None:
        self.stage = stage
        self.tally = tally
        self.random = random
        self._stopping = asyncio.Event()
        self._measuring: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self, times: int | None = None) -> None:
        """Returns when delivery is complete again after the last one."""
        kinds = self.random.sample(self.kinds, len(self.kinds))
        for done, kind in enumerate(cycle(kinds)):
            if self._stopping.is_set() or done == times:
                break
            await self.do(kind)
            self.tally.count[kind] += 1
            await self.rest(*self.rests)
        await asyncio.gather(*self._measuring)

    @abstractmethod
    async def do(self, kind: str) -> None:
        """One fault, from its begin to its end."""

    async def rest(self, least: float, most: float) -> None:
        """Goes by, faster once it is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), self.random.uniform(least, most))

    # --- measuring ---

    def measure(
        self, kind: str, ways: Sequence[ReaderWay], *, connected_anew: bool = False
    ) -> None:
        """Notes, while the lane goes on, how long each reader takes from now on to have what anybody had been told of.

        ``connected_anew``: to have been cut off and answered for every room on a new connection, besides.
        """
        end, target = self._now(), dict(self.stage.history.heads)

        async def one(way: ReaderWay, troubles: int, connects: int) -> None:
            reader = way.reader

            def is_well() -> bool:
                is_back = reader.connects > connects and reader.is_listening()
                return reader.has(target) and (is_back or not connected_anew)

            try:
                await reader.until(is_well, _PATIENCE)
            except TimeoutError:
                if way.troubles == troubles:
                    self.tally.stuck.append(f"{reader!r} after {kind}, wanted {target}")
            else:
                if way.troubles == troubles:
                    seconds = self._now() - max(end, reader.not_before)
                    self.tally.recovered(kind, repr(reader), max(0.0, seconds))

        for way in ways:
            task = asyncio.ensure_future(one(way, way.troubles, way.reader.connects))
            self._measuring.add(task)
            task.add_done_callback(self._measuring.discard)

    async def lag(self) -> None:
        """Notes how long readers take to get what was written before now, though Redis is away."""
        begin, target = self._now(), dict(self.stage.history.heads)

        async def one(way: ReaderWay) -> None:
            troubles, connects = way.troubles, way.reader.connects
            with contextlib.suppress(TimeoutError):
                await way.reader.reaches(target, _PATIENCE)
                if (way.troubles, way.reader.connects) == (troubles, connects):
                    self.tally.lags.append(self._now() - begin)

        await asyncio.gather(*(one(way) for way in self.listening()))

    def listening(self) -> list[ReaderWay]:
        """The readers that are connected, in no trouble of their own, and may hear something."""
        return [way for way in self.to_stay() if way.reader.is_connected]

    def to_stay(self) -> list[ReaderWay]:
        """The readers that are in no trouble of their own and may hear something."""
        return [
            way
            for way in self.stage.ways
            if isinstance(way, ReaderWay) and not way.is_troubled and _is_to_stay(way.reader)
        ]

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


class Connections(Lane):
    """Trouble on the way of one client: readers and writers in turn, several at the same time if there are several lanes."""

    kinds = ("connection cut", "connection held up", "connection slowed", "connection half-open")

    async def do(self, kind: str) -> None:
        free = [way for way in self.stage.ways if not way.is_troubled]
        way = self.random.choice(free)
        is_cut = kind == "connection cut"
        with _in_trouble(way):
            if not is_cut:
                await self._trouble(kind, way.proxy)
        if isinstance(way, ReaderWay) and _is_to_stay(way.reader):
            self.measure(kind, [way], connected_anew=is_cut)
        if is_cut:
            way.proxy.cut()

    async def _trouble(self, kind: str, proxy: Proxy) -> None:
        if kind == "connection held up":
            proxy.pause()
        elif kind == "connection slowed":
            proxy.slow(self.random.choice([500, 5_000]))
        else:
            proxy.swallow()
        await self.rest(0.2, 1.5)
        proxy.heal()


class RedisItself(Lane):
    """What happens to the Redis server."""

    kinds = ("Redis killed", "Redis flushed", "Redis paused", "Redis stopped")
    rests = (0.2, 0.5)

    async def do(self, kind: str) -> None:
        assert self.stage.redis is not None
        redis = self.stage.redis
        if kind == "Redis killed":
            await asyncio.to_thread(redis.kill)
            await self.while_away()
            await asyncio.to_thread(redis.start)
        elif kind == "Redis flushed":
            await asyncio.to_thread(redis.flush)
        elif kind == "Redis paused":
            await asyncio.to_thread(redis.pause, 0.7)
            await self.rest(0.7, 0.7)
        else:
            redis.stop()
            await self.while_away()
            redis.go_on()
        self.measure(kind, self.listening())

    async def while_away(self) -> None:
        await self.rest(0.2, 1.0)
        if self.random.random() < 0.3:
            await self.lag()


class WayToRedis(Lane):
    """What happens between one server process and Redis, while the others still reach it."""

    kinds = (
        "way to Redis cut",
        "way to Redis shut",
        "way to Redis slowed",
        "way to Redis half-open",
    )
    rests = (0.5, 2.0)

    def __init__(
        self, stage: Stage, tally: Tally, random: random.Random, nodes: Sequence[Node]
    ) -> None:
        super().__init__(stage, tally, random)
        self._nodes = nodes

    async def do(self, kind: str) -> None:
        proxy = self.random.choice(self._nodes).redis
        assert proxy is not None
        if kind == "way to Redis cut":
            proxy.cut()
        elif kind == "way to Redis shut":
            proxy.shut()
        elif kind == "way to Redis slowed":
            proxy.slow(1_000)
        else:
            proxy.swallow()
        if kind != "way to Redis cut":
            await self.rest(0.2, 1.5)
            proxy.heal()
        self.measure(kind, self.listening())


class Processes(Lane):
    """Server processes killed, and stopped as for an update; each is started again before the next one's turn."""

    kinds = ("process killed", "process drained")
    rests = (0.2, 0.6)

    async def do(self, kind: str) -> None:
        node = self.random.choice([node for node in self.stage.nodes if node.is_up])
        there = [way for way in self.to_stay() if way.node is node]
        for way in there:
            way.troubles += (
                1  # who had not yet recovered from another fault is measured from this one on
            )
        self.measure(kind, there, connected_anew=True)
        if kind == "process killed":
            node.kill()
        else:
            await node.terminate()
        await node.start()


def _is_to_stay(reader: Reader) -> bool:
    """Neither an intruder nor a guest."""
    return reader.may_hear and not reader.gives_up_when_refused


@contextlib.contextmanager
def _in_trouble(way: Way) -> Iterator[None]:
    way.is_troubled = True
    way.troubles += 1
    try:
        yield
    finally:
        way.is_troubled = False
