"""What the notification endpoint says and takes, frame by frame."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from notifications.dialect import NotificationDialect, notification_event
from realtime.commands import Authenticate, Ping
from realtime.dialects.base import Place, Welcome
from realtime.errors import RealtimeError
from realtime.events import Event, ephemeral
from realtime.jsontext import load_json


@pytest.fixture
def dialect() -> NotificationDialect:
    user: Any = SimpleNamespace(pk=7)
    return NotificationDialect(user, {}, {"since": "3", "epoch": "e"})


def durable(type: str) -> Event:
    return Event(
        topic="user:7",
        type=type,
        data=msgspec.Raw(b'{"title":"T","message":"M"}'),
        timestamp="2026-01-01T00:00:00.000000Z",
        id="0190",
        seq=4,
    )


def test_the_user_joins_their_own_stream_where_they_left_it(dialect: NotificationDialect) -> None:
    [wanted] = dialect.wanted()
    assert (wanted.topic, wanted.since, wanted.epoch) == ("user:7", 3, "e")


def told(event: Event) -> dict[str, Any]:
    text = notification_event(event)
    assert text is not None
    frame: dict[str, Any] = load_json(text)
    return frame


@pytest.mark.parametrize("type", ["notification.new", "notification.mentioned"])
def test_news_and_mentions_are_told_as_notifications(type: str) -> None:
    assert told(durable(type)) == {
        "type": "notification",
        "payload": {"title": "T", "message": "M", "seq": 4},
        "timestamp": "2026-01-01T00:00:00.000000Z",
        "id": "0190",
        "seq": 4,
    }


def test_counters_have_no_number() -> None:
    counts = {"unread": 2, "unseen": 0}
    frame = told(ephemeral("user:7", "notification.counts", counts))
    assert frame.pop("timestamp").endswith("Z")
    assert frame == {"type": "notification.counts", "payload": counts}


def test_any_other_durable_event_is_told_too_so_that_no_number_is_missing() -> None:
    frame = told(durable("project.archived"))
    assert (frame["type"], frame["seq"]) == ("project.archived", 4)


def test_the_first_frame_says_where_the_stream_stands(dialect: NotificationDialect) -> None:
    place = Place("user:7", seq=9, epoch="e", resumed=True)
    text = dialect.connected(Welcome("7", "alice", "c", 30, {"user:7": place}, []))
    assert text is not None
    frame = load_json(text)
    assert (frame["type"], frame["room"]) == ("connected", "user:7")
    assert frame["data"] | {"seq": 9, "epoch": "e", "resumed": True} == frame["data"]


def test_ping_and_authenticate_are_taken(dialect: NotificationDialect) -> None:
    assert isinstance(dialect.parse({"type": "ping"}), Ping)
    assert isinstance(dialect.parse({"type": "authenticate", "token": "t"}), Authenticate)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "join_room", "room": "user:8"}, "unknown_type"),
        ({"type": "send_message", "room": "user:7", "content": "x"}, "unknown_type"),
        ({"type": "nonsense"}, "unknown_type"),
        ({"type": 7}, "invalid_field"),
        ({}, "missing_field"),
    ],
)
def test_other_frames_are_refused(
    dialect: NotificationDialect, frame: dict[str, Any], code: str
) -> None:
    with pytest.raises(RealtimeError) as refused:
        dialect.parse(frame)
    assert refused.value.code == code
