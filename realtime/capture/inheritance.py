"""Rows that are built on others (multi-table inheritance): a change of the parent's row is one of the child's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from realtime.capture.observing import (
    Observer,
    Pair,
    Row,
    observed_children,
    observers_of,
    plain_rows,
    require_the_logs_database,
)


def changed_children(
    model: type[Row], pairs: Sequence[Pair], using: str
) -> Iterator[tuple[type[Row], list[Observer], list[Pair]]]:
    """Of rows that changed: each model whose rows are built on them, who observes it, and what became of its rows.

    A child was what it is now, with the values that the row it is built on had.
    """
    for child, table, observers in observed_children(model):
        olds = {_key(old, table): old for old, _ in pairs}
        children = _rows(child, table, list(olds), using)
        if children:
            yield (
                child,
                observers,
                [(with_values(row, olds[_key(row, table)], table), row) for row in children],
            )


def tell_children(model: type[Row], pairs: Sequence[Pair], using: str) -> None:
    """Tells who observes rows that are built on some that changed."""
    for _, observers, children in changed_children(model, pairs, using):
        for observer in observers:
            observer.changed(children)


def tell_related(
    model: type[Row],
    field: str,
    keys: Collection[Any],
    using: str,
    *,
    among: Callable[[list[Observer]], list[Observer]] = list,
) -> None:
    """Tells who observes rows whose many-to-many field changed, and rows that are built on them; ``among`` picks from the observers.

    The rows are locked, like any that changes: whoever changes them next tells of it later.
    """
    require_the_logs_database(model, using)
    found = plain_rows(model, using).filter(pk__in=keys)
    rows = list(found.select_for_update(no_key=True).order_by("pk"))
    if not rows:
        return
    told = [(observers_of(model), rows), *_related_children(model, rows, using)]
    for observers, their_rows in told:
        for observer in among(observers):
            observer.related_changed(field, their_rows)


def _related_children(
    model: type[Row], rows: Sequence[Row], using: str
) -> Iterator[tuple[list[Observer], list[Row]]]:
    for child, table, observers in observed_children(model):
        children = _rows(child, table, [_key(row, table) for row in rows], using)
        if children:
            yield observers, children


def with_values(row: Row, other: Row, table: type[Row]) -> Row:
    """A copy of the row with the values that ``other`` has in the columns of ``table``."""
    twin = copy.copy(row)
    twin._state = copy.copy(row._state)
    twin._state.fields_cache = {}
    for field in table._meta.concrete_fields:
        setattr(twin, field.attname, getattr(other, field.attname))
    return twin


def children_counted(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows, with what `has_children` needs: found in the same query, so that most rows cost none of their own."""
    exist = [
        Exists(plain_rows(child, rows.db).filter(**{key: OuterRef(key)}))
        for child, table, _ in observed_children(rows.model)
        for key in [table._meta.pk.name]
    ]
    return rows.annotate(_has_live_children=reduce(or_, map(Q, exist))) if exist else rows


def has_children(row: Row) -> bool:
    """Whether observed rows are built on one that was read with `children_counted`."""
    return bool(getattr(row, "_has_live_children", False))


def _key(row: Row, table: type[Row]) -> Any:
    return row.serializable_value(table._meta.pk.name)


def _rows(child: type[Row], table: type[Row], keys: list[Any], using: str) -> list[Row]:
    """The child's rows that are built on the rows of ``table`` with these keys, which are locked.

    So they don't change either: who changes a child's row locks all of its tables.
    """
    found = plain_rows(child, using).order_by("pk")
    return list(found.in_bulk(keys, field_name=table._meta.pk.name).values())
