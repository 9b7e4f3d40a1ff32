"""Watching models: whatever changes their rows through Django, observers hear of it in the same transaction.

``save``, ``delete``, ``update``, ``bulk_create``, ``bulk_update``, many-to-many fields, cascades (``SET_NULL`` too) and
``loaddata`` are seen. Not seen: raw SQL, ``_raw_delete``, and managers whose ``get_queryset`` builds a queryset class of its own
(the system check realtime.W001 names them).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Protocol

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, models, router, transaction
from django.db.models.signals import ModelSignal, post_delete, post_save, pre_delete, pre_save

Row = models.Model
Pair = tuple[Row, Row]
"""A row before and after a change."""


class Observer(Protocol):
    """Hears of changes, several rows at a time, inside the transaction that makes them. Who inherits from it writes what concerns them.

    Of what ``loaddata`` loads it hears if it has an attribute ``hears_fixtures`` that is true: one that writes rows of its own
    shouldn't, since a fixture has those rows, too.
    """

    def created(self, rows: list[Row]) -> None:
        return

    def changed(self, pairs: list[Pair]) -> None:
        return

    def related_changed(self, field: str, rows: list[Row]) -> None:
        """The rows of a many-to-many field were added to, removed or cleared."""
        return

    def before_delete(self, row: Row) -> None:
        """The row, and what it refers to, is still there."""
        return

    def deleted(self, rows: list[Row]) -> None:
        """They are gone; each was given to `before_delete`."""
        return


_observers: dict[type[Row], list[Observer]] = {}
_deleted: ContextVar[list[tuple[type[Row], Row]] | None] = ContextVar(
    "realtime_deleted", default=None
)
_wrappers: set[Any] = set()
"""The ``save_base`` and ``delete`` that were put in place of models' own."""


def observe(model: type[Row], observer: Observer) -> None:
    """Tells ``observer`` of all changes of the model's rows, and of its proxies' and children's; once, however often it is asked."""
    from realtime.capture.querysets import capture_querysets

    if model not in _observers:
        # A change that is made through a parent model is one of the child's row.
        for each in [*reversed(model._meta.get_parent_list()), model]:
            _make_atomic(each)
            capture_querysets(each)
    observers = _observers.setdefault(model, [])
    if observer not in observers:
        observers.append(observer)


def observed_models() -> list[type[Row]]:
    """Those that somebody observes."""
    return list(_observers)


def is_observed(model: type[Row]) -> bool:
    """Whether a change of its rows concerns anybody: observers of the model, of what it inherits from or of its children."""
    return any(
        issubclass(model, each) or (issubclass(each, model) and not each._meta.proxy)
        for each in _observers
    )


def observers_of(model: type[Row]) -> list[Observer]:
    """Those of the model and of what it inherits from."""
    return [observer for base in model.__mro__ for observer in _observers.get(base, ())]


def observers_of_table(model: type[Row]) -> list[Observer]:
    """Those of the model's own table: for what Django tells of each table by itself, deletions and fixtures."""
    table = model._meta.concrete_model
    return [
        observer
        for base, observers in _observers.items()
        if base._meta.concrete_model is table and issubclass(model, base)
        for observer in observers
    ]


def observed_children(model: type[Row]) -> Iterator[tuple[type[Row], type[Row], list[Observer]]]:
    """The models, not inherited from, that have observers of their own and share a table with ``model``: each with that table's model.

    Those are its children, and its parents' other children.
    """
    for child, observers in _observers.items():
        if child._meta.proxy or issubclass(model, child):
            continue
        tables = (base for base in model.__mro__ if issubclass(child, base))
        table = next((base for base in tables if _has_table(base)), None)
        if table is not None:
            yield child, table, observers


def _has_table(base: type) -> bool:
    options = getattr(base, "_meta", None)
    return options is not None and not options.abstract and not options.proxy


def connect_signals() -> None:
    """Listens to every observed model, its parents and its subclasses; called once all ``topics.py`` are read."""
    from realtime.capture.many_to_many import watch_many_to_many
    from realtime.capture.querysets import capture_base_manager

    for model in apps.get_models(include_auto_created=True):
        if not is_observed(model):
            continue
        capture_base_manager(model)
        pre_save.connect(_before_save, sender=model, dispatch_uid="realtime")
        _connect_first(post_save, _saved, model)
        _connect_first(pre_delete, _before_delete, model)
        post_delete.connect(_row_deleted, sender=model, dispatch_uid="realtime")
        watch_many_to_many(model)


