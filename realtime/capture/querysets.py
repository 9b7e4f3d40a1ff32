"""Bulk changes: querysets of observed models that tell what they change, a few queries for any number of rows."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models.options import Options
from django.utils.functional import cached_property

from realtime.capture.conflicts import Conflicts, may_conflict
from realtime.capture.inheritance import tell_children
from realtime.capture.observing import (
    Pair,
    Row,
    gathering_deletes,
    is_deleting,
    new_rows_as_stored,
    observers_of,
    plain_rows,
    require_the_logs_database,
)


class LiveQuerySet(models.QuerySet):  # type: ignore[type-arg]  # mixed into querysets of any model
    """Mixed in before a model's own queryset class."""

    _inside_bulk_update = False

    def update(self, **values: Any) -> int:
        if self._inside_bulk_update or not values or self.query.is_sliced:
            return super().update(**values)
        self._for_write = True
        with self._atomic():
            before = self._rows(list(self.order_by("pk").values_list("pk", flat=True)))
            count: int = self._update_of(before).update(**values)
            self._tell_changed(before)
        return count

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Any]:
        self._for_write = True
        rows = list(objs)
        with self._atomic():
            if not (ignore_conflicts or update_conflicts):
                self._tell_created(super().bulk_create(rows, batch_size))
                return rows
            unlike, like = _parted(rows)
            self._tell_created(self._create_unlike(unlike, batch_size, ignore_conflicts))
            if like:
                conflicts = Conflicts(self.model, like, self.db)
                super().bulk_create(
                    like,
                    batch_size,
                    ignore_conflicts,
                    update_conflicts,
                    update_fields,
                    unique_fields,
                )
                self._tell(*conflicts.settled())
        return rows

    def _create_unlike(
        self, rows: list[Row], batch_size: int | None, ignore_conflicts: bool
    ) -> list[Row]:
        """Creates rows in which nothing is known to be unique; returns those that the database took.

        Said without conflicts, Django learns their keys. If it refuses one for a reason of its own, an index on an expression for
        one, each is tried by itself.
        """
        try:
            with transaction.atomic(using=self.db):
                return list(super().bulk_create(rows, batch_size))
        except IntegrityError:
            if not ignore_conflicts:
                raise
        created: list[Row] = []
        for row in rows:
            with suppress(IntegrityError), transaction.atomic(using=self.db):
                created += super().bulk_create([row])
        return created

    def bulk_update(  # type: ignore[override]  # whatever more Django comes to take is passed on
        self, objs: Iterable[Any], fields: Sequence[str], *args: Any, **kwargs: Any
    ) -> int:
        self._for_write = True
        rows = list(objs)
        with self._atomic():
            before = self._rows([row.pk for row in rows])
            inner: Any = self._chain()  # type: ignore[attr-defined]  # QuerySet has it
            inner._inside_bulk_update = True
            count = models.QuerySet.bulk_update(inner, rows, fields, *args, **kwargs)
            self._tell_changed(before)
        return count

    bulk_update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        self._for_write = True
        require_the_logs_database(self.model, self.db)
        with gathering_deletes():
            doomed = self._locked_to_go()
            deleted: tuple[int, dict[str, int]] = super(LiveQuerySet, doomed).delete()
        self._result_cache = None
        return deleted

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _atomic(self) -> Any:
        """As ``save`` has it: within a transaction no savepoint, which would cost more than many a change."""
        require_the_logs_database(self.model, self.db)
        return transaction.atomic(using=self.db, savepoint=False)

    def _clone(self) -> Any:
        clone = super()._clone()  # type: ignore[misc]  # QuerySet has it
        clone._inside_bulk_update = self._inside_bulk_update
        return clone

    def _rows(self, keys: Sequence[Any]) -> list[Row]:
        """The rows with these keys as they are now, locked in the order given until the transaction ends."""
        found = plain_rows(self.model, self.db).select_for_update(no_key=True).order_by("pk")
        by_key = found.in_bulk([key for key in keys if key is not None])
        return [by_key[key] for key in keys if key in by_key]

    def _locked_to_go(self) -> Any:
        """The queryset to delete, limited to rows that were locked: nobody changes what is told of them before they are gone.

        Where there is one writer nobody could.
        """
        inner: Any = self._chain()  # type: ignore[attr-defined]  # QuerySet has it
        has_locks = transaction.get_connection(self.db).features.has_select_for_update
        if not has_locks or not self._can_be_deleted():
            return inner
        found = plain_rows(self.model, self.db).filter(pk__in=self.order_by().values("pk"))
        rows = found.select_for_update(no_key=True).order_by("pk")
        return inner.filter(pk__in=[row.pk for row in rows])

    def _can_be_deleted(self) -> bool:
        """Whether Django won't refuse to."""
        query = self.query
        return not (query.is_sliced or query.combinator or query.distinct_fields or self._fields)  # type: ignore[attr-defined]

    def _update_of(self, rows: list[Row]) -> Any:
        """The queryset, limited to rows that are locked: others may have come to match it since they were read.

        Where there is one writer none can have.
        """
        inner: Any = self._chain()  # type: ignore[attr-defined]  # QuerySet has it
        if transaction.get_connection(self.db).features.has_select_for_update:
            inner = inner.filter(pk__in=[row.pk for row in rows])
        inner._inside_bulk_update = True
        return inner

    def _tell_created(self, rows: list[Row]) -> None:
        self._tell(new_rows_as_stored(rows, self.db), [])

    def _tell_changed(self, before: list[Row]) -> None:
        if before:
            after = plain_rows(self.model, self.db).in_bulk([row.pk for row in before])
            self._tell([], [(row, after[row.pk]) for row in before if row.pk in after])

    def _tell(self, created: list[Row], changed: list[Pair]) -> None:
        for observer in observers_of(self.model):
            if created:
                observer.created(created)
            if changed:
                observer.changed(changed)
        if changed:
            tell_children(self.model, changed, self.db)


