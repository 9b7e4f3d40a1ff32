"""Fixtures: rows that ``loaddata`` writes may refer to rows that come later, so they are told when all are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from realtime.capture.observing import Row, observers_of, observers_of_table, plain_rows


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
    by_table: dict[tuple[type[Row], str], dict[Any, Row | None]] = {}
    for row in gathered:
        if isinstance(row, _Loaded):
            by_table.setdefault((row.model, row.using), {}).setdefault(row.key, row.old)
    for (model, using), olds in by_table.items():
        _tell(model, using, olds)
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


def _tell(model: type[Row], using: str, olds: dict[Any, Row | None]) -> None:
    now = plain_rows(model, using).in_bulk(list(olds))
    created = [row for key, row in now.items() if olds[key] is None]
    pairs = [(old, now[key]) for key, old in olds.items() if old is not None and key in now]
    for observer in observers_of_table(model):
        if not getattr(observer, "hears_fixtures", False):
            continue
        if created:
            observer.created(created)
        if pairs:
            observer.changed(pairs)


def _tell_related(
    row: _Related, by_table: dict[tuple[type[Row], str], dict[Any, Row | None]]
) -> None:
    """Of rows that are new it has been said that they were created, as they are now."""
    new = {
        key
        for (model, using), olds in by_table.items()
        if using == row.using and issubclass(model, row.model)
        for key, old in olds.items()
        if old is None
    }
    rows = list(plain_rows(row.model, row.using).filter(pk__in=row.keys - new))
    for observer in observers_of(row.model):
        if rows and getattr(observer, "hears_fixtures", False):
            observer.related_changed(row.field, rows)
