"""Malformed frames on every endpoint of real servers: answered, never a crash, and the server goes on serving."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security.frames import no_objects, senseless_objects
from tests.support.server import Person, Server, demo_desk
from tests.support.sockets import Socket

_BATCH = 15  # fewer than the twenty that end a socket
KINDS = ["connect", "notifications", "ticket", "classic"]


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def patient(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that takes as many frames as one can send."""
    with demo_desk(
        request.param, WS_MESSAGES_PER_SECOND="100000", WS_MESSAGES_BURST="100000"
    ) as desk:
        yield desk.servers[0]


async def opened(person: Person, kind: str) -> Socket:
    if kind == "ticket":
        path = f"/api/v1/ws/tickets/{person.new_ticket()['id']}"
    else:
        path = {"classic": "/ws"}.get(kind, f"/api/v1/ws/{kind}")
    return await Socket.of(person, path)


async def survives(socket: Socket, frames: list[Any]) -> int:
    """Sends frames in batches, each followed by a ping that must be answered; how many error frames came."""
    for start in range(0, len(frames), _BATCH):
        for frame in frames[start : start + _BATCH]:
            await socket.send(frame)
        await socket.ask({"type": "ping"}, "pong")
    return sum("error" in (f.get("type"), *f) for f in socket.seen)


@pytest.mark.parametrize("kind", KINDS)
async def test_three_hundred_malformed_frames_and_more(patient: Server, kind: str) -> None:
    texts, objects = no_objects(), senseless_objects()
    assert len(texts) >= 100
    assert len(texts) + len(objects) >= 300
    socket = await opened(Person(patient, "carol"), kind)
    errors = await survives(socket, texts)
    assert errors == len(texts)
    socket.seen.clear()
    await survives(socket, objects)
    for frame in socket.seen:
        code = (frame.get("data") or {}).get("code") if frame.get("type") == "error" else ""
        assert code != "server_error", frame
    assert "Traceback" not in patient.log
    still = await opened(Person(patient, "alice"), kind)
    assert (await still.ask({"type": "ping"}, "pong"))["type"] == "pong"


@pytest.mark.parametrize("kind", KINDS)
async def test_twenty_in_a_row_end_the_socket(patient: Server, kind: str) -> None:
    socket = await opened(Person(patient, "carol"), kind)
    for _ in range(20):
        await socket.send("{")
    assert await socket.close_code() == 4400


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=8,
)
_word = st.sampled_from(
    [
        "join_room",
        "send_message",
        "typing",
        "read",
        "history",
        "signal",
        "react",
        "edit_message",
        "x",
    ]
)
_room = st.sampled_from(["channel:1", "project:1", "user:1", "ticket:x", "list:1", ""]) | _json
_object = st.fixed_dictionaries(
    {},
    optional={
        "type": _word | _json, "action": st.sampled_from(["subscribe", "unsubscribe", "ping"]) | _json, "room": _room,
        "topic": _room, "since": _json, "epoch": _json, "content": _json, "ref": _json, "client_id": _json,
        "data": st.fixed_dictionaries({}, optional=dict.fromkeys(("content", "seq", "before", "limit", "to", "emoji", "state"), _json)) | _json,
    },
)  # fmt: skip
_frame = (
    _object.map(json.dumps) | _json.map(json.dumps) | st.text(max_size=60) | st.binary(max_size=60)
)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_machine_thinks_of(patient: Server, kind: str) -> None:
    person = Person(patient, "carol")
    try_all = settings(
        max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )

    @try_all
    @given(st.lists(_frame, min_size=10, max_size=_BATCH))
    def attack(frames: list[Any]) -> None:
        async def run() -> None:
            socket = await opened(person, kind)
            await survives(socket, [f for f in frames if not _is_utf16(f)])
            faults = [f for f in socket.seen if (f.get("data") or {}).get("code") == "server_error"]
            await socket.close()
            assert faults == []

        asyncio.run(run())

    attack()
    assert "Traceback" not in patient.log


def _is_utf16(frame: Any) -> bool:
    """Lone surrogates can't be sent as UTF-8 at all."""
    return isinstance(frame, str) and any("\ud800" <= letter <= "\udfff" for letter in frame)
