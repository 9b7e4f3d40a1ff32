"""Further fields that a queue gives its tickets: their definitions, and values checked against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Literal

import msgspec
from django.core.exceptions import ValidationError

from realtime.errors import InvalidField

_LONGEST_TEXT = 2_000

FieldType = Literal["text", "number", "yes_no", "date", "choice"]


class FieldDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    label: str
    type: FieldType = "text"
    choices: tuple[str, ...] = ()
    required: bool = False

    def check(self, value: Any) -> Any:
        """The value, if it fits.

        Raises:
            ValueError: what it should be.
        """
        if self.type == "text" and isinstance(value, str) and len(value) <= _LONGEST_TEXT:
            if "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value):
                return value
        elif (
            (self.type == "number" and type(value) in (int, float) and abs(value) < 1e15)
            or (self.type == "yes_no" and isinstance(value, bool))
            or (self.type == "choice" and value in self.choices)
        ):
            return value
        elif self.type == "date" and isinstance(value, str):
            with suppress(ValueError):
                return date.fromisoformat(value).isoformat()
        raise ValueError(f"must be a {self.type.replace('_', '/')}")


def definitions_of(given: Any) -> list[FieldDefinition]:
    """The definitions as a queue has them; whatever is empty means none.

    Raises:
        msgspec.ValidationError: they aren't understood.
    """
    return msgspec.convert(given or [], list[FieldDefinition])


def validate_definitions(given: Any) -> None:
    """A validator for the column of a queue."""
    try:
        definitions = msgspec.convert(given, list[FieldDefinition])
    except msgspec.ValidationError as error:
        raise ValidationError(str(error)) from None
    keys = [definition.key for definition in definitions]
    if len(keys) != len(set(keys)):
        raise ValidationError("Each key may be there once.")
    for definition in definitions:
        texts = (definition.key, definition.label, *definition.choices)
        if not all(text.strip() and text.isprintable() for text in texts):
            raise ValidationError("Keys, labels and choices are made of printable characters.")
        if definition.type == "choice" and not definition.choices:
            raise ValidationError(f"The field {definition.key!r} needs choices.")


def checked_fields(given: Any, definitions: Sequence[FieldDefinition]) -> dict[str, Any]:
    """The values (a dict), each as its definition wants it; None takes one away.

    Raises:
        InvalidField: a value is wrong or missing, or the queue has no such field.
    """
    if not isinstance(given, Mapping):
        raise InvalidField("custom_fields must be an object.", field="custom_fields")
    known = {definition.key: definition for definition in definitions}
    checked: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            raise InvalidField(f"The queue has no field {key[:60]!r}.", field="custom_fields")
        if value is None:
            continue
        try:
            checked[key] = known[key].check(value)
        except ValueError as error:
            raise InvalidField(f"{key}: {error}.", field="custom_fields") from None
    missing = [d.key for d in definitions if d.required and _is_blank(checked.get(d.key))]
    if missing:
        raise InvalidField(f"{missing[0]} is required.", field="custom_fields")
    return checked


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
