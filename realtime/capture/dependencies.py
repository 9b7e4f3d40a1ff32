"""Permission that follows the data: changes of the models that a topic's permission depends on ask it anew."""

from __future__ import annotations

from collections.abc import Iterable

from realtime.capture.declaring import changed_fields
from realtime.capture.observing import Pair, Row, observe
from realtime.log.access import record_access_change
from realtime.registry import Dependency, registry


class AccessObserver:
    """Records an access change, in the same transaction, for what a row's change concerns."""

    hears_fixtures = True

    def __init__(self, dependency: Dependency) -> None:
        self._dependency = dependency

    def created(self, rows: list[Row]) -> None:
        if self._dependency.on_create:
            self._record(rows)

    def changed(self, pairs: list[Pair]) -> None:
        wanted = self._dependency.fields
        for old, new in pairs:
            fields = changed_fields(old, new, model=self._dependency.model)
            if fields if wanted is None else fields & set(wanted):
                self._record([old, new])

    def related_changed(self, field: str, rows: list[Row]) -> None:
        if self._dependency.fields is None or field in self._dependency.fields:
            self._record(rows)

    def before_delete(self, row: Row) -> None:
        self._record([row])

    def deleted(self, rows: list[Row]) -> None:
        """Recorded before, while what the row refers to was there."""

    def _record(self, rows: Iterable[Row]) -> None:
        scopes = dict.fromkeys(s for row in rows for s in self._dependency.scopes(row))
        if scopes:
            record_access_change(*scopes)


def observe_dependencies() -> None:
    """Watches the models that topics declare; called once all ``topics.py`` are read."""
    for kind in registry.kinds.values():
        for dependency in kind.depends_on:
            observe(dependency.model, AccessObserver(dependency))