def capture_querysets(model: type[Row]) -> None:
    """Makes every manager of the model hand out querysets that tell what they change."""
    options: Any = model._meta
    default = options.default_manager_name or (
        options.managers[0].name if options.managers else None
    )
    for manager in list(options.managers):
        queryset_class = manager._queryset_class
        if issubclass(queryset_class, LiveQuerySet):
            continue
        manager_class = _stand_in(type(manager), _live_class(queryset_class))
        own = next((m for m in options.local_managers if m.name == manager.name), None)
        if own is not None:
            own.__class__ = manager_class
        else:
            inherited = copy.copy(manager)
            inherited.__class__ = manager_class
            inherited.contribute_to_class(model, manager.name)
    options._expire_cache()
    if options.managers and options.managers[0].name != default:
        options.default_manager_name = default


class _LiveOptions(Options):  # type: ignore[type-arg]
    """A model's ``_meta`` whose base manager hands out querysets that tell what they change."""

    @cached_property
    def base_manager(self) -> Any:
        manager: Any = copy.copy(super().base_manager)
        queryset_class = manager._queryset_class
        if not issubclass(queryset_class, LiveQuerySet):
            queryset_class = _live_class(queryset_class)
        manager.__class__ = _stand_in(type(manager), queryset_class, _LocksWhatGoes)
        return manager


class _LocksWhatGoes:
    """Mixed into base managers: so Django finds what goes with a row that is deleted, and the same query locks it.

    Whoever else reads through one says nothing of the database.
    """

    def using(self, alias: str | None) -> Any:
        rows: Any = super().using(alias)  # type: ignore[misc]  # Manager has it
        if is_deleting():
            return rows.select_related(None).select_for_update(no_key=True).order_by("pk")
        return rows


def capture_base_manager(model: type[Row]) -> None:
    """Django goes through the base manager for cascades, ``SET_NULL`` and ``related.add(row)``: those are changes, too."""
    options: Any = model._meta
    options.__class__ = _LiveOptions
    options._expire_cache()


def _parted(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that can't be like others that are there, and those that can."""
    unlike: list[Row] = []
    like: list[Row] = []
    for row in rows:
        (like if may_conflict(row) else unlike).append(row)
    return unlike, like


@cache
def _live_class(queryset_class: type[Any]) -> type[Any]:
    return type(f"Live{queryset_class.__name__}", (LiveQuerySet, queryset_class), {})


def _stand_in(original: type[Any], queryset_class: type[Any], *mixed_in: type) -> type[Any]:
    """A manager class with another queryset class, which migrations take for the original one."""

    def as_original(manager: Any) -> Any:
        if not isinstance(manager, stand_in):
            return manager
        twin = copy.copy(manager)
        twin.__class__ = original
        return twin

    stand_in = type(
        original.__name__,
        (*mixed_in, original),
        {
            # Tools that look a manager's class up by name, as type checkers do, find the original.
            "__module__": original.__module__,
            "__qualname__": original.__qualname__,
            "_queryset_class": queryset_class,
            "__eq__": lambda self, other: as_original(self) == as_original(other),
            "__hash__": original.__hash__,
            "deconstruct": lambda self: as_original(self).deconstruct(),
        },
    )
    return stand_in


def uncaptured_managers(model: type[Row]) -> list[str]:
    """The names of managers whose querysets tell nothing, because ``get_queryset`` makes another class."""
    return [
        manager.name
        for manager in model._meta.managers
        if not isinstance(manager.get_queryset(), LiveQuerySet)
    ]
