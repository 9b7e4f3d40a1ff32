"""Who listens and writes through the proxy all the while, and whether they were told everything once and in order."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable

from tests.faults.crowd import file_ticket
from tests.faults.endpoints import Endpoint, EventClient, Rooms, TicketChat, Topics
from tests.faults.history import History
from tests.faults.logs import log_over_http
from tests.faults.readers import Reader
from tests.faults.writers import RestWriter, SocketWriter
from tests.support.server import ROOT, Person, Server

sys.path.insert(0, str(ROOT / "clients" / "python"))

from livedesk_client import Client, Session

_CHANNEL = "channel:1"
_PAUSE = 0.2


class PackagedClient:
    """The client library of clients/python in a channel; it comes back by itself."""

    def __init__(self, url: str, name: str) -> None:
        self.session = Session(url, name, "Secret123")
        self.heard: list[int] = []
        self._client = Client(f"{url}/api/v1/ws/connect", self.session.token)
        self._task = asyncio.ensure_future(self._listen())

    async def _listen(self) -> None:
        async with self._client as client, client.subscribe(_CHANNEL, since=0) as room:
            async for event in room:
                if "seq" in event:
                    self.heard.append(event["seq"])

    def has(self, seq: int) -> bool:
        return bool(self.heard) and self.heard[-1] >= seq

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self.session.close()


class Audience:
    """Four people with sockets of every kind, two of them write. All of it goes to one address."""

    def __init__(self, server: Server, copies: int) -> None:
        """``server`` is the proxy; of each kind of socket there are so many ``copies``."""
        self.history = History()
        self.readers: list[Reader] = []
        self.clients: list[PackagedClient] = []
        self._server = server
        self._copies = copies
        self._writers: list[RestWriter | SocketWriter] = []
        self._writing: list[asyncio.Future[None]] = []

    async def gather(self) -> None:
        """Returns when all of them listen, and something has been written."""
        names = ("alice", "bob", "carol")
        alice, bob, carol = await asyncio.gather(
            *(asyncio.to_thread(Person, self._server, name) for name in names)
        )
        self._people = {"alice": alice, "bob": bob, "carol": carol}
        me = carol.get("auth/me/").json()["id"]
        self._own = f"user:{me}"
        self._ticket = await asyncio.to_thread(file_ticket, carol, alice)
        self._write(alice, bob)
        room = f"ticket:{self._ticket}"
        for _ in range(self._copies):
            self._read(carol, Rooms(self._own, [room, _CHANNEL]))
            self._read(carol, TicketChat(self._ticket, notes=False))
            self._read(bob, TicketChat(self._ticket, notes=True))
            self._read(alice, Topics([room, _CHANNEL]))
            self._read(bob, EventClient([room, _CHANNEL]))
        self.clients = [PackagedClient(self._server.url, name) for name in names]
        await asyncio.gather(*(each.until(each.is_listening, 30) for each in self.readers))
        await self.has_everything(30)

    async def close(self) -> None:
        await self.stop_writing()
        await asyncio.gather(
            *(each.close() for each in [*self.readers, *self.clients, *self._writers])
        )
        for person in self._people.values():
            person.http.close()

    async def stop_writing(self) -> None:
        for writing in self._writing:
            writing.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)
        self._writing = []

    async def has_everything(self, seconds: float) -> None:
        """Returns once everybody listens and has what anybody was told of by now.

        Raises:
            TimeoutError: somebody doesn't; the text tells who, and where they stand.
        """
        heads = dict(self.history.heads)
        await asyncio.gather(
            *(
                each.until(lambda each=each: each.is_listening() and each.has(heads), seconds)
                for each in self.readers
            ),
            *(
                _becomes_true(lambda each=each: each.has(heads[_CHANNEL]), seconds)
                for each in self.clients
            ),
        )

    async def problems(self) -> list[str]:
        """What anybody missed, heard twice, or out of order, against the logs; after the writing has stopped."""
        logs = {
            room: await log_over_http(self._server.url, room, self._witness(room).access)
            for room in sorted(self.history.rooms())
        }
        for room, log in logs.items():
            self.history.log(room, log)
            self.history.heads[room] = len(log)
        await self.has_everything(30)
        found = [str(violation) for violation in self.history.violations()]
        whole = list(range(1, len(logs[_CHANNEL]) + 1))
        for client in self.clients:
            if client.heard != whole:
                found.append(f"a packaged client heard {len(client.heard)} of {len(whole)} events")
        return found

    @property
    def attempts(self) -> int:
        return sum(writer.attempts for writer in self._writers)

    def _witness(self, room: str) -> Person:
        return self._people["carol" if room == self._own else "alice"]

    def _read(self, person: Person, endpoint: Endpoint) -> None:
        name = f"{person.username} at {type(endpoint).__name__} {len(self.readers)}"
        port, token = self._server.port, person.access
        self.readers.append(Reader(name, endpoint, self.history, port=lambda: port, token=token))

    def _write(self, by_rest: Person, by_socket: Person) -> None:
        port = self._server.port
        rest = RestWriter(self.history, port=lambda: port, token=by_rest.access)
        socket = SocketWriter(self.history, _CHANNEL, port=lambda: port, token=by_socket.access)
        self._writers = [rest, socket]
        writes: list[Callable[[], Awaitable[int]]] = [
            lambda: rest.write(self._ticket, "A reply"),
            lambda: rest.write(self._ticket, "Between us", kind="note"),
            lambda: socket.write("Said"),
        ]
        self._writing = [asyncio.ensure_future(_for_ever(write)) for write in writes]


async def _for_ever(write: Callable[[], Awaitable[int]]) -> None:
    while True:
        await write()
        await asyncio.sleep(_PAUSE)


async def _becomes_true(condition: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.1)
