"""Lists kept as JSON, which people write into a box of the admin."""

from __future__ import annotations

from typing import Any, TypeGuard

from django.core.exceptions import ValidationError
from django.db import models


def is_list_of_strings(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def validate_strings(value: Any) -> None:
    if not is_list_of_strings(value) or not all(s.strip() and s.isprintable() for s in value):
        raise ValidationError('This has to be a list of printable texts: ["…", "…"].')


class JSONListField(models.JSONField):
    """A list, which an empty box of a form means as well. Validators see everything else, other empty things too."""

    empty_values = ([],)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"default": list, "blank": True, **options})

    def to_python(self, value: Any) -> Any:
        return [] if value is None else value

    def deconstruct(self) -> Any:
        """For migrations it is the column that it is."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.JSONField", args, options
