"""Reading the fields of a client's frame, with one clear error for each way to be wrong. No I/O."""

from __future__ import annotations

from typing import Any

from realtime.errors import InvalidField, MissingField

LARGEST = 2**63 - 1
"""What a database integer holds."""


def text_field(
    source: dict[str, Any], name: str, *, required: bool = True, most: int = 1_048_576
) -> str | None:
    """A string that isn't blank.

    Raises:
        MissingField: it is required and absent, null or blank.
        InvalidField: it is no string, too long, or has characters that can't be stored.
    """
    value = source.get(name)
    if value is None:
        if required:
            raise MissingField(f"{name} is required.", field=name)
        return None
    if not isinstance(value, str):
        raise InvalidField(f"{name} must be a string.", field=name)
    if len(value) > most or "\x00" in value:
        raise InvalidField(f"{name} is too long or has a NUL character.", field=name)
    if required and not value.strip():
        raise MissingField(f"{name} is required.", field=name)
    return value


def required_text(source: dict[str, Any], name: str, *, most: int = 1_048_576) -> str:
    value = text_field(source, name, most=most)
    assert value is not None
    return value


def whole_number(source: dict[str, Any], name: str, *, default: int | None = None) -> int | None:
    """A whole number from 0 to `LARGEST`; ``default`` where it is absent or null.

    Raises:
        InvalidField: it is anything else. A string of digits is not a number here.
    """
    value = source.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise InvalidField(f"{name} must be a whole number from 0 to {LARGEST}.", field=name)
    return value


def place_in_log(source: dict[str, Any], name: str) -> int | None:
    """A `whole_number` that is a place in a room's order, None where it is absent; beyond what a log can reach is its end.

    Raises:
        InvalidField: it is no whole number.
    """
    value = source.get(name)
    if type(value) is int and value > LARGEST:
        return LARGEST
    return whole_number(source, name)


def number_in_query(text: str | None, name: str) -> int | None:
    """A whole number from a query string, or None where it is absent; `LARGEST` for any larger one.

    Raises:
        InvalidField: it isn't made of ASCII digits.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise InvalidField(f"{name} must be a whole number.", field=name)
    # Python refuses to read thousands of digits.
    return min(int(text), LARGEST) if len(text) <= 100 else LARGEST