def _connect_first(signal: ModelSignal, receiver: Any, sender: type[Row]) -> None:
    """Before all other receivers: what they do to the row in turn happens, and is told, after."""
    known: Any = signal
    before = len(known.receivers)
    signal.connect(receiver, sender=sender, dispatch_uid="realtime")
    if len(known.receivers) > before:
        with known.lock:
            known.receivers.insert(0, known.receivers.pop())
            known.sender_receivers_cache.clear()


def _make_atomic(model: type[Row]) -> None:
    """Makes ``save`` send its signals inside the transaction that writes the row, and ``delete`` tell all at once.

    Django sends ``post_save`` after an autocommitted save, so that a crash between the two would lose the event.
    """
    save_base, delete = model.save_base, model.delete

    @wraps(save_base)
    def atomic_save_base(self: Row, *args: Any, **kwargs: Any) -> None:
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        require_the_logs_database(type(self), using)
        self.__dict__["_realtime_forced"] = kwargs.get("force_update", False)
        try:
            with transaction.atomic(using=using, savepoint=False):
                save_base(self, *args, **kwargs)
        finally:
            self.__dict__.pop("_realtime_forced", None)

    @wraps(delete)
    def gathered_delete(self: Row, *args: Any, **kwargs: Any) -> Any:
        using = kwargs.get("using") or (args[0] if args else None)
        using = using or router.db_for_write(type(self), instance=self)
        require_the_logs_database(type(self), using)
        with gathering_deletes():
            if self.pk is not None:
                _keep_as_stored(self, using)
            try:
                return delete(self, *args, **kwargs)
            finally:
                self.__dict__.pop("_realtime_stored", None)

    # What a model inherits from one that is observed is atomic already.
    if save_base not in _wrappers:
        _wrappers.add(atomic_save_base)
        model.save_base = atomic_save_base  # type: ignore[method-assign]
    if delete not in _wrappers:
        _wrappers.add(gathered_delete)
        model.delete = gathered_delete  # type: ignore[method-assign]


def require_the_logs_database(model: type[Row], using: str) -> None:
    """Refuses a change that no transaction of the log's could hold.

    Raises:
        ImproperlyConfigured: it is made in another database.
    """
    if using != DEFAULT_DB_ALIAS:
        raise ImproperlyConfigured(
            f"{model.__name__} is observed by realtime and can't be changed in the database {using!r}:"
            f" its events are committed in {DEFAULT_DB_ALIAS!r}, whatever becomes of the row."
        )


def stored_row(model: type[Row], key: Any, using: str) -> Row | None:
    """The row as it is now, locked until the transaction ends, so that what is told of it stays true."""
    from realtime.capture.inheritance import children_counted

    rows = children_counted(plain_rows(model, using)).filter(pk=key)
    if transaction.get_connection(using).in_atomic_block:
        rows = rows.select_for_update(no_key=True)
    return rows.first()


def plain_rows(model: type[Row], using: str) -> models.QuerySet[Any]:
    """All rows, whatever the managers hide; what is done through it isn't observed."""
    return models.QuerySet(model=model, using=using)


# --- saving one row ---


def _before_save(sender: type[Row], instance: Row, raw: bool, using: str, **_: Any) -> None:
    require_the_logs_database(sender, using)
    old = None
    if instance.pk is not None and (raw or not _has_new_key(instance)):
        old = stored_row(sender, instance.pk, using)
        if old is None and not raw:
            instance.__dict__["_realtime_parents"] = _stored_parents(sender, instance.pk, using)
    instance.__dict__["_realtime_before"] = old


def _stored_parents(model: type[Row], key: Any, using: str) -> dict[type[Row], Row]:
    """The rows in the parents' tables of a row that is not in the model's own table yet."""
    parents = [parent for parent in model._meta.parents if observers_of(parent)]
    rows = {parent: stored_row(parent, key, using) for parent in parents}
    return {parent: row for parent, row in rows.items() if row is not None}


def _has_new_key(instance: Row) -> bool:
    """Whether Django will insert without looking: a new object whose key was made by a default."""
    if not instance._state.adding or instance.__dict__.get("_realtime_forced"):
        return False
    fields = instance._meta.pk_fields
    return all(field.has_default() or field.has_db_default() for field in fields)


def _saved(
    sender: type[Row],
    instance: Row,
    raw: bool,
    using: str,
    update_fields: frozenset[str] | None,
    **_: Any,
) -> None:
    from realtime.capture.inheritance import has_children, tell_children
    from realtime.capture.loading import note_loaded

    old: Row | None = instance.__dict__.pop("_realtime_before", None)
    parents: dict[type[Row], Row] = instance.__dict__.pop("_realtime_parents", {})
    if raw:
        note_loaded(sender, instance.pk, old, using)
        return
    stored = _as_stored(old, instance, using, update_fields)
    for base in sender.__mro__:
        before = old or parents.get(base)
        for observer in _observers.get(base, ()):
            if before is None:
                observer.created([stored])
            else:
                observer.changed([(before, stored)])
    if old is not None and has_children(old):
        tell_children(sender, [(old, stored)], using)


