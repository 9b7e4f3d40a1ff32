"""The chat of one ticket, frame by frame."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from realtime.dialects.base import Place, Welcome
from realtime.dialects.envelope import envelope
from realtime.errors import InvalidField
from realtime.tests.dialects.speaking import frame_of, named, understood
from tickets.dialect import TicketDialect

TICKET = "01900000-0000-7000-8000-00000000000a"
ROOM, NOTES = f"ticket:{TICKET}", f"ticket-notes:{TICKET}"
ALICE = User(pk=7, username="alice")


def make_dialect(ticket: str = TICKET, **query: str) -> TicketDialect:
    return TicketDialect(ALICE, {"ticket_id": ticket}, query)


UNDERSTOOD: list[tuple[dict[str, Any], Any]] = [
    ({"content": "Hello support!"}, ("SendMessage", {"room": ROOM, "content": "Hello support!"})),
    (
        {"content": "Hi", "client_id": "c", "kind": "note", "in_reply_to": "m", "ref": 1},
        (
            "SendMessage",
            {
                "room": ROOM,
                "content": "Hi",
                "client_id": "c",
                "fields": {"kind": "note", "in_reply_to": "m"},
            },
        ),
    ),
    (
        {"type": "send_message", "data": {"content": "Hi"}},
        ("SendMessage", {"room": ROOM, "content": "Hi"}),
    ),
    (
        {"type": "send_message", "room": NOTES, "data": {"content": "Hi"}},
        ("SendMessage", {"room": NOTES, "content": "Hi"}),
    ),
    (
        {"type": "send_message", "room": None, "data": {"content": "Hi"}},
        ("SendMessage", {"room": ROOM, "content": "Hi"}),
    ),
    ({"type": "read", "data": {"seq": 3}}, ("Read", {"room": ROOM, "seq": 3})),
    ({"type": "typing"}, ("Typing", {"room": ROOM, "state": "start"})),
    ({"type": "history"}, ("History", {"room": ROOM})),
    ({"type": "leave_room"}, ("Leave", {"room": ROOM, "shape": envelope})),
    ({"type": "ping"}, ("Ping", {})),
    ({}, "missing_field"),
    ({"content": ""}, "missing_field"),
    ({"content": " \n"}, "missing_field"),
    ({"content": None}, "missing_field"),
    ({"content": 3}, "invalid_field"),
    ({"content": "Hi", "client_id": 3}, "invalid_field"),
    ({"content": "a\x00"}, "invalid_field"),
    ({"content": "Hi", "data": 3}, "invalid_field"),
    ({"content": "Hi", "room": 3}, "invalid_field"),
    ({"type": "dance", "content": "Hi"}, "unknown_type"),
    ({"type": None, "content": "Hi"}, "missing_field"),
]


@pytest.mark.parametrize(("frame", "meaning"), UNDERSTOOD, ids=named)
def test_what_a_frame_means(frame: dict[str, Any], meaning: Any) -> None:
    assert understood(make_dialect(), frame) == meaning


def test_the_conversation_is_required_and_the_notes_are_for_who_may() -> None:
    wanted = make_dialect(since="3", epoch="e", since_notes="4", epoch_notes="f").wanted()
    assert [(w.topic, w.since, w.epoch, w.required, w.member) for w in wanted] == [
        (ROOM, 3, "e", True, True),
        (NOTES, 4, "f", False, False),
    ]


def test_who_becomes_an_agent_later_is_told_where_the_notes_stand() -> None:
    (notes,) = make_dialect(since_notes="4").also_wanted(User(pk=7))
    assert (notes.topic, notes.since, notes.required, notes.told) == (NOTES, None, False, True)


@pytest.mark.parametrize(
    ("given", "room"),
    [
        (TICKET.upper(), ROOM),
        ("nonsense", "ticket:nonsense"),
        ("NONSENSE", "ticket:NONSENSE"),
        (TICKET + "\n", f"ticket:{TICKET}\n"),
        ("", "ticket:"),
    ],
)
def test_an_id_is_taken_in_any_case_and_what_is_none_matches_no_room(given: str, room: str) -> None:
    assert make_dialect(given).room == room


@pytest.mark.parametrize("name", ["since", "since_notes"])
def test_a_since_that_is_no_number_is_refused(name: str) -> None:
    with pytest.raises(InvalidField, match=name):
        make_dialect(**{name: "x"})


def test_hello_tells_where_the_room_stands_and_agents_where_the_notes_do() -> None:
    places = {ROOM: Place(ROOM, 17, "e", True), NOTES: Place(NOTES, 2, "e", False)}
    members = [{"user_id": "7", "username": "alice"}]
    agent = Welcome("7", "alice", "c1", 30, places, members)
    data = {
        "seq": 17,
        "epoch": "e",
        "resumed": True,
        "user_id": "7",
        "username": "alice",
        "connection_id": "c1",
        "heartbeat_interval": 30,
        "members": members,
    }
    notes = {"room": NOTES, "seq": 2, "epoch": "e", "resumed": False}
    hello = frame_of(make_dialect().connected(agent))
    assert hello == {"type": "connected", "room": ROOM, "data": {**data, "notes": notes}}
    customer = Welcome("7", "alice", "c1", 30, {ROOM: places[ROOM]}, members)
    assert frame_of(make_dialect().connected(customer))["data"] == data
