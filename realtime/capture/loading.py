"""Fixtures: rows that ``loaddata`` writes may refer to rows that come later, so they are told when all are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from realtime.capture.inheritance import changed_children, tell_related, with_values
from realtime.capture.observing import Observer, Pair, Row, observers_of_table, plain_rows


class _Loaded(NamedTuple):
    model: type[Row]
    key: Any
    old: Row | None
    using: str


class _Related(NamedTuple):
    """Rows of whose many-to-many field others were added or taken."""

    model: type[Row]
    field: str
    keys: frozenset[Any]
    using: str


_ByTable = dict[tuple[type[Row], str], dict[Any, Row | None]]
"""What each loaded row was before, by model and database, and by key."""

_loaded: ContextVar[list[_Loaded | _Related] | None] = ContextVar("realtime_loaded", default=None)


@contextmanager
def gathering_loaded_rows() -> Iterator[list[_Loaded | _Related]]:
    """Tells at the end of all rows that were saved ``raw`` inside, and are still in the list that it gives."""
    gathered: list[_Loaded | _Related] = []
    token = _loaded.set(gathered)
    try:
        yield gathered
    finally:
        _loaded.reset(token)
    by_table: _ByTable = {}
    for row in gathered:
        if isinstance(row, _Loaded):
            by_table.setdefault((row.model, row.using), {}).setdefault(row.key, row.old)
    for (model, using), olds in by_table.items():
        _tell(model, using, olds, by_table)
    related = {row: None for row in gathered if isinstance(row, _Related)}
    for row in related:
        _tell_related(row, by_table)


def note_loaded(model: type[Row], key: Any, old: Row | None, using: str) -> None:
    """Keeps a row that was saved ``raw``; outside of `gathering_loaded_rows` such a row is its saver's business."""
    gathered = _loaded.get()
    if gathered is not None:
        gathered.append(_Loaded(model, key, old, using))


def note_related(model: type[Row], field: str, keys: Iterable[Any], using: str) -> bool:
    """Keeps what happened to the rows' many-to-many field, too; False outside of `gathering_loaded_rows`."""
    gathered = _loaded.get()
    if gathered is not None:
        gathered.append(_Related(model, field, frozenset(keys), using))
    return gathered is not None


def _tell(model: type[Row], using: str, olds: dict[Any, Row | None], by_table: _ByTable) -> None:
    now = plain_rows(model, using).in_bulk(list(olds))
    created = [row for key, row in now.items() if olds[key] is None]
    pairs = [
        (_with_old_parents(old, now[key], using, by_table), now[key])
        for key, old in olds.items()
        if old is not None and key in now
    ]
    observers = _who_hear(observers_of_table(model))
    for observer in observers if created else ():
        observer.created(created)
    for observer in observers if pairs else ():
        observer.changed(pairs)
    if pairs:
        _tell_children(model, pairs, using, by_table)


def _with_old_parents(old: Row, now: Row, using: str, by_table: _ByTable) -> Row:
    """The row before, with what its parents' rows were before: they are rows of the fixture by themselves."""
    for parent in type(old)._meta.get_parent_list():
        key = now.serializable_value(parent._meta.pk.name)
        before = by_table.get((parent, using), {}).get(key)
        if before is not None:
            old = with_values(old, before, parent)
    return old


def _tell_children(model: type[Row], pairs: list[Pair], using: str, by_table: _ByTable) -> None:
    """Tells of children that the fixture has no rows of; of others it tells by themselves."""
    for child, observers, children in changed_children(model, pairs, using):
        loaded = by_table.get((child, using), {})
        left = [pair for pair in children if pair[1].pk not in loaded]
        for observer in _who_hear(observers) if left else ():
            observer.changed(left)


def _who_hear(observers: Iterable[Observer]) -> list[Observer]:
    return [each for each in observers if getattr(each, "hears_fixtures", False)]


def _tell_related(row: _Related, by_table: _ByTable) -> None:
    """Of rows that are new it has been said that they were created, as they are now."""
    new = {
        key
        for (model, using), olds in by_table.items()
        if using == row.using and issubclass(model, row.model)
        for key, old in olds.items()
        if old is None
    }
    tell_related(row.model, row.field, row.keys - new, row.using, among=_who_hear)
