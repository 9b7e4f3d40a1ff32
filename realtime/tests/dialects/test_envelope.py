"""The standard envelope."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.dialects.envelope import current_data, envelope, error_frame
from realtime.errors import InvalidField
from realtime.jsontext import load_json
from realtime.registry import EventType, registry
from realtime.tests.dialects.speaking import frame_of
from realtime.tests.events import TIME, make_event


def test_a_durable_event_has_all_of_it_in_this_order() -> None:
    event = make_event(17, topic="ticket:0190", data={"a": 1}, sender="alice")
    assert envelope(event) == (
        '{"type":"till.opened","room":"ticket:0190","data":{"a":1},"sender":"alice",'
        f'"timestamp":"{TIME}","id":"id-17","seq":17}}'
    )


def test_an_ephemeral_event_has_neither_id_nor_seq_and_nobody_is_null() -> None:
    frame = load_json(envelope(make_event(None, data={})))
    assert frame == {
        "type": "till.opened",
        "room": "till",
        "data": {},
        "sender": None,
        "timestamp": TIME,
    }


@pytest.mark.parametrize("data", [{}, [], None, 0, "", {"deep": {"é": [1.5, None]}}])
def test_data_is_embedded_as_it_was_recorded(data: Any) -> None:
    event = make_event(1, data=data) if data is not None else make_event(1, data=[None])
    assert load_json(envelope(event))["data"] == load_json(event.data)


def test_stored_data_of_an_older_version_is_told_in_todays_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    newer = EventType(
        "till.counted",
        3,
        upcast={1: lambda data: {"sum": data}, 2: lambda data: {**data, "currency": "EUR"}},
    )
    monkeypatch.setitem(registry.event_types, "till.counted", newer)

    def told(version: int, data: Any) -> Any:
        return current_data(make_event(1, type="till.counted", version=version, data=data))

    assert told(1, 5) == {"sum": 5, "currency": "EUR"}
    assert told(2, {"sum": 5}) == {"sum": 5, "currency": "EUR"}
    assert load_json(told(3, {"sum": 5})) == {"sum": 5}


def test_data_that_has_a_place_for_its_number_is_given_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.numbered, "till.counted", "seq")

    def told(data: Any) -> Any:
        return current_data(make_event(4, type="till.counted", data=data))

    assert told({"sum": 5, "seq": None}) == {"sum": 5, "seq": 4}
    assert told([5]) == [5]


def test_an_error_names_the_ref_and_the_room_of_the_frame_that_it_answers() -> None:
    error = InvalidField("seq must be a number.", field="seq")
    frame = frame_of(error_frame(error, {"type": "read", "room": "till", "ref": [1]}))
    assert frame == {
        "type": "error",
        "ref": [1],
        "room": "till",
        "data": {
            "error": "seq must be a number.",
            "code": "invalid_field",
            "ref": [1],
            "field": "seq",
        },
    }


@pytest.mark.parametrize("frame", [None, {}, {"room": 3}, {"room": None}])
def test_an_error_without_a_room_names_none(frame: Any) -> None:
    told = frame_of(error_frame(InvalidField(), frame))
    assert "room" not in told and told["ref"] is None and told["data"]["ref"] is None
