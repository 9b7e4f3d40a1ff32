"""A desk with server processes, where every way - from clients to servers, from servers to Redis - goes through a proxy."""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
from collections.abc import Callable, Mapping, Sequence

import httpx

from tests.faults.endpoints import Endpoint
from tests.faults.history import Envelope, History, Violation
from tests.faults.logs import log_over_http
from tests.faults.proxy import Address, Proxy
from tests.faults.readers import Reader
from tests.faults.writers import RestWriter, SocketWriter
from tests.support.nursery import Nursery
from tests.support.ports import free_port
from tests.support.redis_server import RedisServer
from tests.support.server import Desk, Person, Server

ENVIRONMENT = {
    "WS_MAX_CONNECTIONS_PER_USER": "1000",
    "WS_MESSAGES_PER_SECOND": "10000",
    "WS_MESSAGES_BURST": "10000",
    "THROTTLE_USER": "1000000/s",
    "JWT_ACCESS_SECONDS": "86400",
    "PRESENCE_GRACE": "0.5",
    "WS_LEASE_SECONDS": "3",
    "JOBS_EMBEDDED": "0",
}


class Node:
    """One server process, that may die and be started again on the same port, and its way to Redis."""

    def __init__(self, desk: Desk, kind: str, redis: Proxy | None) -> None:
        self.kind = kind
        self.redis = redis
        self.port = free_port()
        self.is_up = False
        self._desk = desk
        self._server: Server | None = None

    @property
    def server(self) -> Server:
        assert self._server is not None
        return self._server

    async def start(self) -> None:
        self._server = await asyncio.to_thread(self._serve)
        self.is_up = True

    def _serve(self) -> Server:
        return self._desk.serve(self.kind, port=self.port, **self._environment)

    def kill(self) -> None:
        """SIGKILL."""
        self.is_up = False
        self.server.kill()

    async def terminate(self) -> int:
        """SIGTERM, as somebody does who has taken it out of the load balancer before; the exit code."""
        self.is_up = False
        return await asyncio.to_thread(self.server.terminate, 30)

    async def close(self) -> None:
        """The desk ends the processes that it started."""

    @property
    def _environment(self) -> dict[str, str]:
        return {"REDIS_URL": f"redis://127.0.0.1:{self.redis.port}/0"} if self.redis else {}

    async def get(self, path: str) -> httpx.Response:
        """Asks this process, not through a proxy."""
        async with httpx.AsyncClient(timeout=10, verify=False) as client:
            return await client.get(f"http://127.0.0.1:{self.port}{path}")

    async def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        return (await asyncio.to_thread(self.server.metrics))[name]


class QuickNode(Node):
    """A node whose processes have all code loaded when they start, so that many kills fit into a run."""

    _nursery: Nursery | None = None

    def _serve(self) -> Server:
        if self._nursery is None:
            self._nursery = Nursery({**self._desk.environment, **self._environment})
        return self._desk.serve(
            self.kind, port=self.port, source=self._nursery, **self._environment
        )

    async def close(self) -> None:
        if self._nursery is not None:
            self._nursery.close()


