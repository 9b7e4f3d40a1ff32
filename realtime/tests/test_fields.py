"""Reading a client's fields: one clear error for each way to be wrong."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.errors import InvalidField, MissingField, RealtimeError
from realtime.fields import (
    number_in_query,
    place_in_log,
    required_text,
    text_field,
    whole_number,
)


@pytest.mark.parametrize("value", ["x", " x ", "é" * 5, "a\nb"])
def test_a_text_is_taken_as_it_is(value: str) -> None:
    assert required_text({"name": value}, "name", most=5) == value


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ({}, MissingField),
        ({"name": None}, MissingField),
        ({"name": ""}, MissingField),
        ({"name": " \n"}, MissingField),
        ({"name": 3}, InvalidField),
        ({"name": True}, InvalidField),
        ({"name": ["x"]}, InvalidField),
        ({"name": {}}, InvalidField),
        ({"name": "x" * 6}, InvalidField),
        ({"name": "a\x00b"}, InvalidField),
    ],
)
def test_a_text_that_is_missing_or_wrong_is_told_by_name(
    source: dict[str, Any], error: type[RealtimeError]
) -> None:
    with pytest.raises(error, match=r"^name ") as raised:
        required_text(source, "name", most=5)
    assert raised.value.details == {"field": "name"}


@pytest.mark.parametrize(("value", "found"), [(None, None), ("", ""), (" ", " "), ("x", "x")])
def test_an_optional_text_may_be_absent_or_blank(value: Any, found: str | None) -> None:
    assert text_field({"name": value}, "name", required=False) == found
    assert text_field({}, "name", required=False) is None


@pytest.mark.parametrize(("value", "found"), [(None, 50), (0, 0), (7, 7), (2**63 - 1, 2**63 - 1)])
def test_a_whole_number_is_taken(value: Any, found: int) -> None:
    assert whole_number({"seq": value}, "seq", default=50) == found


@pytest.mark.parametrize("value", [-1, 2**63, 1.0, 1.5, "7", "", True, False, [], {}, 1e308])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(InvalidField, match="seq must be a whole number"):
        whole_number({"seq": value}, "seq")


@pytest.mark.parametrize(
    ("value", "found"), [(None, None), (0, 0), (2**63 - 1, 2**63 - 1), (10**40, 2**63 - 1)]
)
def test_a_place_beyond_every_log_is_its_end(value: Any, found: int | None) -> None:
    assert place_in_log({"since": value}, "since") == found


@pytest.mark.parametrize("value", [-1, 1e30, "7", True])
def test_what_is_no_place_is_refused(value: Any) -> None:
    with pytest.raises(InvalidField, match="since must be a whole number"):
        place_in_log({"since": value}, "since")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, None),
        ("0", 0),
        ("007", 7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2**63 - 1),
        ("1" * 5_000, 2**63 - 1),
    ],
)
def test_a_number_in_a_query_is_taken(text: str | None, found: int | None) -> None:
    assert number_in_query(text, "since") == found


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "1e3", " 1", "x", "٣", "²"])
def test_what_is_no_number_in_a_query_is_refused(text: str) -> None:
    with pytest.raises(InvalidField, match="since must be a whole number"):
        number_in_query(text, "since")
