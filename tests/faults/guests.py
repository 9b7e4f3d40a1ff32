"""Guests: people who are taken into a ticket, hear it, and are put out again while others go on talking."""

from __future__ import annotations

import asyncio
import contextlib
from random import Random

import httpx

from tests.faults.endpoints import Endpoint, Rooms, TicketChat, Topics
from tests.faults.stage import Stage
from tests.faults.writers import RestWriter


class Guests:
    """dave is a participant of one ticket after the other, and never hears what is said after he was put out."""

    def __init__(self, stage: Stage, random: Random) -> None:
        self._stage = stage
        self._random = random
        self._writer: RestWriter | None = None
        self._ended: list[tuple[str, str]] = []
        self.visits = 0

    async def visit(self) -> None:
        """One ticket: in, a word, out, more words."""
        stage = self._stage
        if self._writer is None:
            self._writer = await stage.rest_writer("alice")
        writer = self._writer
        filed = {"subject": "For a guest", "content": "Please help."}
        ticket = (await self._ask("carol", "POST", "tickets/", filed)).json()["id"]
        room, people = f"ticket:{ticket}", f"tickets/{ticket}/participants/"
        await self._ask("alice", "POST", people, {"user": stage.id_of("dave")})
        endpoint: Endpoint = self._random.choice(
            [
                TicketChat(ticket, notes=False),
                Topics([room]),
                Rooms(stage.room_of("dave"), [room]),
            ]
        )
        way = await stage.reader("dave", endpoint, suffix=" as a guest")
        reader = way.reader
        reader.gives_up_when_refused = True
        await reader.until(reader.is_listening, 30)
        seq = await writer.write(ticket, "Welcome")
        await reader.until(lambda: reader.places()[room] >= seq, 30)
        await self._ask("alice", "DELETE", f"{people}{stage.id_of('dave')}/")
        for _ in range(3):
            await writer.write(ticket, "Now that he is gone")
        await reader.until(lambda: reader.refusals > 0, 90)
        self._ended.append((reader.name, room))
        stage.history.left(reader.name)
        stage.ways.remove(way)
        await reader.close()
        await way.proxy.close()
        self.visits += 1

    async def settle(self) -> None:
        """When the storm is over: from the number of their removal on they may have heard nothing."""
        for name, room in self._ended:
            log = await self._stage.log_of(room, "alice")
            gone = next(event["seq"] for event in log if event["type"] == "participant.removed")
            self._stage.history.withdrawn(name, room, after=gone)

    async def _ask(
        self, person: str, method: str, path: str, body: object = None
    ) -> httpx.Response:
        """Until it is answered; what is asked for twice has no further effect here."""
        headers = {"Authorization": f"Bearer {self._stage.person(person).access}"}
        async with httpx.AsyncClient(headers=headers, timeout=5) as client:
            while True:
                url = f"http://127.0.0.1:{self._stage.any_node().port}/api/v1/{path}"
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.request(method, url, json=body)
                    if answer.status_code < 500:
                        return answer
                await asyncio.sleep(0.05)
