"""Watching many-to-many fields: a row whose related rows change is a row that changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models.signals import m2m_changed, post_delete, pre_delete

from realtime.capture.inheritance import tell_related
from realtime.capture.loading import note_related
from realtime.capture.observing import Pair, Row, is_observed, observe, plain_rows


def watch_many_to_many(model: type[Row]) -> None:
    """Tells the observers of ``model`` when rows are added to or taken from one of its many-to-many fields."""
    for field in model._meta.many_to_many:
        # An inherited field is watched once, on the model that has it, if that one is observed.
        if field.model is not model and is_observed(field.model):
            continue
        through: Any = field.remote_field.through
        if through._meta.auto_created:
            _Watch(model, field).connect()
        else:
            observe(through, _ThroughRows(model, field))


def _tell(model: type[Row], field: Any, keys: Any, using: str) -> None:
    if not note_related(model, field.name, keys, using):
        tell_related(model, field.name, set(keys), using)


class _Watch:
    """One field whose pairs Django keeps in a table of its own."""

    def __init__(self, model: type[Row], field: Any) -> None:
        self._model = model
        self._field = field
        self._through: Any = field.remote_field.through
        self._uid = f"realtime-{model._meta.label}-{field.name}"

    def connect(self) -> None:
        related = self._field.remote_field.model
        options: Any = {"weak": False, "dispatch_uid": self._uid}
        m2m_changed.connect(self._changed, sender=self._through, **options)
        # Pairs that go with a related row are told by no signal of their own.
        pre_delete.connect(self._related_row_goes, sender=related, **options)
        post_delete.connect(self._related_row_gone, sender=related, **options)

    def _changed(
        self,
        instance: Row,
        action: str,
        reverse: bool,
        pk_set: set[Any] | None,
        using: str,
        **_: Any,
    ) -> None:
        if action == "pre_clear" and (reverse or self._is_symmetrical()):
            instance.__dict__["_realtime_cleared"] = self._holders_of(instance, using)
        if not action.startswith("post_") or (pk_set is not None and not pk_set):
            return
        others = pk_set if pk_set is not None else instance.__dict__.pop("_realtime_cleared", set())
        if reverse:
            keys = set(others)
        elif self._is_symmetrical():
            keys = {instance.pk, *others}
        else:
            keys = {instance.pk}
        _tell(self._model, self._field, keys, using)

    def _related_row_goes(self, instance: Row, using: str, **_: Any) -> None:
        instance.__dict__.setdefault("_realtime_held_by", {})[self._uid] = self._holders_of(
            instance, using
        )

    def _related_row_gone(self, instance: Row, using: str, **_: Any) -> None:
        keys = instance.__dict__.get("_realtime_held_by", {}).pop(self._uid, set())
        _tell(self._model, self._field, keys, using)

    def _holders_of(self, related: Row, using: str) -> set[Any]:
        """The keys of the rows that have ``related`` in the field."""
        pairs = plain_rows(self._through, using).filter(
            **{self._field.m2m_reverse_field_name(): related}
        )
        return set(pairs.values_list(f"{self._field.m2m_field_name()}_id", flat=True))

    def _is_symmetrical(self) -> bool:
        return bool(self._field.remote_field.symmetrical)


@dataclass(frozen=True)
class _ThroughRows:
    """Observes the pairs of a field that has a model of its own for them. An `Observer`."""

    model: type[Row]
    field: Any

    def created(self, rows: list[Row]) -> None:
        self._told(rows)

    def changed(self, pairs: list[Pair]) -> None:
        self._told([row for pair in pairs for row in pair])

    def related_changed(self, field: str, rows: list[Row]) -> None:
        """Of the pairs' own fields nothing is told."""

    def before_delete(self, row: Row) -> None:
        """All that is needed is in the row."""

    def deleted(self, rows: list[Row]) -> None:
        self._told(rows)

    def _told(self, rows: list[Row]) -> None:
        if rows:
            attname = f"{self.field.m2m_field_name()}_id"
            keys = {getattr(row, attname) for row in rows}
            _tell(self.model, self.field, keys, str(rows[0]._state.db or "default"))
