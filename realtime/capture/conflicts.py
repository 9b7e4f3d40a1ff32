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

_AT_ONCE = 100
"""Rows that are looked for in one query: SQLite takes no deeper conditions."""


def may_conflict(rows: list[Row]) -> bool:
    """Whether there is anything unique in these rows that others could have as well."""
    return any(True for row in rows for _ in _unique_values(row))


class Conflicts:
    """The rows that are there already, as read when it is made."""

    def __init__(self, model: type[Row], rows: list[Row], using: str) -> None:
        self._model, self._using = model, using
        self._conditions = [
            reduce(or_, found)
            for start in range(0, len(rows), _AT_ONCE)
            if (
                found := [
                    Q(**v) for row in rows[start : start + _AT_ONCE] for v in _unique_values(row)
                ]
            )
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


def _unique_values(row: Row) -> Iterator[dict[str, Any]]:
    """For each thing that is unique in a model, the row's values of it; none where one of them is null."""
    options: Any = row._meta
    for names in _unique_fields(type(row)):
        values = {name: getattr(row, options.get_field(name).attname) for name in names}
        if None not in values.values():
            yield values


def _unique_fields(model: type[Row]) -> Iterator[tuple[str, ...]]:
    options: Any = model._meta
    for field in options.local_concrete_fields:
        if field.unique:
            yield (field.name,)
    yield from options.unique_together
    for constraint in options.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.fields:
            yield tuple(constraint.fields)
