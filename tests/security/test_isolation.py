"""What somebody may not see looks exactly like what doesn't exist: on every path of a ticket, in every room, at every door."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import uuid4

import pytest

from tests.support.server import Person, Server
from tests.support.sockets import Frame, Socket

_PARTS = {"ticket_id": "ticket", "message_id": "message", "attachment_id": "attachment"}


@pytest.fixture
def carols(server: Server) -> dict[str, str]:
    """The ids of what Carol has."""
    carol = Person(server, "carol")
    ticket = carol.new_ticket()["id"]
    message = carol.post(f"tickets/{ticket}/messages/", {"content": "Mine"}).json()["id"]
    files = {"file": ("mine.txt", b"mine")}
    attachment = carol.http.post(f"tickets/{ticket}/attachments/", files=files).json()["id"]
    return {"ticket": ticket, "message": message, "attachment": attachment}


def operations(person: Person) -> list[tuple[str, str]]:
    """Every method and path below a ticket, from the OpenAPI document."""
    document = person.http.get(
        "schema/", headers={"Accept": "application/vnd.oai.openapi+json"}
    ).json()
    return [
        (method, path.removeprefix("/api/v1/"))
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/api/v1/tickets/{")
    ]


def filled(path: str, ids: dict[str, str]) -> str:
    """The path with ids; what isn't an id of ours is some user or emoji."""

    def fill(found: re.Match[str]) -> str:
        for known in ids:
            if known in found[1]:
                return ids[known]
        if found[1] in ("id", "pk", "uuid"):
            return ids["ticket"]
        return "2" if "user" in found[1] else "x"

    return re.sub(r"\{(\w+)\}", fill, path)


def test_on_every_path_of_a_ticket_forbidden_is_missing(
    dave: Person, carols: dict[str, str]
) -> None:
    paths = operations(dave)
    assert len(paths) > 25
    missing = {name: str(uuid4()) for name in carols}
    told = {}
    for method, path in paths:
        answers = []
        for ids in (carols, missing):
            answer = dave.http.request(
                method, filled(path, ids), json={}, headers={"If-Match": "*"}
            )
            answers.append((answer.status_code, answer.text.replace(ids["ticket"], "…")))
        if answers[0] != answers[1] or answers[0][0] != 404:
            told[method, path] = answers
    assert told == {}


def _plain(frame: Frame) -> str:
    """A frame without what must differ: names and times."""
    kept = {k: v for k, v in frame.items() if k not in ("timestamp", "room", "topic", "ref")}
    return str({**kept, "data": {**(frame.get("data") or {}), "ref": None}})


async def test_in_every_room_forbidden_is_missing(dave: Person, carols: dict[str, str]) -> None:
    ticket = carols["ticket"]
    pairs = [
        (f"ticket:{ticket}", f"ticket:{uuid4()}"), (f"ticket-notes:{ticket}", f"ticket-notes:{uuid4()}"),
        ("queue:support", "queue:nowhere"), ("user:1", "user:999999"), ("desk:1", "desk:999999"),
        ("push:1", "push:999999"), ("flags:1", "flags:999999"), ("project:1", "project:999999"), ("channel:1", "channel:999999"),
        ("task:1", "task:999999"), ("list:1", "list:999999"), ("occasion:1", "occasion:999999"), ("staff", "nobody-knows"),
        ("dashboard", "nothing"), ("list-items:all", "list-items:some"), ("gifts:all", "x"), ("stock", ""),
        (f"ticket:{ticket}\n", "ticket:\n"), (f"TICKET:{ticket}", "TICKET:x"), ("project:01", "project:0999999"),
    ]  # fmt: skip
    rooms = await Socket.of(dave)
    classic = await Socket.of(dave, "/ws", events=0)
    await rooms.until("connected")
    for theirs, nowhere in pairs:
        await asyncio.sleep(0.25)  # within the limit of frames
        frames = ({"type": "join_room"}, {"type": "send_message", "data": {"content": "x"}})
        for frame in frames:
            told = [
                await rooms.ask({**frame, "room": r, "ref": r}, "error")
                for r in (theirs, nowhere or "0")
            ]
            assert _plain(told[0]) == _plain(told[1]), (theirs, told)
        topics = [
            await classic.ask({"action": "subscribe", "topic": t}, lambda f: "error" in f)
            for t in (theirs, nowhere or "0")
        ]
        assert topics[0]["error"] == topics[1]["error"] == "Forbidden", topics


async def test_at_the_door_of_a_ticket_forbidden_is_missing_and_no_uuid(
    dave: Person, carols: dict[str, str]
) -> None:
    outcomes = []
    for name in (carols["ticket"], str(uuid4()), "no-uuid", "%00", "1"):
        socket = await Socket.of(dave, f"/api/v1/ws/tickets/{name}")
        outcomes.append((_plain(await socket.receive()), await socket.close_code()))
    assert set(outcomes) == {outcomes[0]}
    assert outcomes[0][1] == 4403


@pytest.mark.parametrize("kind", ["projects", "channels", "tasks", "lists", "occasions"])
def test_in_the_examples_forbidden_is_missing(dave: Person, kind: str) -> None:
    for method in ("get", "patch", "delete"):
        answers: list[Any] = [
            dave.http.request(
                method, f"examples/{kind}/{key}/", json={} if method == "patch" else None
            )
            for key in (1, 999_999)
        ]
        found = [(answer.status_code, answer.text) for answer in answers]
        assert found[0] == found[1]
        assert found[0][0] in (404, 405)


def test_over_http_a_forbidden_room_is_missing(dave: Person, carols: dict[str, str]) -> None:
    answers = [
        dave.get("realtime/events/", room=room, since=0, wait=0)
        for room in (f"ticket:{carols['ticket']}", f"ticket:{uuid4()}", "nowhere")
    ]
    assert {(a.status_code, a.text) for a in answers} == {(answers[0].status_code, answers[0].text)}
    assert answers[0].status_code in (403, 404)
