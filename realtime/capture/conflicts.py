"""``bulk_create`` with ``ignore_conflicts`` or ``update_conflicts``: which rows are new, and which were changed.

The database doesn't say, so the rows that the new ones could meet are read before and after, found by what is unique in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, UniqueConstraint

from realtime.capture.observing import Pair, Row, plain_rows

_AT_ONCE = 500
"""Conditions of one query: SQLite takes no deeper ones."""


def may_conflict(row: Row) -> bool:
    """Whether there is anything unique in the row that others could have as well."""
    return any(True for _ in _conditions(row))


class Conflicts:
    """The rows that are there already, as read when it is made."""

    def __init__(self, model: type[Row], rows: list[Row], using: str) -> None:
        self._model, self._using = model, using
        found = [condition for row in rows for condition in _conditions(row)]
        self._conditions = [
            reduce(or_, found[start : start + _AT_ONCE]) for start in range(0, len(found), _AT_ONCE)
        ]
        self._before = self._find()

    def settled(self) -> tuple[list[Row], list[Pair]]:
        """The rows that were created, and those that may have changed, before and after."""
        before, after = self._before, self._find()
        created = [row for key, row in after.items() if key not in before]
        return created, [(before[key], row) for key, row in after.items() if key in before]

    def _find(self) -> dict[Any, Row]:
        rows = plain_rows(self._model, self._using).order_by("pk")
        return {row.pk: row for found in self._conditions for row in rows.filter(found)}


def _conditions(row: Row) -> Iterator[Q]:
    """For each thing that is unique in a model, who has the row's values of it; none where a null makes them unlike all others."""
    options: Any = row._meta
    for names, nulls_are_equal in _unique_fields(type(row)):
        values = {name: getattr(row, options.get_field(name).attname) for name in names}
        nulls = {f"{name}__isnull": True for name, value in values.items() if value is None}
        if not nulls or nulls_are_equal:
            yield Q(**{name: v for name, v in values.items() if v is not None}, **nulls)


def _unique_fields(model: type[Row]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """What is unique, and whether a null is like another there."""
    options: Any = model._meta
    for field in options.local_concrete_fields:
        if field.unique:
            yield (field.name,), False
    for names in options.unique_together:
        yield names, False
    for constraint in options.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.fields:
            yield tuple(constraint.fields), constraint.nulls_distinct is False
