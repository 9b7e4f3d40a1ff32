"""Events over plain HTTP: long poll and event stream, at one process, of what is said at another."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jwt
import pytest

from tests.support.ports import wait_until
from tests.support.server import Desk, Person, Server

pytestmark = [pytest.mark.redis, pytest.mark.xdist_group("neighbours")]

EVENTS = "realtime/events/"


@pytest.fixture
async def http(carol: Person, one: Server) -> AsyncIterator[httpx.AsyncClient]:
    """Carol's connection to the first process."""
    headers = {"Authorization": f"Bearer {carol.access}"}
    async with httpx.AsyncClient(
        base_url=f"{one.url}/api/v1/", headers=headers, timeout=30, verify=False
    ) as client:
        yield client


@pytest.fixture
def said(two: Server) -> Person:
    """Carol at the second process."""
    return Person(two, "carol")


class Stream:
    """An event stream, read as browsers do (HTML, section 9.2)."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()

    async def next(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        async for line in self._lines:
            name, _, value = line.partition(": ")
            if not line and fields:
                return fields
            if name:
                fields[name] = value
        raise EOFError("the stream has ended")

    async def events(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < count:
            fields = await asyncio.wait_for(self.next(), 10)
            if "data" in fields and "event" not in fields:
                event = json.loads(fields["data"])
                assert str(event["seq"]) == fields["id"]
                found.append(event)
        return found


def _ticket(person: Person) -> str:
    return f"ticket:{person.new_ticket()['id']}"


def _say(person: Person, room: str, text: str) -> int:
    path = f"tickets/{room.partition(':')[2]}/messages/"
    return int(person.post(path, {"content": text}).json()["seq"])


async def test_a_poll_gets_what_is_there_at_once_and_in_order(
    http: httpx.AsyncClient, said: Person
) -> None:
    room = _ticket(said)
    last = [_say(said, room, f"message {i}") for i in range(5)][-1]
    answer = (await http.get(EVENTS, params={"room": room, "since": 0})).json()
    assert [event["seq"] for event in answer["events"]] == list(range(1, last + 1))
    assert (answer["seq"], answer["resumed"]) == (last, True)
    rest = {"room": room, "since": last, "epoch": answer["epoch"], "wait": 0}
    assert (await http.get(EVENTS, params=rest)).json()["events"] == []


async def test_what_was_missed_is_there_without_waiting(
    http: httpx.AsyncClient, said: Person
) -> None:
    answer = (await http.get(EVENTS, params={"room": _ticket(said), "since": 0, "wait": 0})).json()
    assert answer["events"] and answer["seq"] >= 1


async def test_nothing_is_posted_here(http: httpx.AsyncClient) -> None:
    answer = await http.post(EVENTS)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


async def test_a_poll_waits_for_what_comes(http: httpx.AsyncClient, said: Person) -> None:
    room = _ticket(said)
    now = (await http.get(EVENTS, params={"room": room, "wait": 0})).json()["seq"]
    waiting = asyncio.create_task(http.get(EVENTS, params={"room": room, "since": now, "wait": 20}))
    await asyncio.to_thread(_say, said, room, "Here I am")
    events = (await waiting).json()["events"]
    assert [event["data"]["content"] for event in events] == ["Here I am"]
    assert events[0]["seq"] == now + 1


async def test_a_poll_from_beyond_the_log_is_told_to_load_anew(
    http: httpx.AsyncClient, said: Person
) -> None:
    room = _ticket(said)
    for query in ({"since": 4000}, {"since": 1, "epoch": "another"}):
        answer = (await http.get(EVENTS, params={"room": room, "wait": 20, **query})).json()
        assert (answer["resumed"], answer["events"]) == (False, [])


async def test_a_stream_goes_on_from_the_last_event_that_was_read(
    http: httpx.AsyncClient, said: Person
) -> None:
    room = _ticket(said)
    wanted = {"Accept": "text/event-stream"}
    async with http.stream("GET", EVENTS, params={"room": room}, headers=wanted) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        stream = Stream(answer)
        assert (await stream.next())["event"] == "connected"
        first = await asyncio.to_thread(_say, said, room, "one")
        assert [event["seq"] for event in await stream.events(1)] == [first]
    missed = [await asyncio.to_thread(_say, said, room, text) for text in ("two", "three")]
    wanted["Last-Event-ID"] = str(first)
    async with http.stream("GET", EVENTS, params={"room": room}, headers=wanted) as answer:
        stream = Stream(answer)
        again = await stream.events(2)
        assert [event["seq"] for event in again] == missed
        assert [event["data"]["content"] for event in again] == ["two", "three"]


async def test_a_stream_ends_when_its_listener_may_hear_no_more(
    http: httpx.AsyncClient, bridged: Desk, alice: Person, carol: Person, dave: Person, one: Server
) -> None:
    room = _ticket(carol)
    path = f"tickets/{room.partition(':')[2]}/participants/"
    dave_id = dave.get("auth/me/").json()["id"]
    assert alice.post(path, {"user": dave_id}).status_code == 201
    headers = {"Authorization": f"Bearer {dave.access}", "Accept": "text/event-stream"}
    async with http.stream("GET", EVENTS, params={"room": room}, headers=headers) as answer:
        stream = Stream(answer)
        assert (await stream.next())["event"] == "connected"
        await asyncio.to_thread(_say, carol, room, "for Dave as well")
        await stream.events(1)
        assert alice.delete(f"{path}{dave_id}/").status_code == 204
        await asyncio.to_thread(_say, carol, room, "not for Dave")
        rest: list[dict[str, str]] = []
        with pytest.raises(EOFError):
            while True:
                rest.append(await asyncio.wait_for(stream.next(), 15))
        assert "not for Dave" not in str(rest)


async def test_polls_and_streams_end_with_their_token(
    http: httpx.AsyncClient, bridged: Desk, said: Person
) -> None:
    room = _ticket(said)
    key = (bridged.folder / "secret-key").read_text().strip()
    claims = jwt.decode(said.access, options={"verify_signature": False})
    brief = jwt.encode({**claims, "exp": int(time.time()) + 2}, key, "HS256")
    headers = {"Authorization": f"Bearer {brief}"}
    poll = asyncio.create_task(http.get(EVENTS, params={"room": room}, headers=headers))
    headers = {**headers, "Accept": "text/event-stream"}
    async with http.stream("GET", EVENTS, params={"room": room}, headers=headers) as answer:
        stream = Stream(answer)
        assert (await stream.next())["event"] == "connected"
        with pytest.raises(EOFError):
            await asyncio.wait_for(stream.next(), 6)
    assert (await asyncio.wait_for(poll, 6)).status_code == 401


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "missing_field"),
        ({"room": ""}, 400, "missing_field"),
        ({"room": "ticket:nothing"}, 403, "forbidden"),
        ({"room": "project:404"}, 403, "forbidden"),
        ({"room": "user:1"}, 403, "forbidden"),
        ({"room": "channel:1\x00"}, 403, "forbidden"),
        ({"room": "x" * 5000}, 403, "forbidden"),
        ({"room": "channel:1", "since": "x"}, 400, "invalid_field"),
        ({"room": "channel:1", "since": "-1"}, 400, "invalid_field"),
        ({"room": "channel:1", "wait": "soon"}, 400, "invalid_field"),
    ],
)
async def test_what_is_asked_wrongly_is_refused(
    http: httpx.AsyncClient, query: dict[str, str], status: int, code: str
) -> None:
    answer = await http.get(EVENTS, params=query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_number_that_no_log_reaches_lies_in_the_future(http: httpx.AsyncClient) -> None:
    answer = await http.get(EVENTS, params={"room": "channel:1", "since": "9" * 40, "wait": 0})
    assert (answer.status_code, answer.json()["resumed"]) == (200, False)


async def test_only_those_who_are_signed_in_listen(one: Server) -> None:
    for header in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Api-Key x"}):
        answer = httpx.get(f"{one.url}/api/v1/{EVENTS}?room=channel:1", headers=header)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
async def test_polls_and_streams_end_in_peace_when_the_server_stops(
    kind: str, bridged: Desk, said: Person
) -> None:
    room, quiet = _ticket(said), _ticket(said)
    stopping = bridged.serve(kind)

    def open_topics() -> float:
        return stopping.metrics()["realtime_open_topics"]

    headers = {"Authorization": f"Bearer {said.access}"}
    async with httpx.AsyncClient(
        base_url=f"{stopping.url}/api/v1/", headers=headers, timeout=30, verify=False
    ) as http:
        wait_until(
            lambda: "realtime_open_topics" in stopping.metrics(), seconds=20, what="the engine"
        )
        before = open_topics()
        poll = asyncio.create_task(http.get(EVENTS, params={"room": quiet, "wait": 25}))
        async with asyncio.timeout(20):
            while await asyncio.to_thread(open_topics) == before:
                await asyncio.sleep(0.02)
        wanted = {"Accept": "text/event-stream"}
        async with http.stream("GET", EVENTS, params={"room": room}, headers=wanted) as answer:
            stream = Stream(answer)
            assert (await stream.next())["event"] == "connected"
            assert await asyncio.to_thread(stopping.terminate) == 0
            with pytest.raises(EOFError):
                while True:
                    await stream.next()
        answered = await poll
    assert (answered.status_code, answered.json()["events"]) == (200, [])
    assert "Traceback" not in stopping.log