class Way:
    """A reader or writer, and the proxy it goes through."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.is_troubled = False
        """A fault is under way."""
        self.troubles = 0
        """How many have been."""
        self.node: Node | None = None
        """Where it was led to last."""

    def led_to(self, node: Node) -> Address:
        self.node = node
        return "127.0.0.1", node.port


class ReaderWay(Way):
    def __init__(self, proxy: Proxy, reader: Reader) -> None:
        super().__init__(proxy)
        self.reader = reader


class Stage:
    """Closed with all that belongs to it. Everything that is told goes into one history."""

    def __init__(self, desk: Desk, redis: RedisServer | None, seed: int = 0) -> None:
        self.desk = desk
        self.redis = redis
        self.history = History()
        self.random = random.Random(seed)
        self.heartbeat = 5.0
        """Seconds between a reader's pings; it gives a connection up after twice as many without an answer."""
        self._numbers = itertools.count()
        self.nodes: list[Node] = []
        self.ways: list[Way] = []
        self._writers: list[RestWriter | SocketWriter] = []
        self._proxies: list[Proxy] = []
        self._people: dict[str, Person] = {}
        self._ids: dict[str, str] = {}

    # --- processes ---

    async def start(self, kinds: Sequence[str], make: Callable[..., Node] = Node) -> Stage:
        """Starts a server process of each kind."""
        for kind in kinds:
            way = None
            if (redis := self.redis) is not None:
                way = await self.proxy(lambda: ("127.0.0.1", redis.port))
            self.nodes.append(make(self.desk, kind, way))
        await asyncio.gather(*(node.start() for node in self.nodes))
        return self

    async def close(self) -> None:
        closing = [
            *(node.close() for node in self.nodes),
            *(reader.close() for reader in self.readers()),
            *(writer.close() for writer in self._writers),
            *(proxy.close() for proxy in self._proxies),
        ]
        await asyncio.gather(*closing, return_exceptions=True)  # no process may be left behind
        for person in self._people.values():
            person.http.close()
        await asyncio.to_thread(self.desk.close)

    async def proxy(self, target: Callable[[], Address], *, narrow: bool = False) -> Proxy:
        proxy = await Proxy(target, narrow=narrow).start()
        self._proxies.append(proxy)
        return proxy

    def any_node(self) -> Node:
        """One that is up, as a load balancer chooses."""
        return self.random.choice([node for node in self.nodes if node.is_up] or self.nodes)

    # --- people ---

    def person(self, name: str) -> Person:
        """Signed in. Their token is good at every process; their own REST goes to the first that was up."""
        if name not in self._people:
            self._people[name] = Person(self.any_node().server, name)
        return self._people[name]

    def room_of(self, name: str) -> str:
        return f"user:{self.id_of(name)}"

    def id_of(self, name: str) -> str:
        if name not in self._ids:
            self._ids[name] = str(self.person(name).get("auth/me/").json()["id"])
        return self._ids[name]

    async def reader(
        self,
        person: str,
        endpoint: Endpoint,
        *,
        node: Node | None = None,
        may_hear: bool = True,
        suffix: str = "",
        narrow: bool = False,
    ) -> ReaderWay:
        """A reader through a proxy of its own, to any process or to one; a narrow one for who will take nothing."""
        name = f"{person} at {type(endpoint).__name__}{suffix} {next(self._numbers)}"
        proxy = await self.proxy(lambda: way.led_to(node or self.any_node()), narrow=narrow)
        reader = Reader(
            name,
            endpoint,
            self.history,
            port=lambda: proxy.port,
            token=self.person(person).access,
            may_hear=may_hear,
            heartbeat=self.heartbeat,
        )
        way = ReaderWay(proxy, reader)
        self.ways.append(way)
        return way

    async def rest_writer(self, person: str, *, node: Node | None = None) -> RestWriter:
        proxy = await self._writers_proxy(node)
        token = self.person(person).access
        writer = RestWriter(self.history, port=lambda: proxy.port, token=token)
        self._writers.append(writer)
        return writer

    async def socket_writer(
        self, person: str, room: str, *, node: Node | None = None
    ) -> SocketWriter:
        proxy = await self._writers_proxy(node)
        token = self.person(person).access
        writer = SocketWriter(self.history, room, port=lambda: proxy.port, token=token)
        self._writers.append(writer)
        return writer

    async def _writers_proxy(self, node: Node | None) -> Proxy:
        proxy = await self.proxy(lambda: ("127.0.0.1", (node or self.any_node()).port))
        self.ways.append(Way(proxy))
        return proxy

    def readers(self) -> list[Reader]:
        return [way.reader for way in self.ways if isinstance(way, ReaderWay)]

    @property
    def attempts(self) -> int:
        return sum(writer.attempts for writer in self._writers)

    # --- the end ---

    async def all_listen(self, seconds: float = 20) -> None:
        """Waits until every reader has been answered for every room."""
        await asyncio.gather(*(each.until(each.is_listening, seconds) for each in self.readers()))

    async def all_have(self, places: Mapping[str, int], seconds: float = 20) -> None:
        """Waits until every reader has heard so far."""
        readers = [reader for reader in self.readers() if reader.may_hear]
        await asyncio.gather(*(reader.reaches(places, seconds) for reader in readers))

    async def violations(self, witness: str = "alice") -> list[Violation]:
        """Reads every room's log over REST, waits until all readers have heard it to its end, and compares."""
        await self.read_logs(witness)
        await self.all_have({room: self.history.length_of(room) for room in self.history.rooms()})
        return self.history.violations()

    async def read_logs(self, witness: str = "alice") -> None:
        for room in sorted(self.history.rooms()):
            self.history.log(room, await self.log_of(room, witness))

    async def log_of(self, room: str, witness: str) -> list[Envelope]:
        """The whole log of a room, as a stream over HTTP shows it."""
        kind, _, owner = room.partition(":")
        if kind in ("user", "desk"):
            witness = next(name for name in self._people if self.id_of(name) == owner)
        url = f"http://127.0.0.1:{self.any_node().port}"
        return await log_over_http(url, room, self.person(witness).access)


def copy_of(template: Desk, **environment: str) -> Desk:
    """A desk with the rows of another one, which isn't served (SQLite)."""
    desk = Desk(**{**ENVIRONMENT, **environment})
    shutil.copytree(template.folder, desk.folder, dirs_exist_ok=True)
    return desk
