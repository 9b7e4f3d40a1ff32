"""The canonical dialect, frame by frame."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from realtime.commands import Authenticate, History, Join, Leave, Ping, SendMessage
from realtime.dialects.base import Place, Welcome
from realtime.dialects.envelope import envelope
from realtime.dialects.nowhere import NowhereDialect
from realtime.dialects.rooms import RoomDialect
from realtime.errors import Conflict, Forbidden, InvalidField
from realtime.registry import Receipt
from realtime.tests.dialects.speaking import frame_of, named, understood
from realtime.tests.events import TIME, make_event

ROOM = "channel:456"
LONG = "x" * 201


@pytest.fixture
def dialect() -> RoomDialect:
    return RoomDialect(User(pk=7, username="alice"), {}, {})


UNDERSTOOD: list[tuple[dict[str, Any], Any]] = [
    ({"type": "ping"}, ("Ping", {})),
    ({"type": "ping", "ref": {"any": ["thing"]}}, ("Ping", {})),
    ({"type": "authenticate", "token": "t"}, ("Authenticate", {"token": "t"})),
    ({"type": "join_room", "room": ROOM}, ("Join", {"room": ROOM, "shape": envelope})),
    (
        {
            "type": "join_room",
            "room": ROOM,
            "since": 0,
            "epoch": "e",
            "history": 200,
            "types": ["task.created", "task.created"],
        },
        (
            "Join",
            {
                "room": ROOM,
                "shape": envelope,
                "since": 0,
                "epoch": "e",
                "history": 200,
                "types": frozenset({"task.created"}),
            },
        ),
    ),
    (
        {"type": "join_room", "room": ROOM, "since": None, "epoch": None, "history": None},
        ("Join", {"room": ROOM, "shape": envelope}),
    ),
    (
        {"type": "join_room", "room": ROOM, "types": []},
        ("Join", {"room": ROOM, "shape": envelope, "types": frozenset()}),
    ),
    (
        {"type": "join_room", "room": ROOM, "since": 2**64, "history": 201},
        ("Join", {"room": ROOM, "shape": envelope, "since": 2**63 - 1, "history": 200}),
    ),
    ({"type": "leave_room", "room": ROOM}, ("Leave", {"room": ROOM, "shape": envelope})),
    (
        {"type": "send_message", "room": ROOM, "data": {"content": "Hi", "client_id": " "}},
        ("SendMessage", {"room": ROOM, "content": "Hi"}),
    ),
    (
        {"type": "delete_message", "room": ROOM, "data": {"message_id": "m", "client_id": "c"}},
        ("DeleteMessage", {"room": ROOM, "message_id": "m", "client_id": "c"}),
    ),
    (
        {"type": "read", "room": ROOM, "data": {"seq": 3}, "client_id": "c"},
        ("Read", {"room": ROOM, "seq": 3, "client_id": "c"}),
    ),
    (
        {"type": "send_message", "room": ROOM, "data": {"content": "Hi", "client_id": "c"}},
        ("SendMessage", {"room": ROOM, "content": "Hi", "client_id": "c"}),
    ),
    (
        {"type": "send_message", "room": ROOM, "content": "Hi", "client_id": "c", "kind": "note"},
        (
            "SendMessage",
            {"room": ROOM, "content": "Hi", "client_id": "c", "fields": {"kind": "note"}},
        ),
    ),
    (
        {"type": "send_message", "room": ROOM, "kind": "x", "data": {"content": "a", "kind": "y"}},
        ("SendMessage", {"room": ROOM, "content": "a", "fields": {"kind": "y"}}),
    ),
    (
        {"type": "edit_message", "room": ROOM, "data": {"message_id": "m", "content": "Hi"}},
        ("EditMessage", {"room": ROOM, "message_id": "m", "content": "Hi"}),
    ),
    (
        {"type": "delete_message", "room": ROOM, "data": {"message_id": "m"}},
        ("DeleteMessage", {"room": ROOM, "message_id": "m"}),
    ),
    (
        {"type": "react", "room": ROOM, "data": {"message_id": "m", "emoji": "👍"}},
        ("React", {"room": ROOM, "message_id": "m", "emoji": "👍"}),
    ),
    (
        {"type": "unreact", "room": ROOM, "data": {"message_id": "m", "emoji": "👍"}},
        ("Unreact", {"room": ROOM, "message_id": "m", "emoji": "👍"}),
    ),
    ({"type": "typing", "room": ROOM}, ("Typing", {"room": ROOM, "state": "start"})),
    (
        {"type": "typing", "room": ROOM, "data": {"state": "stop"}},
        ("Typing", {"room": ROOM, "state": "stop"}),
    ),
    ({"type": "read", "room": ROOM, "data": {"seq": 17}}, ("Read", {"room": ROOM, "seq": 17})),
    ({"type": "history", "room": ROOM}, ("History", {"room": ROOM})),
    (
        {"type": "history", "room": ROOM, "data": {"before": 9, "limit": 10}},
        ("History", {"room": ROOM, "before": 9, "limit": 10}),
    ),
    (
        {"type": "history", "room": ROOM, "data": {"limit": 100_000}},
        ("History", {"room": ROOM, "limit": 200}),
    ),
    (
        {"type": "history", "room": ROOM, "data": {"limit": 0}},
        ("History", {"room": ROOM, "limit": 1}),
    ),
    (
        {"type": "signal", "room": ROOM, "data": {"to": "8", "sdp": {"x": 1}}},
        ("Signal", {"room": ROOM, "to": "8", "data": {"sdp": {"x": 1}}}),
    ),
    # --- errors ---
    ({}, "missing_field"),
    ({"type": None}, "missing_field"),
    ({"type": ""}, "missing_field"),
    ({"type": 3}, "invalid_field"),
    ({"type": "x" * 81}, "invalid_field"),
    ({"type": "dance"}, "unknown_type"),
    ({"type": "connected"}, "unknown_type"),
    ({"type": "authenticate"}, "missing_field"),
    ({"type": "authenticate", "token": 3}, "invalid_field"),
    ({"type": "join_room"}, "missing_field"),
    ({"type": "join_room", "room": ""}, "missing_field"),
    ({"type": "join_room", "room": 3}, "invalid_field"),
    ({"type": "join_room", "room": LONG}, "invalid_field"),
    ({"type": "join_room", "room": "a\x00"}, "invalid_field"),
    ({"type": "join_room", "room": ROOM, "since": "3"}, "invalid_field"),
    ({"type": "join_room", "room": ROOM, "since": -1}, "invalid_field"),
    ({"type": "join_room", "room": ROOM, "since": 1.5}, "invalid_field"),
    ({"type": "join_room", "room": ROOM, "since": True}, "invalid_field"),
    ({"type": "join_room", "room": ROOM, "epoch": 3}, "invalid_field"),
    ({"type": "join_room", "room": ROOM, "epoch": "e" * 81}, "invalid_field"),
    ({"type": "join_room", "room": ROOM, "types": "task.created"}, "invalid_field"),
    ({"type": "join_room", "room": ROOM, "types": [3]}, "invalid_field"),
    ({"type": "join_room", "room": ROOM, "types": ["x" * 81]}, "invalid_field"),
    ({"type": "join_room", "room": ROOM, "types": ["x"] * 101}, "invalid_field"),
    ({"type": "leave_room"}, "missing_field"),
    ({"type": "send_message", "data": {"content": "Hi"}}, "missing_field"),
    ({"type": "send_message", "room": ROOM}, "missing_field"),
    ({"type": "send_message", "room": ROOM, "data": {"content": " "}}, "missing_field"),
    ({"type": "send_message", "room": ROOM, "data": "Hi"}, "invalid_field"),
    ({"type": "send_message", "room": ROOM, "data": []}, "invalid_field"),
    (
        {"type": "send_message", "room": ROOM, "data": {"content": "Hi", "client_id": 3}},
        "invalid_field",
    ),
    ({"type": "edit_message", "room": ROOM, "data": {"message_id": "m"}}, "missing_field"),
    ({"type": "edit_message", "room": ROOM, "data": {"content": "x"}}, "missing_field"),
    ({"type": "delete_message", "room": ROOM}, "missing_field"),
    ({"type": "react", "room": ROOM, "data": {"message_id": "m"}}, "missing_field"),
    (
        {"type": "react", "room": ROOM, "data": {"message_id": "m", "emoji": "x" * 33}},
        "invalid_field",
    ),
    ({"type": "unreact", "room": ROOM, "data": {"emoji": "👍"}}, "missing_field"),
    ({"type": "typing", "room": ROOM, "data": {"state": "sing"}}, "invalid_field"),
    ({"type": "typing", "room": ROOM, "data": {"state": ["start"]}}, "invalid_field"),
    ({"type": "typing"}, "missing_field"),
    ({"type": "read", "room": ROOM}, "missing_field"),
    ({"type": "read", "room": ROOM, "data": {"seq": "17"}}, "invalid_field"),
    ({"type": "history", "room": ROOM, "data": {"before": -1}}, "invalid_field"),
    ({"type": "history", "room": ROOM, "data": {"limit": "all"}}, "invalid_field"),
    ({"type": "signal", "room": ROOM, "data": {"sdp": 1}}, "missing_field"),
    ({"type": "signal", "room": ROOM, "data": {"to": 8}}, "invalid_field"),
]


@pytest.mark.parametrize(("frame", "meaning"), UNDERSTOOD, ids=named)
def test_what_a_frame_means(dialect: RoomDialect, frame: dict[str, Any], meaning: Any) -> None:
    assert understood(dialect, frame) == meaning


# --- at connect ---


def test_the_users_own_room_is_heard_from_the_start(dialect: RoomDialect) -> None:
    own, everyone = dialect.wanted()
    assert (own.topic, own.since, own.epoch, own.required) == ("user:7", None, None, True)
    assert (everyone.topic, everyone.required) == ("everyone", False)
    assert dialect.also_wanted(User(pk=7)) == [] and not dialect.follows_rights


def test_the_query_says_where_the_own_room_is_resumed() -> None:
    own, *others = RoomDialect(User(pk=7), {}, {"since": "17", "epoch": "e"}).wanted()
    assert (own.since, own.epoch) == (17, "e")
    assert all((other.since, other.epoch) == (None, None) for other in others)


def test_the_staff_hears_what_is_sent_to_the_staff() -> None:
    wanted = RoomDialect(User(pk=7, is_staff=True), {}, {}).wanted()
    assert [want.topic for want in wanted] == ["user:7", "everyone", "staff"]


@pytest.mark.parametrize("since", ["", "x", "-1", "1.5", "1e3"])
def test_a_since_that_is_no_number_is_refused(since: str) -> None:
    with pytest.raises(InvalidField):
        RoomDialect(User(pk=7), {}, {"since": since})


def test_a_path_that_does_not_exist_is_a_room_that_does_not_exist() -> None:
    (wanted,) = NowhereDialect(User(pk=7), {}, {}).wanted()
    assert wanted.topic == "nowhere" and wanted.required


# --- answers ---

PLACE = Place(ROOM, 17, "e", True)


def test_hello(dialect: RoomDialect) -> None:
    welcome = Welcome("7", "alice", "c1", 30, {"user:7": Place("user:7", 3, "e", False)}, [])
    assert frame_of(dialect.connected(welcome)) == {
        "type": "connected",
        "data": {
            "user_id": "7",
            "username": "alice",
            "connection_id": "c1",
            "protocol": 1,
            "heartbeat_interval": 30,
            "rooms": {"user:7": {"seq": 3, "epoch": "e", "resumed": False}},
        },
    }


def test_joined(dialect: RoomDialect) -> None:
    command = Join(room=ROOM, shape=envelope, ref="r")
    members = [{"user_id": "7", "username": "alice"}]
    history = [make_event(16, topic=ROOM)]
    assert frame_of(dialect.joined(command, PLACE, members, history)) == {
        "type": "room_joined",
        "room": ROOM,
        "ref": "r",
        "data": {
            "seq": 17,
            "epoch": "e",
            "resumed": True,
            "members": members,
            "history": [
                {
                    "type": "till.opened",
                    "room": ROOM,
                    "data": {"n": 16},
                    "sender": None,
                    "timestamp": TIME,
                    "id": "id-16",
                    "seq": 16,
                }
            ],
        },
    }


@pytest.mark.parametrize(
    ("command", "reason", "ref"),
    [(Leave(room=ROOM, shape=envelope, ref="r"), "left", "r"), (None, "forbidden", None)],
)
def test_left_or_put_out(dialect: RoomDialect, command: Any, reason: str, ref: Any) -> None:
    assert frame_of(dialect.left(ROOM, envelope, reason, command)) == {
        "type": "room_left",
        "room": ROOM,
        "ref": ref,
        "data": {"reason": reason},
    }


@pytest.mark.parametrize(
    ("marks", "answered"),
    [({}, False), ({"ref": 0}, True), ({"client_id": "c"}, True), ({"ref": "r"}, True)],
)
def test_a_receipt_is_given_to_who_asks_for_one(
    dialect: RoomDialect, marks: dict[str, Any], answered: bool
) -> None:
    command = SendMessage(room=ROOM, content="Hi", **marks)
    text = dialect.ack(command, Receipt(17, {"id": "m"}))
    if not answered:
        assert text is None
        return
    assert frame_of(text) == {
        "type": "ack",
        "ref": marks.get("ref"),
        "room": ROOM,
        "seq": 17,
        "data": {"id": "m"},
    }


def test_a_receipt_names_the_room_in_which_it_was_stored(dialect: RoomDialect) -> None:
    command = SendMessage(room=ROOM, content="Hi", ref="r")
    assert frame_of(dialect.ack(command, Receipt(3, {}, room="channel:9")))["room"] == "channel:9"


def test_a_page_of_history(dialect: RoomDialect) -> None:
    frame = frame_of(
        dialect.history(History(room=ROOM, ref="r"), [make_event(1), make_event(2)], True)
    )
    assert (frame["type"], frame["room"], frame["ref"]) == ("history", ROOM, "r")
    assert [event["seq"] for event in frame["data"]["events"]] == [1, 2]
    assert frame["data"]["has_more"] is True


def test_pong_and_authenticated_have_a_ref_where_one_was_given(dialect: RoomDialect) -> None:
    assert frame_of(dialect.pong(Ping())) == {"type": "pong"}
    assert frame_of(dialect.pong(Ping(ref="r"))) == {"type": "pong", "ref": "r"}
    data = {"expires_at": TIME}
    answer = {"type": "authenticated", "data": data}
    assert frame_of(dialect.authenticated(Authenticate(token="t"), TIME)) == answer
    with_ref = dialect.authenticated(Authenticate(token="t", ref="r"), TIME)
    assert frame_of(with_ref) == {**answer, "ref": "r"}


def test_an_error(dialect: RoomDialect) -> None:
    frame = frame_of(dialect.error(Forbidden(), {"type": "join_room", "room": ROOM, "ref": "r"}))
    assert (frame["type"], frame["room"], frame["ref"]) == ("error", ROOM, "r")
    assert (frame["data"]["code"], frame["data"]["ref"]) == ("forbidden", "r")
    assert "reason" not in frame["data"]


class OutOfStock(Conflict):
    """An app's own error."""

    code = "out_of_stock"


def test_an_apps_own_error_has_the_protocols_code_and_its_own_as_the_reason(
    dialect: RoomDialect,
) -> None:
    data = frame_of(dialect.error(OutOfStock(left=0), {"ref": "r"}))["data"]
    assert (data["code"], data["reason"], data["left"]) == ("conflict", "out_of_stock", 0)
