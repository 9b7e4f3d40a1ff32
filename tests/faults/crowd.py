"""Who listens and writes: readers at every endpoint, people who may and people who may not, a room for each kind of thing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from tests.faults.endpoints import EventClient, Notifications, Rooms, TicketChat, Topics
from tests.faults.stage import Node, Stage
from tests.faults.writers import RestWriter, SocketWriter
from tests.support.server import Person

_BETWEEN_ROUNDS = 0.1


@dataclass
class Crowd:
    """On a stage: carol's ticket and a channel, and who is there."""

    stage: Stage
    ticket: str
    channel: str
    rest: list[RestWriter]
    sockets: list[SocketWriter]

    async def write(self, times: int = 1) -> None:
        """Everybody who writes does it so many times at once; returns when all is acknowledged."""
        writes = [
            write
            for number in range(times)
            for write in (
                *(rest.write(self.ticket, f"Reply {number}") for rest in self.rest),
                *(socket.write(f"Said {number}") for socket in self.sockets),
            )
        ]
        writes.append(self.rest[0].write(self.ticket, "Between us", kind="note"))
        await asyncio.gather(*writes)

    def single_writes(self) -> list[Callable[[], Awaitable[object]]]:
        """What each of them does, so that nobody need wait for the others."""
        return [
            *(partial(rest.write, self.ticket, "A reply") for rest in self.rest),
            partial(self.rest[0].write, self.ticket, "Between us", kind="note"),
            *(partial(socket.write, "Said") for socket in self.sockets for _ in range(3)),
        ]

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """They write all the time, with a pause; at the end, once more. What was begun is waited for: a server would go on with it.

        Several rounds fall into each fault. More of them would be more of the same, in every reader's way.
        """
        enough = asyncio.Event()

        async def write_until_then() -> None:
            while not enough.is_set():
                await self.write()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(enough.wait(), _BETWEEN_ROUNDS)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(write_until_then())
            yield
            enough.set()
        await self.write()

    async def has_heard(self) -> None:
        """Waits until every reader has what anybody was told of by now."""
        await self.stage.all_have(dict(self.stage.history.heads))


def new_ticket(stage: Stage, subject: str = "It broke") -> str:
    """A ticket of carol's, with alice as its agent."""
    return file_ticket(stage.person("carol"), stage.person("alice"), subject)


def file_ticket(customer: Person, agent: Person, subject: str = "It broke") -> str:
    """A ticket with its agent."""
    ticket: str = customer.new_ticket(subject)["id"]
    body = {"assignee": agent.get("auth/me/").json()["id"]}
    assert agent.post(f"tickets/{ticket}/assign/", body).status_code == 200
    return ticket


async def gather_crowd(stage: Stage, *, channel: str = "channel:1", at_each: bool = False) -> Crowd:
    """Fills a stage. ``at_each`` keeps a reader of each kind at each process; else they go anywhere."""
    ticket = await asyncio.to_thread(new_ticket, stage)
    nodes: list[Node | None] = [*stage.nodes] if at_each else [None]
    for node in nodes:
        await _gather_readers(stage, ticket, channel, node)
    await _gather_intruders(stage, ticket)
    rest = [await stage.rest_writer(name, node=node) for node in nodes for name in ("alice", "bob")]
    sockets = [
        await stage.socket_writer(name, channel, node=node)
        for node in nodes
        for name in ("bob", "carol")
    ]
    await stage.all_listen()
    return Crowd(stage, ticket, channel, rest, sockets)


async def _gather_readers(stage: Stage, ticket: str, channel: str, node: Node | None) -> None:
    room, notes = f"ticket:{ticket}", f"ticket-notes:{ticket}"
    alice, carol = stage.room_of("alice"), stage.room_of("carol")
    agents_rooms = [room, notes, channel, "queue:support"]
    await stage.reader("carol", Rooms(carol, [room, channel]), node=node)
    await stage.reader("alice", Rooms(alice, agents_rooms), node=node)
    await stage.reader("carol", TicketChat(ticket, notes=False), node=node)
    await stage.reader("bob", TicketChat(ticket, notes=True), node=node)
    await stage.reader("carol", Notifications(carol), node=node)
    await stage.reader("alice", Topics([room, channel, "list:1"]), node=node)
    await stage.reader("bob", EventClient([room, channel]), node=node)


async def _gather_intruders(stage: Stage, ticket: str) -> None:
    """dave has nothing to do with it, and carol is no agent."""
    room, notes = f"ticket:{ticket}", f"ticket-notes:{ticket}"
    await stage.reader("dave", TicketChat(ticket, notes=False), may_hear=False)
    await stage.reader("dave", Topics([room, notes]), may_hear=False)
    await stage.reader("carol", EventClient([notes, "queue:support"]), may_hear=False)
