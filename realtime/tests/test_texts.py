"""JSON text, times, and the stable codes of errors."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.utils.serializer_helpers import ReturnDict

from realtime import errors
from realtime.errors import RealtimeError
from realtime.events import ephemeral, utc_now_text, utc_text
from realtime.jsontext import dump_json, load_json

UUID_TEXT = "01900000-0000-7000-8000-000000000000"


class Shouted(str):
    """A text that somebody subclassed."""


class Level(int):
    pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, 2.5, None, True, "é🔥"]}, '{"a":[1,2.5,null,true,"é🔥"]}'),
        (UUID(UUID_TEXT), f'"{UUID_TEXT}"'),
        (Decimal("1.50"), '"1.50"'),
        (date(2025, 11, 13), '"2025-11-13"'),
        (datetime(2025, 11, 13, 12, tzinfo=UTC), '"2025-11-13T12:00:00Z"'),
        (gettext_lazy("Yes"), '"Yes"'),
        (Shouted("Fire"), '"Fire"'),
        (Level(3), "3"),
        (OrderedDict(a=1), '{"a":1}'),
        (ReturnDict({"a": 1}, serializer=None), '{"a":1}'),
        ((1, 2), "[1,2]"),
        ({3}, "[3]"),
    ],
)
def test_what_has_a_json_form(value: Any, text: str) -> None:
    assert dump_json(value).decode() == text


@pytest.mark.parametrize("value", [object(), {"a": object()}, lambda: 1, 1j])
def test_what_has_none_is_refused_with_a_sentence(value: Any) -> None:
    with pytest.raises(TypeError, match=r"can't be put into an event|not supported"):
        dump_json(value)


def test_json_is_read_from_text_and_bytes() -> None:
    assert load_json('{"a":1}') == load_json(b'{"a":1}') == {"a": 1}
    with pytest.raises(ValueError):
        load_json("{")


def test_times_are_utc_with_microseconds_and_a_z() -> None:
    moment = datetime(2025, 11, 13, 14, 0, 0, 120, timezone(timedelta(hours=2)))
    assert utc_text(moment) == "2025-11-13T12:00:00.000120Z"
    assert utc_now_text().endswith("Z")


def test_an_ephemeral_event_has_no_place_in_the_order() -> None:
    event = ephemeral("till", "user.typing", {"state": "start"}, sender="alice", exclude_user="7")
    assert (event.seq, event.id, event.sender, event.exclude_user) == (None, None, "alice", "7")
    assert bytes(event.data) == b'{"state":"start"}'


def _all_errors() -> list[type[RealtimeError]]:
    return [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, RealtimeError)
    ]


def test_the_codes_are_those_of_the_protocol() -> None:
    assert {error.code for error in _all_errors()} == {
        "invalid_frame",
        "unknown_type",
        "missing_field",
        "invalid_field",
        "not_joined",
        "forbidden",
        "not_allowed",
        "rate_limited",
        "too_large",
        "invalid_token",
        "unauthorized",
        "too_many_connections",
        "conflict",
        "illegal_transition",
        "server_error",
    }


@pytest.mark.parametrize("error", _all_errors(), ids=lambda error: error.__name__)
def test_each_error_has_a_sentence_and_takes_another(error: type[RealtimeError]) -> None:
    assert str(error()).endswith(".")
    told = error("It is late.", field="time")
    assert (str(told), told.details) == ("It is late.", {"field": "time"})
