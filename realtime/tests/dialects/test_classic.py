"""The dialect of ``/ws``: topic, event and push clients, frame by frame."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from realtime.commands import Authenticate, History, Join, Leave, Ping, SendMessage
from realtime.dialects.base import Place, Welcome
from realtime.dialects.classic import ClassicDialect, personal_event, topic_event, verb, verbatim
from realtime.dialects.envelope import envelope
from realtime.errors import (
    Forbidden,
    InvalidField,
    InvalidFrame,
    InvalidToken,
    MissingField,
    RateLimited,
    RealtimeError,
    Unauthorized,
)
from realtime.jsontext import load_json
from realtime.registry import EventType, Receipt, registry
from realtime.tests.dialects.speaking import frame_of, named, understood
from realtime.tests.events import TIME, make_event

TOPIC = "list:123"
ALICE = User(pk=7, username="alice")


@pytest.fixture
def dialect() -> ClassicDialect:
    return ClassicDialect(ALICE, {}, {})


def subscription(**fields: Any) -> tuple[str, dict[str, Any]]:
    return "Join", {"room": TOPIC, "shape": topic_event, "member": False, **fields}


UNDERSTOOD: list[tuple[dict[str, Any], Any]] = [
    # --- topic clients ---
    ({"action": "ping"}, ("Ping", {})),
    ({"action": "subscribe", "topic": TOPIC}, subscription()),
    (
        {"action": "subscribe", "topic": TOPIC, "since": 3, "epoch": "e"},
        subscription(since=3, epoch="e"),
    ),
    ({"action": "unsubscribe", "topic": TOPIC}, ("Leave", {"room": TOPIC, "shape": topic_event})),
    ({"action": "authenticate", "token": "t"}, ("Authenticate", {"token": "t"})),
    ({"action": "dance"}, None),
    ({"action": ""}, None),
    ({"action": "subscribe"}, "missing_field"),
    ({"action": "subscribe", "topic": ""}, "missing_field"),
    ({"action": "subscribe", "topic": None}, "missing_field"),
    ({"action": "unsubscribe"}, "missing_field"),
    ({"action": "subscribe", "topic": 123}, "invalid_frame"),
    ({"action": "subscribe", "topic": [TOPIC]}, "invalid_frame"),
    ({"action": "subscribe", "topic": TOPIC, "since": "3"}, "invalid_field"),
    ({"action": 3}, "invalid_frame"),
    ({"action": None}, "invalid_frame"),
    ({"action": "authenticate"}, "missing_field"),
    # --- both: a topic client's ---
    ({"action": "ping", "type": "join_room"}, ("Ping", {})),
    ({"action": "dance", "type": "ping"}, None),
    # --- event clients ---
    ({"type": "ping"}, ("Ping", {})),
    ({"type": "authenticate", "token": "t"}, ("Authenticate", {"token": "t"})),
    ({"type": "join_room", "room": "r"}, ("Join", {"room": "r", "shape": envelope})),
    (
        {"type": "join_room", "room": "r", "since": 0, "epoch": "e"},
        ("Join", {"room": "r", "shape": envelope, "since": 0, "epoch": "e"}),
    ),
    ({"type": "leave_room", "room": "r"}, ("Leave", {"room": "r", "shape": envelope})),
    ({"type": "dance"}, None),
    ({"type": "send_message", "room": "r", "data": {"content": "Hi"}}, None),
    ({"type": "join_room"}, "missing_field"),
    ({"type": "join_room", "room": 3}, "invalid_field"),
    ({"type": "leave_room", "room": ""}, "missing_field"),
    ({"type": 3}, "invalid_frame"),
    ({"type": None}, "invalid_frame"),
    # --- neither ---
    ({}, "invalid_frame"),
    ({"content": "Hi"}, "invalid_frame"),
]


@pytest.mark.parametrize(("frame", "meaning"), UNDERSTOOD, ids=named)
def test_what_a_frame_means(dialect: ClassicDialect, frame: dict[str, Any], meaning: Any) -> None:
    assert understood(dialect, frame) == meaning


# --- errors: each client's own form ---

INVALID = "Invalid message format"
ERRORS: list[tuple[RealtimeError, dict[str, Any] | None, dict[str, Any]]] = [
    (
        MissingField("Topic is required for subscribe action"),
        {"action": "subscribe"},
        {"error": "Topic is required for subscribe action"},
    ),
    (InvalidFrame("why"), None, {"error": INVALID, "details": "why"}),
    (InvalidFrame("why"), {"action": 3}, {"error": INVALID, "details": "why"}),
    (InvalidFrame("why"), {"n": 1, "ref": 5}, {"error": INVALID, "details": "why", "ref": 5}),
    (Forbidden(), {"action": "subscribe", "topic": "x:1"}, {"error": "Forbidden", "topic": "x:1"}),
    (
        Forbidden(),
        {"action": "subscribe", "topic": "x:1", "ref": 1},
        {"error": "Forbidden", "topic": "x:1", "ref": 1},
    ),
    (
        InvalidField("since is wrong"),
        {"action": "subscribe", "since": "x"},
        {"error": INVALID, "details": "since is wrong", "code": "invalid_field"},
    ),
]


@pytest.mark.parametrize(("error", "frame", "told"), ERRORS)
def test_what_a_topic_client_is_told(
    dialect: ClassicDialect, error: RealtimeError, frame: Any, told: dict[str, Any]
) -> None:
    assert frame_of(dialect.error(error, frame)) == told


@pytest.mark.parametrize(
    ("error", "frame"),
    [
        (Forbidden(), {"type": "join_room", "room": "x", "ref": "r"}),
        (MissingField("room is required."), {"type": "join_room", "ref": "r"}),
        (InvalidToken(), {"action": "authenticate", "token": "x", "ref": "r"}),
        (MissingField("token is required."), {"action": "authenticate", "ref": "r"}),
        (RateLimited(), {"ref": "r"}),
    ],
)
def test_the_frame_that_both_understand(
    dialect: ClassicDialect, error: RealtimeError, frame: dict[str, Any]
) -> None:
    assert frame_of(dialect.error(error, frame)) == {
        "type": "error",
        "error": str(error),
        "ref": "r",
        "data": {"error": str(error), "code": error.code, "ref": "r"},
    }


def test_a_refusal_at_connect_is_understood_by_both() -> None:
    frame = frame_of(ClassicDialect(None, {}, {}).error(Unauthorized()))
    assert (frame["type"], frame["data"]["code"]) == ("error", "unauthorized")
    assert frame["error"] == frame["data"]["error"]
    assert ClassicDialect.unauthorized_code == 4001


# --- events ---


@pytest.mark.parametrize(
    ("event_type", "told"),
    [
        ("item.created", "ADDED"),
        ("item.updated", "UPDATED"),
        ("item.deleted", "DELETED"),
        ("item.status_changed", "STATUS_CHANGED"),
        ("item.assigned", "ASSIGNED"),
        ("message.new", "COMMENT_ADDED"),
        ("message.edited", "MESSAGE_EDITED"),
        ("user.typing", "USER_TYPING"),
        ("user_joined", "USER_JOINED"),
        ("a.b.c", "A_B_C"),
    ],
)
def test_the_verb_of_an_event(event_type: str, told: str) -> None:
    assert verb(event_type) == told


def test_an_event_on_a_topic() -> None:
    event = make_event(
        3, topic=TOPIC, type="item.updated", data={"id": 456}, entity_id="456", actor_id="789"
    )
    assert load_json(topic_event(event)) == {
        "topic": TOPIC,
        "event": "UPDATED",
        "data": {"entity_id": "456", "payload": {"id": 456}, "user_id": "789", "timestamp": TIME},
        "seq": 3,
        "id": "id-3",
    }
    assert not {"seq", "id"} & load_json(topic_event(make_event(None))).keys()


def test_an_event_that_is_heard_unasked_has_its_other_name(monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = EventType("till.opened", alias="till.update")
    monkeypatch.setitem(registry.event_types, "till.opened", renamed)
    assert load_json(personal_event(make_event(3)) or "") == {
        "type": "till.update",
        "data": {"n": 3},
        "timestamp": TIME,
    }
    assert personal_event(make_event(3, type="till.counted")) is None


@pytest.mark.parametrize("topic", ["user:7", "staff", "everyone"])
def test_what_a_service_sends_has_its_own_name_unless_it_is_an_apps(
    topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = make_event(None, topic=topic, type="order.shipped")
    assert load_json(personal_event(sent) or "")["type"] == "order.shipped"
    monkeypatch.setitem(registry.event_types, "order.shipped", EventType("order.shipped"))
    assert personal_event(sent) is None


def test_a_push_is_passed_on_verbatim() -> None:
    assert verbatim(make_event(None, type="push", data={"my": "own"})) == '{"my":"own"}'
    assert verbatim(make_event(None, type="other")) is None


# --- at connect ---


def test_pushes_are_heard_from_the_start_and_nobody_is_greeted(dialect: ClassicDialect) -> None:
    assert [(wanted.topic, wanted.shape) for wanted in dialect.wanted()] == [("push:7", verbatim)]
    assert dialect.connected(Welcome("7", "alice", "c", 30, {}, [])) is None
    assert ClassicDialect(None, {}, {}).wanted() == []


def test_what_concerns_the_user_is_heard_unless_it_is_turned_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "personal", [lambda user: [f"desk:{user.pk}", "dashboard"]])
    monkeypatch.setattr(registry, "boards", {"dashboard": None})
    wanted = ClassicDialect(ALICE, {}, {}).also_wanted(ALICE)
    assert [(want.topic, want.required, want.latest) for want in wanted] == [
        ("desk:7", False, False),
        ("dashboard", False, True),
    ]
    assert ClassicDialect(ALICE, {}, {"events": "0"}).also_wanted(ALICE) == []


# --- answers ---

PLACE = Place(TOPIC, 17, "e", False)


@pytest.mark.parametrize("ref", [{}, {"ref": "r"}])
def test_subscribed_and_joined(dialect: ClassicDialect, ref: dict[str, str]) -> None:
    place = {"seq": 17, "epoch": "e", "resumed": False}
    topic = Join(room=TOPIC, shape=topic_event, **ref)
    answer = {"action": "subscribed", "topic": TOPIC, **place, **ref}
    assert frame_of(dialect.joined(topic, PLACE, [], [])) == answer
    room = Join(room=TOPIC, shape=envelope, **ref)
    answer = {"type": "joined_room", "data": {"room": TOPIC, **place}, **ref}
    assert frame_of(dialect.joined(room, PLACE, [], [])) == answer


@pytest.mark.parametrize("ref", [{}, {"ref": "r"}])
def test_unsubscribed_and_left(dialect: ClassicDialect, ref: dict[str, str]) -> None:
    topic = dialect.left(TOPIC, topic_event, "left", Leave(room=TOPIC, shape=topic_event, **ref))
    assert frame_of(topic) == {"action": "unsubscribed", "topic": TOPIC, **ref}
    room = dialect.left(TOPIC, envelope, "left", Leave(room=TOPIC, shape=envelope, **ref))
    assert frame_of(room) == {"type": "left_room", "data": {"room": TOPIC}, **ref}


def test_put_out(dialect: ClassicDialect) -> None:
    topic = dialect.left(TOPIC, topic_event, "forbidden")
    assert frame_of(topic) == {"error": "Forbidden", "topic": TOPIC}
    room = dialect.left(TOPIC, envelope, "forbidden")
    data = {"room": TOPIC, "reason": "forbidden"}
    assert frame_of(room) == {"type": "left_room", "data": data}


@pytest.mark.parametrize("ref", [{}, {"ref": "r"}])
def test_pong_in_the_words_of_the_ping(dialect: ClassicDialect, ref: dict[str, str]) -> None:
    topic = Ping(frame={"action": "ping"}, **ref)
    assert frame_of(dialect.pong(topic)) == {"action": "pong", **ref}
    event = Ping(frame={"type": "ping"}, **ref)
    assert frame_of(dialect.pong(event)) == {"type": "pong", **ref}


@pytest.mark.parametrize("ref", [{}, {"ref": "r"}])
def test_authenticated(dialect: ClassicDialect, ref: dict[str, str]) -> None:
    told = frame_of(dialect.authenticated(Authenticate(token="t", **ref), TIME))
    assert told == {"type": "authenticated", "data": {"expires_at": TIME}, **ref}


def test_there_is_no_history_and_no_receipt_here(dialect: ClassicDialect) -> None:
    assert dialect.ack(SendMessage(room=TOPIC, content="Hi", ref="r"), Receipt(1, {})) is None
    with pytest.raises(RealtimeError):
        dialect.history(History(room=TOPIC), [], False)