def _as_stored(
    old: Row | None, instance: Row, using: str, update_fields: frozenset[str] | None
) -> Row:
    """The row as the database has it now, without asking it where that can be known."""
    values = instance.__dict__
    fields = instance._meta.concrete_fields
    computed = old is not None and any(getattr(f, "generated", False) for f in fields)
    if computed or _has_expressions(instance):
        read: Row = plain_rows(type(instance), using).get(pk=instance.pk)
        return read
    partial = update_fields is not None or any(f.attname not in values for f in fields)
    if old is None or not partial:
        return _as_read(instance)
    stored = copy.copy(old)
    stored._state = copy.copy(old._state)
    stored._state.fields_cache = {}
    for f in fields:
        written = update_fields is None or f.name in update_fields or f.attname in update_fields
        if written and f.attname in values:
            setattr(stored, f.attname, values[f.attname])
    return _as_read(stored)


def new_rows_as_stored(rows: list[Row], using: str) -> list[Row]:
    """Rows that were created together, as the database has them: read, in one query, where it has computed a value."""
    fields = rows[0]._meta.concrete_fields if rows else ()
    if any(getattr(f, "generated", False) for f in fields) or any(map(_has_expressions, rows)):
        found = plain_rows(type(rows[0]), using).in_bulk([row.pk for row in rows])
        return [found[row.pk] for row in rows if row.pk in found]
    return [_as_read(row) for row in rows]


def _has_expressions(row: Row) -> bool:
    """Whether a field was given something that the database computes."""
    fields = row._meta.concrete_fields
    return any(hasattr(row.__dict__.get(f.attname), "resolve_expression") for f in fields)


def _as_read(row: Row) -> Row:
    """The row, or a copy where it was given values that are stored as others: ``"7"`` as 7, a text as a date."""
    plain = {}
    for f in row._meta.concrete_fields:
        given = row.__dict__.get(f.attname)
        if given is not None and type(value := f.to_python(given)) is not type(given):
            plain[f.attname] = value
    if not plain:
        return row
    read = copy.copy(row)
    # Past descriptors, which would forget related rows of the original, too.
    read.__dict__.update(plain)
    return read


# --- deleting ---


@contextmanager
def gathering_deletes() -> Iterator[None]:
    """Tells of all rows that are deleted inside, cascades included, in one go at the end."""
    if _deleted.get() is not None:
        yield
        return
    with transaction.atomic():
        gathered: list[tuple[type[Row], Row]] = []
        token = _deleted.set(gathered)
        try:
            yield
        finally:
            _deleted.reset(token)
        _tell_deleted(gathered)


def is_deleting() -> bool:
    """Whether rows are being deleted, so that what Django finds to go with them is to be locked."""
    return _deleted.get() is not None


def _keep_as_stored(instance: Row, using: str) -> None:
    """Has the row told of as it is in the database: the instance may be older, or changed and not saved."""
    stored = stored_row(type(instance), instance.pk, using)
    instance.__dict__["_realtime_stored"] = stored
    options: Any = instance._meta
    for link in options.concrete_model._meta.parents.values() if stored else ():
        if link is not None:
            # Django deletes the parents' rows by themselves, with the values that their child has.
            link.set_cached_value(instance, getattr(stored, link.name))


def _before_delete(sender: type[Row], instance: Row, using: str, **_: Any) -> None:
    require_the_logs_database(sender, using)
    row = instance.__dict__.get("_realtime_stored") or instance
    if not is_deleting():
        # It goes with something that nobody observes, and was read before the transaction.
        row = stored_row(sender, instance.pk, using) or row
    instance.__dict__["_realtime_doomed"] = row
    for observer in observers_of_table(sender):
        observer.before_delete(row)


def _row_deleted(sender: type[Row], instance: Row, **_: Any) -> None:
    row = instance.__dict__.pop("_realtime_doomed", instance)
    # The key is taken from the instance once it is deleted: keep the row as it was.
    gone = (sender, copy.copy(row) if row is instance else row)
    gathered = _deleted.get()
    if gathered is None:
        _tell_deleted([gone])
    else:
        gathered.append(gone)


def _tell_deleted(rows: Iterable[tuple[type[Row], Row]]) -> None:
    by_model: dict[type[Row], list[Row]] = {}
    for model, row in rows:
        by_model.setdefault(model, []).append(row)
    for model, gone in by_model.items():
        for observer in observers_of_table(model):
            observer.deleted(gone)
