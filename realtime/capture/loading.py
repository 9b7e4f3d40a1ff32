"""Fixtures: rows that ``loaddata`` writes may refer to rows that come later, so they are told when all are there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from realtime.capture.observing import Row, observers_of_table, plain_rows


class _Loaded(NamedTuple):
    model: type[Row]
    key: Any
    old: Row | None
    using: str


_loaded: ContextVar[list[_Loaded] | None] = ContextVar("realtime_loaded", default=None)


@contextmanager
def gathering_loaded_rows() -> Iterator[list[_Loaded]]:
    """Tells at the end of all rows that were saved ``raw`` inside, and are still in the list that it gives."""
    gathered: list[_Loaded] = []
    token = _loaded.set(gathered)
    try:
        yield gathered
    finally:
        _loaded.reset(token)
    by_table: dict[tuple[type[Row], str], dict[Any, Row | None]] = {}
    for row in gathered:
        by_table.setdefault((row.model, row.using), {}).setdefault(row.key, row.old)
    for (model, using), olds in by_table.items():
        _tell(model, using, olds)


def note_loaded(model: type[Row], key: Any, old: Row | None, using: str) -> None:
    """Keeps a row that was saved ``raw``; outside of `gathering_loaded_rows` such a row is its saver's business."""
    gathered = _loaded.get()
    if gathered is not None:
        gathered.append(_Loaded(model, key, old, using))


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
